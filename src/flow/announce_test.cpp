#include "flow/announce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/limits.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

// A receiver that answers as it is told, and remembers what it was told.
struct Receiver {
  Announce AsTarget() {
    return [this](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
      seen.push_back(notice);
      if (hang) return;
      done(answer);
    };
  }
  std::vector<Notice> seen;
  AnnounceAnswer answer;
  bool hang = false;
};

AnnounceAnswer Refusal(const std::string& words) { return {Error{Errc::kUnavailable, words}}; }

class AnnounceTest : public testing::Test {
 protected:
  AnnounceTest() : memory_(world_.database, world_.loop), store_(memory_, world_.loop) {
    world_.AddSlate(20);
    Run({{"ops", ops_.AsTarget()}, {"chat", chat_.AsTarget()}});
  }
  ~AnnounceTest() override { announcer_.reset(); }

  void Run(std::map<std::string, Announce> targets) {
    announcer_ = std::make_unique<Announcer>(world_.loop, store_, random_, std::move(targets));
    announcer_->Start();
  }

  // A batch that has ended, and its announcements to both.
  Batch End(bool work = true) {
    auto coordinator = world_.NewCoordinator();
    StartOutcome outcome = world_.Start(*coordinator);
    EXPECT_EQ(outcome.kind, StartOutcome::Kind::kStarted);
    coordinator->coordinator.Start();
    world_.loop.RunIdle();
    if (work) {
      world_.WorkAll();
    } else {
      for (auto& [token, request] : world_.LeaseRequests(5)) {
        world_.Stage(request);
        world_.Report(request);
      }
      world_.loop.Advance(hours(3));
    }
    world_.loop.RunIdle();
    for (const Announcement& announcement :
         MakeAnnouncements(outcome.batch.id.str(), {.batch = outcome.batch.id}, {"chat", "ops"},
                           world_.loop.Now())) {
      world_.database.announcements[announcement.id] = announcement;
    }
    return world_.Stored(outcome.batch.id);
  }
  const Announcement& Stored(const Batch& batch, const std::string& target) {
    return world_.database.announcements.at(batch.id.str() + "." + target);
  }

  World world_;
  MemoryStore memory_;
  FaultyStore store_;
  SeededRandom random_{1};
  Receiver ops_;
  Receiver chat_;
  std::unique_ptr<Announcer> announcer_;
};

TEST_F(AnnounceTest, EveryTargetIsToldTheTruthOnce) {
  Batch batch = End();
  ASSERT_EQ(batch.phase, Phase::kSucceeded);
  world_.loop.Advance(minutes(5));
  for (Receiver* receiver : {&ops_, &chat_}) {
    ASSERT_EQ(receiver->seen.size(), 1u);
    EXPECT_EQ(receiver->seen[0].batch, batch);
    EXPECT_TRUE(receiver->seen[0].missing.empty());
  }
  EXPECT_FALSE(Stored(batch, "ops").sent_at.never());
}

TEST_F(AnnounceTest, F37_APartialEndIsToldAsOneAndNamesWhoIsMissing) {
  Batch batch = End(false);
  ASSERT_EQ(batch.phase, Phase::kPartial);
  world_.loop.Advance(minutes(5));
  std::erase_if(ops_.seen, [](const Notice& notice) {  // The stall raised alerts before.
    return notice.announcement.kind != "batch.ended";
  });
  ASSERT_EQ(ops_.seen.size(), 1u);
  EXPECT_EQ(ops_.seen[0].batch.phase, Phase::kPartial);
  ASSERT_EQ(ops_.seen[0].missing.size(), 10u) << "of fifteen only the first ten are named";
  EXPECT_FALSE(ops_.seen[0].missing[9].spec.player_name.empty());
}

TEST_F(AnnounceTest, F37_AStoreThatNeverAnswersACallSilencesNoTarget) {
  for (const char* hanging :
       {"ListAnnouncements", "Load", "ListRequests", "LoadSpecs", "UpdateAnnouncement"}) {
    int hang = 20;  // More than may be under way at once.
    store_.fault = [&](const std::string& call) {
      return call == hanging && hang-- > 0 ? Fault::kHang : Fault::kNone;
    };
    Batch batch = End();
    world_.loop.Advance(minutes(30));
    EXPECT_FALSE(Stored(batch, "ops").sent_at.never()) << hanging;
    world_.loop.Advance(hours(3));
  }
}

