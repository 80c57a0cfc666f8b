#include "app/bigquery_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/announcers.h"
#include "base/json.h"
#include "support/fake_bigquery.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

// A batch of 10 that has ended, and its end to be told.
class BigqueryRowsTest : public testing::Test {
 protected:
  BigqueryRowsTest() {
    world_.AddSlate(10);
    process_ = world_.NewCoordinator();
    process_->coordinator.Start();
    batch_ = world_.Start(*process_).batch.id;
    world_.loop.RunIdle();
    for (auto& [token, request] : world_.LeaseRequests()) Work(token, request);
    world_.loop.RunIdle();
  }

  // As a worker does, with two predictions.
  void Work(const LeaseToken& token, const RequestMessage& request) {
    StagedResult result;
    result.batch = request.batch;
    result.outcome.ordinal = request.ordinal;
    result.outcome.player = request.spec.player;
    result.outcome.status = RequestState::kSucceeded;
    result.outcome.predictions = 2;
    result.outcome.attempt = request.attempt;
    for (const char* system : {"ensemble", "similarity"}) {
      Prediction& prediction = result.predictions.emplace_back();
      prediction.system = system;
      prediction.prediction_id =
          MakePredictionId(request.batch, request.spec, "points", system, std::nullopt);
    }
    ASSERT_TRUE(world_.database.Stage({result}, world_.loop.Now()).ok());
    CompletionMessage message{request.batch, {result.outcome}};
    world_.broker.Publish({Topic::Kind::kCompletions, ""}, Encode(message), world_.loop.Now());
    world_.broker.Ack({token});
  }

  BigqueryRowsOptions Options() {
    return {.table = "nba.published.predictions",
            .account = {.metadata = google_.url()},
            .endpoint = google_.url()};
  }
  Notice End(const std::string& target) {
    Notice notice;
    notice.batch = world_.Stored(batch_);
    notice.announcement =
        MakeAnnouncements("end-1", {.batch = batch_}, {target}, world_.loop.Now()).front();
    return notice;
  }
  AnnounceAnswer Tell(const Announce& announce, const Notice& notice) {
    std::optional<AnnounceAnswer> answer;
    announce(notice, [&](AnnounceAnswer got) { answer = std::move(got); });
    world_.loop.RunUntil([&] { return answer.has_value(); });
    return *answer;
  }
  void Store(Announcement announcement) {
    bool stored = false;
    process_->store.UpdateAnnouncement(std::move(announcement), [&](const Status& status) {
      EXPECT_TRUE(status.ok());
      stored = true;
    });
    world_.loop.RunUntil([&] { return stored; });
  }

  World world_;
  std::unique_ptr<TestCoordinator> process_;
  BatchId batch_;
  FakeBigquery google_;
};

TEST_F(BigqueryRowsTest, APublishedBatchBecomesRowsOnceHoweverOftenItIsTold) {
  ASSERT_EQ(world_.Stored(batch_).phase, Phase::kSucceeded);
  BigqueryRows rows(process_->loop, process_->store, Options());
  std::map<std::string, Announce> targets;
  rows.AddTo(targets);
  for (int i = 0; i < 2; ++i) {
    AnnounceAnswer answer = Tell(targets.at("bigquery"), End("bigquery"));
    EXPECT_TRUE(answer.status.ok()) << answer.status.error().message;
  }
  EXPECT_EQ(google_.Seen("inserts"),
            std::vector<std::string>(
                2, "/bigquery/v2/projects/nba/datasets/published/tables/predictions/insertAll"));
  auto inserted = google_.Inserted();
  EXPECT_EQ(inserted.size(), static_cast<std::size_t>(world_.Stored(batch_).predictions));
  const auto& [id, row] = *inserted.begin();
  EXPECT_EQ(row.at("prediction_id").as_string(), id);
  EXPECT_EQ(row.at("batch_id").as_string(), batch_.str());
  EXPECT_EQ(row.at("game_date").as_string(), "2025-01-15");
  EXPECT_EQ(row.at("publication").to_number<int>(), 1);
}

TEST_F(BigqueryRowsTest, RowsThatAreRefusedAreTriedAgainWithItsWords) {
  BigqueryRows rows(process_->loop, process_->store, Options());
  std::map<std::string, Announce> targets;
  rows.AddTo(targets);
  google_.row_refusal = "no such field";
  AnnounceAnswer answer = Tell(targets.at("bigquery"), End("bigquery"));
  EXPECT_FALSE(answer.gone);
  EXPECT_THAT(answer.status.error().message, HasSubstr("row 3: line no such field"));
  google_.row_refusal.clear();
  google_.refuse = 404;
  google_.refusal = "Not found: Table";
  EXPECT_THAT(Tell(targets.at("bigquery"), End("bigquery")).status.error().message,
              HasSubstr("publish.bigquery.table"));
  google_.refuse = 0;
  EXPECT_TRUE(Tell(targets.at("bigquery"), End("bigquery")).status.ok());
}

TEST_F(BigqueryRowsTest, WhatIsNotPublishedIsNoRow) {
  BigqueryRows rows(process_->loop, process_->store, Options());
  std::map<std::string, Announce> targets;
  rows.AddTo(targets);
  Notice cancelled = End("bigquery");
  cancelled.batch.phase = Phase::kCancelled;
  cancelled.batch.publication = 0;
  EXPECT_TRUE(Tell(targets.at("bigquery"), cancelled).status.ok());
  Notice alert = End("bigquery");
  alert.announcement.kind = "alert.systemic";
  EXPECT_TRUE(Tell(targets.at("bigquery"), alert).status.ok());
  EXPECT_TRUE(google_.Inserted().empty());
}

TEST_F(BigqueryRowsTest, TheOthersHearOfAnEndOnceItsRowsAreThere) {
  BigqueryRows rows(process_->loop, process_->store, Options());
  int told = 0;
  std::map<std::string, Announce> targets{
      {"log", LogAnnouncement()},
      {"bus", [&](const Notice&, std::function<void(AnnounceAnswer)> done) {
         ++told;
         done({});
       }}};
  rows.AddTo(targets);
  Announcement own = End("bigquery").announcement;
  Store(own);
  std::optional<AnnounceAnswer> answer;
  targets.at("bus")(End("bus"), [&](AnnounceAnswer got) { answer = std::move(got); });
  world_.loop.Advance(seconds(5));
  EXPECT_EQ(told, 0);
  own.sent_at = world_.loop.Now();
  Store(own);
  world_.loop.Advance(seconds(1));
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->status.ok());
}

TEST_F(BigqueryRowsTest, F37_RowsThatDoNotComeHoldUpNoAnnouncementForGood) {
  int told = 0;
  Announce bus = AfterRows(process_->loop, process_->store,
                           [&](const Notice&, std::function<void(AnnounceAnswer)> done) {
                             ++told;
                             done({});
                           });
  Announcement own = End("bigquery").announcement;
  own.last_error = "quota exceeded";
  Store(own);
  std::optional<AnnounceAnswer> answer;
  bus(End("bus"), [&](AnnounceAnswer got) { answer = std::move(got); });
  world_.loop.Advance(seconds(31));
  ASSERT_TRUE(answer) << "it is tried again later";
  EXPECT_THAT(answer->status.error().message, HasSubstr("quota exceeded"));
  own.dead = true;
  Store(own);
  EXPECT_TRUE(Tell(bus, End("bus")).status.ok()) << "given up: the end is told all the same";
  EXPECT_EQ(told, 1);
}

TEST_F(BigqueryRowsTest, WithoutATableNothingChanges) {
  BigqueryRows rows(process_->loop, process_->store, AnnounceOptionsFrom(Config()).rows);
  std::map<std::string, Announce> targets{{"log", LogAnnouncement()}};
  rows.AddTo(targets);
  EXPECT_EQ(targets.size(), 1u);
}

}  // namespace
}  // namespace tipoff