TEST_F(AnnounceTest, F37_AReceiverThatIsDownIsTriedAgainAndGivenUpInTheEnd) {
  ops_.answer = Refusal("connection refused");
  Batch batch = End();
  world_.loop.Advance(minutes(1));
  EXPECT_GT(ops_.seen.size(), 2u);
  EXPECT_FALSE(Stored(batch, "ops").dead);
  EXPECT_EQ(Stored(batch, "ops").last_error, "connection refused");
  world_.loop.Advance(hours(12));
  EXPECT_EQ(ops_.seen.size(), 30u) << "every retry has an end";
  EXPECT_TRUE(Stored(batch, "ops").dead);
  EXPECT_EQ(chat_.seen.size(), 1u) << "the other one was told at once";
  EXPECT_EQ(world_.Stored(batch.id), batch) << "nothing of it touches the batch";
  std::set<std::string> ids;
  for (const Notice& notice : ops_.seen) ids.insert(notice.announcement.id);
  EXPECT_EQ(ids.size(), 1u) << "a receiver recognises repeats";
}

TEST_F(AnnounceTest, F37_AReceiverThatRecoversIsToldThen) {
  ops_.answer = Refusal("answered 500");
  Batch batch = End();
  world_.loop.Advance(minutes(30));
  ops_.answer = {};
  world_.loop.Advance(minutes(15));
  EXPECT_FALSE(Stored(batch, "ops").sent_at.never());
  EXPECT_EQ(Stored(batch, "ops").last_error, "");
}

TEST_F(AnnounceTest, F37_AReceiverThatIsGoneIsGivenUpAtOnce) {
  ops_.answer = Refusal("answered 410");
  ops_.answer.gone = true;
  Batch batch = End();
  world_.loop.Advance(hours(1));
  EXPECT_EQ(ops_.seen.size(), 1u);
  EXPECT_TRUE(Stored(batch, "ops").dead);
}

TEST_F(AnnounceTest, F37_AReceiverMaySayWhenToComeAgainWithinLimits) {
  ops_.answer = Refusal("answered 429");
  ops_.answer.retry_after = minutes(20);
  End();
  world_.loop.Advance(minutes(19));
  EXPECT_EQ(ops_.seen.size(), 1u);
  ops_.answer.retry_after = hours(24 * 365);
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(ops_.seen.size(), 2u);
  world_.loop.Advance(hours(1) + minutes(1));
  EXPECT_EQ(ops_.seen.size(), 3u) << "nobody is waited for longer than an hour";
}

TEST_F(AnnounceTest, F37_AReceiverThatNeverAnswersDelaysNoOther) {
  ops_.hang = true;
  Batch first = End();
  for (std::size_t i = 0; i < limits::kAnnouncementsInFlight + 20; ++i) {
    for (const char* target : {"ops", "chat"}) {
      Announcement more = Stored(first, target);
      more.id = "more" + std::to_string(i) + "." + target;
      more.sent_at = {};
      more.tries = 0;
      world_.database.announcements[more.id] = more;
    }
  }
  world_.loop.Advance(seconds(30));
  EXPECT_EQ(chat_.seen.size(), limits::kAnnouncementsInFlight + 21);
  EXPECT_EQ(ops_.seen.size(), limits::kAnnouncementsInFlight) << "not flooded";
  world_.loop.Advance(minutes(2));
  EXPECT_GT(ops_.seen.size(), limits::kAnnouncementsInFlight) << "its silence has an end";
  EXPECT_THAT(Stored(first, "ops").last_error, HasSubstr("did not answer"));
}

TEST_F(AnnounceTest, F26_WhatWasNotWrittenDownIsSentAgainUnderTheSameId) {
  int refused = 0;
  store_.fault = [&](const std::string& call) {
    return call == "UpdateAnnouncement" && refused++ < 2 ? Fault::kRefused : Fault::kNone;
  };
  Batch batch = End();
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(ops_.seen.size() + chat_.seen.size(), 4u);
  EXPECT_FALSE(Stored(batch, "ops").sent_at.never());
  EXPECT_FALSE(Stored(batch, "chat").sent_at.never());
}

TEST_F(AnnounceTest, F26_AnotherCoordinatorSendsWhatThisOneLeft) {
  ops_.hang = true;
  Batch batch = End();
  world_.loop.Advance(seconds(10));
  announcer_.reset();  // Killed while the receiver was silent.
  Receiver later;
  Run({{"ops", later.AsTarget()}});
  world_.loop.Advance(seconds(10));
  ASSERT_EQ(later.seen.size(), 1u);
  EXPECT_EQ(later.seen[0].announcement.id, batch.id.str() + ".ops");
}

TEST_F(AnnounceTest, ATargetThatNobodyHereKnowsIsLeftToOthers) {
  Batch batch = End();
  Announcement foreign = Stored(batch, "ops");
  foreign.id = batch.id.str() + ".pager";
  foreign.target = "pager";
  foreign.sent_at = {};
  foreign.tries = 0;
  for (int i = 0; i < 200; ++i) {
    world_.database.announcements[foreign.id + std::to_string(i)] = foreign;
    world_.database.announcements[foreign.id + std::to_string(i)].id += std::to_string(i);
  }
  Announcement& old = world_.database.announcements[foreign.id + "8"];
  old.recorded_at = world_.loop.Now() - hours(24 * 8);
  old.due_at = old.recorded_at;
  Announcement mine = Stored(batch, "ops");
  mine.id = "late.ops";
  mine.sent_at = {};
  world_.database.announcements[mine.id] = mine;
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(world_.database.announcements[foreign.id + "7"].tries, 0);
  EXPECT_FALSE(world_.database.announcements["late.ops"].sent_at.never())
      << "what others left lying does not hide what is mine";
  EXPECT_FALSE(world_.database.announcements[foreign.id + "7"].dead);
  EXPECT_TRUE(world_.database.announcements[foreign.id + "8"].dead) << "but not for ever";
}

TEST_F(AnnounceTest, AnAlertIsToldEvenIfItsBatchIsGone) {
  Announcement about{.batch = BatchId("gone"), .kind = "alert.systemic"};
  about.detail = R"({"message":"three batches ended badly"})";
  for (const Announcement& alert : MakeAnnouncements("alert-1", about, {"ops"}, {})) {
    world_.database.announcements[alert.id] = alert;
  }
  world_.loop.Advance(seconds(10));
  ASSERT_EQ(ops_.seen.size(), 1u);
  EXPECT_EQ(ops_.seen[0].batch.id, BatchId("gone"));
  EXPECT_EQ(ops_.seen[0].announcement.detail, about.detail);
}

TEST_F(AnnounceTest, AnAlertThatWasRaisedIsToldOnceToEverybody) {
  world_.database.PutRecord({"alert", "a1", {}, "three batches ended badly"}, PutMode::kReplace,
                            world_.loop.Now());
  world_.loop.Advance(minutes(1));
  announcer_.reset();
  Run({{"ops", ops_.AsTarget()}, {"chat", chat_.AsTarget()}});
  world_.loop.Advance(minutes(1));
  for (Receiver* receiver : {&ops_, &chat_}) {
    ASSERT_EQ(receiver->seen.size(), 1u);
    EXPECT_EQ(receiver->seen[0].announcement.kind, "alert.systemic");
    EXPECT_EQ(receiver->seen[0].announcement.detail, "three batches ended badly");
  }
  world_.loop.Advance(hours(2));
  announcer_.reset();
  Receiver late;
  Run({{"late", late.AsTarget()}});
  world_.loop.Advance(minutes(1));
  EXPECT_TRUE(late.seen.empty()) << "that was hours ago";
}

TEST_F(AnnounceTest, AnEndWhoseBatchIsGoneIsGivenUp) {
  Announcement about{.batch = BatchId("gone")};
  for (const Announcement& end : MakeAnnouncements("gone", about, {"ops"}, {})) {
    world_.database.announcements[end.id] = end;
  }
  world_.loop.Advance(seconds(10));
  EXPECT_TRUE(ops_.seen.empty());
  EXPECT_TRUE(world_.database.announcements.at("gone.ops").dead);
}

}  // namespace
}  // namespace tipoff
