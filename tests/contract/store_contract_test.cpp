// store/store.h as a test, run over every backend.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "contract/store_backends.h"
#include "flow/commit.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class StoreContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    std::string missing = GetParam().missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    backend_ = GetParam().make();
  }

  ManualLoop& loop() { return backend_->loop; }
  Store& store() { return backend_->store(); }
  Store& other() { return backend_->other(); }

  static RequestSpec Spec(std::uint32_t i) {
    RequestSpec spec;
    spec.player = PlayerId(fmt::format("player-{}", i));
    spec.player_name = fmt::format("O'Neal-{} Jokić Jr.", i);
    spec.game = GameId("0022400561");
    spec.game_date = *ParseDay("2025-01-15");
    spec.team = "DEN";
    spec.opponent = "HOU";
    spec.is_home = i % 2 == 0;
    spec.projected_minutes = 31.25;
    spec.lines = {*Line::Parse("24.5"), *Line::Parse("25")};
    return spec;
  }

  std::vector<NewRequest> Requests(std::uint32_t first, std::uint32_t count) {
    std::vector<NewRequest> requests;
    for (std::uint32_t i = first; i < first + count; ++i) {
      requests.push_back(MakeRequest(i, Spec(i), store().Now()));
    }
    return requests;
  }

  static Batch Header(const std::string& id, const std::string& date = "2025-01-15") {
    Batch header;
    header.id = BatchId(id);
    header.slot = {*ParseDay(date), ""};
    header.correlation_id = "corr";
    header.policy.tolerance = *ParseTolerance("95% until 20m, 90% at deadline");
    header.policy.required_players = {PlayerId("player-1")};
    return header;
  }

  BatchCommit Creation(const std::string& id, std::uint32_t requests,
                       const std::string& date = "2025-01-15") {
    return MakeCreation(Header(id, date), requests, Requests(0, requests), "test", store().Now(),
                        {"log"});
  }

  Result<CreateOutcome> Create(BatchCommit created,
                               std::optional<BatchCommit> superseded = std::nullopt) {
    return Await<CreateOutcome>(loop(), [&](auto done) {
      store().Create(std::move(created), std::move(superseded), done);
    });
  }

  void MustCreate(const std::string& id, std::uint32_t requests,
                  const std::string& date = "2025-01-15") {
    auto outcome = Create(Creation(id, requests, date));
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    ASSERT_TRUE(outcome->created);
  }

  Result<Snapshot> Load(const std::string& id, RowKeys keys = {}) {
    return Await<Snapshot>(loop(), [&](auto done) { store().Load(BatchId(id), keys, done); });
  }

  static RowKeys Ordinals(std::uint32_t first, std::uint32_t last) {
    RowKeys keys;
    for (std::uint32_t i = first; i <= last; ++i) keys.ordinals.push_back(i);
    return keys;
  }

  // The commit that `event` makes of the stored state.
  BatchCommit Decided(const std::string& id, const RowKeys& keys, const Event& event) {
    auto snapshot = Load(id, keys);
    EXPECT_TRUE(snapshot.ok());
    CommitBuilder builder(std::move(*snapshot));
    builder.Apply(event);
    return builder.Build("test", store().Now(), {"log"});
  }

  Status Commit(BatchCommit commit) {
    return Await<Done>(loop(), [&](auto done) { store().Commit(std::move(commit), done); });
  }

  Status Happen(const std::string& id, const RowKeys& keys, const Event& event) {
    return Commit(Decided(id, keys, event));
  }

  Completions Succeeded(std::uint32_t first, std::uint32_t last) {
    Completions event{store().Now(), {}};
    for (std::uint32_t i = first; i <= last; ++i) {
      Completion item;
      item.ordinal = i;
      item.predictions = 3;
      item.worker = "w";
      item.worker_version = "0.1";
      event.items.push_back(item);
    }
    return event;
  }

  Result<BatchPage> List(BatchFilter filter) {
    return Await<BatchPage>(loop(), [&](auto done) { store().ListBatches(filter, done); });
  }

  std::unique_ptr<Backend> backend_;
};

TEST_P(StoreContract, ABatchReadsBackAsCreated) {
  BatchCommit created = Creation("b1", 3);
  ASSERT_TRUE(Create(created)->created);
  auto snapshot = Load("b1", Ordinals(0, 5));
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
  EXPECT_EQ(snapshot->batch, created.next);
  ASSERT_EQ(snapshot->rows.size(), 3u) << "what does not exist is left out";
  EXPECT_EQ(snapshot->rows[2], created.new_rows[2].row);
  EXPECT_EQ(snapshot->next_publication, 1u);
  auto specs = Await<std::vector<RequestSpec>>(loop(), [&](auto done) {
    store().LoadSpecs(BatchId("b1"), {2, 0}, done);
  });
  ASSERT_TRUE(specs.ok());
  EXPECT_EQ((*specs)[0], Spec(2));
  EXPECT_EQ((*specs)[1], Spec(0));
}

TEST_P(StoreContract, EveryFieldOfAHeaderAndARowSurvives) {
  MustCreate("b1", 2);
  BatchCommit commit = Decided("b1", Ordinals(0, 1), Published{store().Now(), {{0, 1, ""}}});
  Instant at = store().Now();
  Batch& batch = commit.next;
  batch.late = 4;
  batch.redriven_at = at + seconds(1);
  batch.redrives = 3;
  batch.suspicion = {2, "no model for <name>", false};
  batch.generation = 2;
  batch.retry_of = BatchId("b0");
  batch.superseded_by = BatchId("b9");
  batch.run_mode = "LAST_CALL";
  batch.parent_processor = "scheduler";
  batch.trigger = "api";
  batch.min_minutes = 12.5;
  Request& row = commit.rows.at(0);
  row.due_at = at + seconds(2);
  row.reason = "a reason; DROP TABLE 'x' \n Jokić";
  row.worker = "w-1";
  row.worker_version = "1.2.3";
  row.hops.leased = at + seconds(3);
  row.hops.reported = at + seconds(4);
  if (GetParam().name != std::string("memory")) {
    // The memory store refuses what its invariants forbid: a late row of a live batch.
    row.late_at = at + seconds(5);
  } else {
    batch.late = 0;
  }
  ASSERT_TRUE(Commit(commit).ok());
  auto snapshot = Load("b1", Ordinals(0, 0));
  EXPECT_EQ(snapshot->batch, batch);
  EXPECT_EQ(snapshot->rows[0], row);
}

TEST_P(StoreContract, F04_OneLiveBatchPerSlot) {
  MustCreate("b1", 2);
  auto second = Create(Creation("b2", 2));
  ASSERT_TRUE(second.ok());
  EXPECT_FALSE(second->created);
  EXPECT_EQ(second->live, BatchId("b1"));
  EXPECT_EQ(Load("b2").error().code, Errc::kNotFound) << "nothing of it is written";
}

TEST_P(StoreContract, F04_TwoClientsCreatingAtOnceMakeOneBatch) {
  std::vector<Result<CreateOutcome>> outcomes;
  auto take = [&](Result<CreateOutcome> outcome) { outcomes.push_back(std::move(outcome)); };
  store().Create(Creation("b1", 2), std::nullopt, take);
  other().Create(Creation("b2", 2), std::nullopt, take);
  loop().RunUntil([&] { return outcomes.size() == 2; });
  ASSERT_TRUE(outcomes[0].ok() && outcomes[1].ok());
  EXPECT_NE(outcomes[0]->created, outcomes[1]->created);
  EXPECT_EQ(outcomes[0]->live, outcomes[1]->live);
}

TEST_P(StoreContract, F05_OtherSlotsAreNotBlocked) {
  MustCreate("b1", 1, "2025-01-16");
  MustCreate("b2", 1, "2025-01-15");
  BatchCommit dataset = Creation("b3", 1);
  dataset.next.slot.dataset = "test";
  EXPECT_TRUE(Create(dataset)->created);
}

TEST_P(StoreContract, TheSameIdTwiceIsRefused) {
  MustCreate("b1", 1);
  auto again = Create(Creation("b1", 1, "2025-02-01"));
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kExists);
}

TEST_P(StoreContract, TheSlotIsFreeAfterTheEnd) {
  MustCreate("b1", 1);
  ASSERT_TRUE(Happen("b1", {}, Command{store().Now(), Order::kCancel, "", {}}).ok());
  MustCreate("b2", 1);
}

TEST_P(StoreContract, F10_SupersedingIsOneCommit) {
  MustCreate("b1", 2);
  BatchCommit end = Decided("b1", {}, Command{store().Now(), Order::kSupersede, "", BatchId("b2")});
  ASSERT_TRUE(Create(Creation("b2", 2), end)->created);
  EXPECT_EQ(Load("b1")->batch.phase, Phase::kCancelled);
  EXPECT_EQ(Load("b1")->batch.superseded_by, BatchId("b2"));
  EXPECT_EQ(Load("b2")->batch.phase, Phase::kAccepted);
  // With a stale commit of the old batch nothing happens at all.
  auto stale = Create(Creation("b3", 2), end);
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().code, Errc::kConflict);
  EXPECT_EQ(Load("b3").error().code, Errc::kNotFound);
}

TEST_P(StoreContract, F10_SupersedingWhatIsAboutToEndTakesThePublicationItsNumber) {
  MustCreate("b1", 1);
  ASSERT_TRUE(Happen("b1", Ordinals(0, 0), Succeeded(0, 0)).ok());
  ASSERT_EQ(Load("b1")->batch.phase, Phase::kFinalizing);
  BatchCommit end = Decided("b1", {}, Command{store().Now(), Order::kSupersede, "", BatchId("b2")});
  ASSERT_TRUE(Create(Creation("b2", 1), end)->created);
  EXPECT_EQ(Load("b1")->batch.publication, 1u);
  ASSERT_TRUE(Happen("b2", Ordinals(0, 0), Succeeded(0, 0)).ok());
  ASSERT_TRUE(Happen("b2", {}, Finalize{store().Now()}).ok());
  EXPECT_EQ(Load("b2")->batch.publication, 2u);
}

TEST_P(StoreContract, ACommitIsGuardedByTheVersion) {
  MustCreate("b1", 2);
  BatchCommit first = Decided("b1", Ordinals(0, 0), Succeeded(0, 0));
  BatchCommit second = Decided("b1", Ordinals(1, 1), Succeeded(1, 1));
  ASSERT_TRUE(Commit(first).ok());
  Status refused = Commit(second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  auto snapshot = Load("b1", Ordinals(0, 1));
  EXPECT_EQ(snapshot->batch, first.next);
  EXPECT_EQ(snapshot->rows[1].state, RequestState::kPending) << "nothing of it is written";
  EXPECT_EQ(Commit(first).error().code, Errc::kConflict) << "nor the same one twice";
}

TEST_P(StoreContract, F38_ConcurrentCommitsOfTwoClientsLoseNothing) {
  MustCreate("b1", 40);
  int won = 0, lost = 0;
  for (std::uint32_t i = 0; i < 40; i += 2) {
    BatchCommit one = Decided("b1", Ordinals(i, i), Succeeded(i, i));
    BatchCommit two = Decided("b1", Ordinals(i + 1, i + 1), Succeeded(i + 1, i + 1));
    int answers = 0;
    auto take = [&](Status status) {
      ++answers;
      ++(status.ok() ? won : lost);
    };
    store().Commit(one, take);
    other().Commit(two, take);
    loop().RunUntil([&] { return answers == 2; });
  }
  EXPECT_EQ(won, 20);
  EXPECT_EQ(lost, 20);
  EXPECT_EQ(Load("b1")->batch.counts[RequestState::kSucceeded], 20u);
}

TEST_P(StoreContract, RowsAreFoundByPlayer) {
  MustCreate("b1", 5);
  RowKeys keys;
  keys.ordinals = {4};
  keys.players = {{PlayerId("player-2"), ""},
                  {PlayerId("player-4"), ""},
                  {PlayerId("nobody"), ""},
                  {PlayerId("player-1"), "othergroup"}};
  auto snapshot = Load("b1", keys);
  ASSERT_EQ(snapshot->rows.size(), 2u) << "each once, sorted";
  EXPECT_EQ(snapshot->rows[0].ordinal, 2u);
  EXPECT_EQ(snapshot->rows[1].ordinal, 4u);
}

TEST_P(StoreContract, TheOutboxIsWhatWasNeverPublished) {
  MustCreate("b1", 5);
  auto outbox = [&](std::int64_t after, std::size_t limit) {
    return *Await<std::vector<NewRequest>>(loop(), [&](auto done) {
      store().ListOutbox(BatchId("b1"), after, limit, store().Now(), done);
    });
  };
  EXPECT_EQ(outbox(-1, 10).size(), 5u);
  EXPECT_EQ(outbox(-1, 2).size(), 2u);
  EXPECT_EQ(outbox(3, 10).size(), 1u);
  EXPECT_EQ(outbox(-1, 10)[3].spec, Spec(3));
  ASSERT_TRUE(
      Happen("b1", Ordinals(0, 1), Published{store().Now(), {{0, 1, ""}, {1, 1, ""}}}).ok());
  EXPECT_EQ(outbox(-1, 10).size(), 3u) << "F02: only the missing ones";
  // Made due again by a redrive.
  ASSERT_TRUE(Happen("b1", Ordinals(1, 1), Redrive{store().Now()}).ok());
  EXPECT_EQ(outbox(-1, 10).size(), 4u);
  ASSERT_TRUE(Happen("b1", {}, Command{store().Now(), Order::kCancel, "", {}}).ok());
  EXPECT_TRUE(outbox(-1, 10).empty()) << "nothing of a terminal batch is sent";
}

TEST_P(StoreContract, NothingOfAnUnsealedBatchIsInTheOutbox) {
  BatchCommit created = MakeCreation(Header("b1"), 4, Requests(0, 2), "test", store().Now(), {});
  ASSERT_TRUE(Create(created)->created);
  auto outbox = [&] {
    return *Await<std::vector<NewRequest>>(
        loop(), [&](auto done) { store().ListOutbox(BatchId("b1"), -1, 10, store().Now(), done); });
  };
  EXPECT_TRUE(outbox().empty());
  BatchCommit rest = Decided("b1", {}, RowsWritten{store().Now(), 2});
  rest.new_rows = Requests(2, 2);
  ASSERT_TRUE(Commit(rest).ok());
  EXPECT_EQ(outbox().size(), 4u);
}

TEST_P(StoreContract, RequestsAreListedByStateAndPage) {
  MustCreate("b1", 6);
  ASSERT_TRUE(Happen("b1", Ordinals(1, 3), Succeeded(1, 3)).ok());
  auto list = [&](RequestFilter filter) {
    std::vector<std::uint32_t> ordinals;
    auto rows = Await<std::vector<Request>>(
        loop(), [&](auto done) { store().ListRequests(BatchId("b1"), filter, done); });
    for (const Request& row : *rows) ordinals.push_back(row.ordinal);
    return ordinals;
  };
  EXPECT_EQ(list({}), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(list({.states = {RequestState::kPending}}), (std::vector<std::uint32_t>{0, 4, 5}));
  EXPECT_EQ(list({.states = {RequestState::kSucceeded, RequestState::kFailed}, .after = 1}),
            (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(list({.after = 0, .limit = 2}), (std::vector<std::uint32_t>{1, 2}));
  auto missing = Await<std::vector<Request>>(
      loop(), [&](auto done) { store().ListRequests(BatchId("x"), {}, done); });
  EXPECT_EQ(missing.error().code, Errc::kNotFound);
}

TEST_P(StoreContract, BatchesAreListedNewestFirstAndFiltered) {
  MustCreate("b1", 1, "2025-01-15");
  MustCreate("b2", 1, "2025-01-16");
  MustCreate("b3", 1, "2025-01-17");
  ASSERT_TRUE(Happen("b2", {}, Command{store().Now(), Order::kCancel, "", {}}).ok());
  auto ids = [&](BatchFilter filter) {
    std::string all;
    auto page = List(filter);
    for (const Batch& batch : page->batches) all += batch.id.str() + " ";
    return all;
  };
  EXPECT_EQ(ids({}), "b3 b2 b1 ");
  EXPECT_EQ(ids({.live_only = true}), "b3 b1 ");
  EXPECT_EQ(ids({.game_date = *ParseDay("2025-01-16")}), "b2 ");
  EXPECT_EQ(ids({.phase = Phase::kCancelled}), "b2 ");
  EXPECT_EQ(ids({.unsettled = true}), "b2 ");
  auto page = List({.limit = 2});
  ASSERT_EQ(page->batches.size(), 2u);
  EXPECT_EQ(ids({.after = page->next, .limit = 2}), "b1 ");
}

TEST_P(StoreContract, F48_ACursorThatNoPageGaveIsRefused) {
  MustCreate("b1", 1);
  for (const char* cursor : {"abc", "1x", " 1", "-1", "0", "99999999999999999999"}) {
    auto page = List({.after = cursor});
    ASSERT_FALSE(page.ok()) << cursor;
    EXPECT_EQ(page.error().code, Errc::kInvalid);
    EXPECT_EQ(page.error().message.rfind("cursor: ", 0), 0u) << page.error().message;
  }
}

TEST_P(StoreContract, PublicationsOfASlotAreNumberedAndNewestFirst) {
  for (std::string id : {"b1", "b2", "b3"}) {
    MustCreate(id, 1);
    if (id == "b2") {
      ASSERT_TRUE(Happen(id, {}, Command{store().Now(), Order::kCancel, "", {}}).ok());
      continue;
    }
    ASSERT_TRUE(Happen(id, Ordinals(0, 0), Succeeded(0, 0)).ok());
    ASSERT_TRUE(Happen(id, {}, Finalize{store().Now()}).ok());
  }
  auto page = List({.published_only = true, .slot = Slot{*ParseDay("2025-01-15"), ""}});
  ASSERT_EQ(page->batches.size(), 2u) << "a cancelled batch is never published";
  EXPECT_EQ(page->batches[0].id, BatchId("b3"));
  EXPECT_EQ(page->batches[0].publication, 2u);
  EXPECT_EQ(page->batches[1].publication, 1u);
}

TEST_P(StoreContract, TheJournalIsInOrderAndChained) {
  MustCreate("b1", 3);
  ASSERT_TRUE(Happen("b1", Ordinals(0, 0), Succeeded(0, 0)).ok());
  ASSERT_TRUE(Happen("b1", Ordinals(1, 2), Succeeded(1, 2)).ok());
  ASSERT_TRUE(Happen("b1", {}, Finalize{store().Now()}).ok());
  auto records = Await<std::vector<JournalRecord>>(
      loop(), [&](auto done) { store().ReadJournal(BatchId("b1"), 0, 100, done); });
  ASSERT_EQ(records->size(), 4u);
  JournalFold fold;
  std::string hash;
  for (const JournalRecord& record : *records) {
    hash = ChainHash(hash, record.text);
    EXPECT_EQ(record.hash, hash);
    ASSERT_TRUE(fold.Add(*DecodeJournal(record.text)).ok());
  }
  Batch stored = Load("b1")->batch;
  EXPECT_EQ(stored.journal_hash, hash);
  EXPECT_TRUE(fold.Matches(stored).ok());
  auto page = Await<std::vector<JournalRecord>>(
      loop(), [&](auto done) { store().ReadJournal(BatchId("b1"), 2, 1, done); });
  ASSERT_EQ(page->size(), 1u);
  EXPECT_EQ((*page)[0].seq, 3u);
}

StagedResult Staged(const std::string& batch, std::int64_t ordinal, double points) {
  StagedResult result;
  result.batch = BatchId(batch);
  result.outcome.ordinal = ordinal;
  result.outcome.predictions = 1;
  result.outcome.worker = "w";
  result.outcome.worker_version = "0.1";
  result.outcome.attempt = 1;
  Prediction prediction;
  prediction.prediction_id = "id";
  prediction.system = "ensemble";
  prediction.line = *Line::Parse("24.5");
  prediction.predicted_points = points;
  prediction.spread = 6.1;
  prediction.confidence = 0.55;
  prediction.recommendation = Recommendation::kOver;
  prediction.model_version = "ensemble/1";
  prediction.components = {{"l5", 23.4}, {"home", 0.5}};
  result.predictions = {prediction};
  result.data_version = "v1";
  return result;
}

TEST_P(StoreContract, F39_StagedTwiceTheFirstRowsStay) {
  MustCreate("b1", 3);
  auto stage = [&](std::vector<StagedResult> results) {
    return Await<std::vector<Completion>>(
        loop(), [&](auto done) { store().Stage(std::move(results), done); });
  };
  ASSERT_TRUE(stage({Staged("b1", 0, 20.5), Staged("b1", 2, 11)}).ok());
  StagedResult second = Staged("b1", 0, 99);
  second.outcome.predictions = 7;
  auto stored = stage({second, Staged("b1", 1, 8)});
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ((*stored)[0].predictions, 1) << "what is stored, not what was sent";
  auto list = [&](std::int64_t after, std::vector<std::uint32_t> ordinals) {
    return *Await<std::vector<StagedResult>>(
        loop(), [&](auto done) { store().ListStaged(BatchId("b1"), after, 10, ordinals, done); });
  };
  ASSERT_EQ(list(-1, {}).size(), 3u);
  EXPECT_EQ(list(-1, {})[0].predictions, Staged("b1", 0, 20.5).predictions);
  EXPECT_EQ(list(0, {}).size(), 2u);
  EXPECT_EQ(list(-1, {2}).at(0).outcome.ordinal, 2);
  EXPECT_EQ(list(-1, {2}).at(0).data_version, "v1");
  EXPECT_FALSE(list(-1, {2}).at(0).staged_at.never());
}

TEST_P(StoreContract, F40_StagingForAnUnknownBatchFailsAsAWhole) {
  MustCreate("b1", 1);
  auto staged = Await<std::vector<Completion>>(loop(), [&](auto done) {
    store().Stage({Staged("b1", 0, 1), Staged("gone", 0, 1)}, done);
  });
  ASSERT_FALSE(staged.ok());
  EXPECT_EQ(staged.error().code, Errc::kNotFound);
  auto list = Await<std::vector<StagedResult>>(
      loop(), [&](auto done) { store().ListStaged(BatchId("b1"), -1, 10, {}, done); });
  EXPECT_TRUE(list->empty());
}

TEST_P(StoreContract, SlatesAreReplaced) {
  Slate slate;
  slate.game_date = *ParseDay("2025-01-15");
  slate.as_of = store().Now();
  slate.games = {{GameId("g"), "DEN", "HOU", true}};
  SlatePlayer player;
  player.player = PlayerId("1");
  player.name = "Luka Dončić";
  player.mean_minutes = 33.5;
  player.availability = "OUT";
  player.lines = {{"book", *Line::Parse("24.5")}};
  player.recent = false;
  slate.players = {player};
  slate.recent_games = 50;
  slate.recent_games_with_rows = 49;
  auto put = [&](Slate s) {
    return Await<Done>(loop(), [&](auto done) { store().PutSlates({s}, done); });
  };
  auto get = [&](Day day) {
    return Await<Slate>(loop(), [&](auto done) { store().GetSlate(day, done); });
  };
  ASSERT_TRUE(put(slate).ok());
  EXPECT_EQ(*get(slate.game_date), slate);
  slate.players.clear();
  ASSERT_TRUE(put(slate).ok());
  EXPECT_EQ(*get(slate.game_date), slate);
  EXPECT_EQ(get(*ParseDay("2025-01-16")).error().code, Errc::kNotFound);
}

TEST_P(StoreContract, F31_ALeaseIsHeldByOneAndItsTokenOnlyGrows) {
  auto acquire = [&](Store& by, const std::string& owner) {
    return *Await<LeaseGrant>(loop(), [&](auto done) {
      by.AcquireLease("sweep", Incarnation(owner), seconds(30), done);
    });
  };
  LeaseGrant first = acquire(store(), "a");
  ASSERT_TRUE(first.granted);
  LeaseGrant refused = acquire(other(), "b");
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.holder, Incarnation("a"));
  LeaseGrant extended = acquire(store(), "a");
  EXPECT_TRUE(extended.granted);
  EXPECT_EQ(extended.token, first.token);
  loop().Advance(seconds(31));
  LeaseGrant taken = acquire(other(), "b");
  EXPECT_TRUE(taken.granted);
  EXPECT_GT(taken.token, first.token);
  EXPECT_FALSE(acquire(store(), "a").granted);
}

TEST_P(StoreContract, AnnouncementsComeWithTheEndAndWaitUntilSent) {
  MustCreate("b1", 1);
  ASSERT_TRUE(Happen("b1", Ordinals(0, 0), Succeeded(0, 0)).ok());
  auto list = [&](const AnnouncementFilter& filter) {
    return *Await<std::vector<Announcement>>(
        loop(), [&](auto done) { store().ListAnnouncements(filter, done); });
  };
  auto due = [&] { return list({.due = true, .target = "log"}); };
  EXPECT_TRUE(due().empty());
  ASSERT_TRUE(Happen("b1", {}, Finalize{store().Now()}).ok());
  ASSERT_EQ(due().size(), 1u);
  Announcement announcement = due()[0];
  EXPECT_EQ(announcement.batch, BatchId("b1"));
  EXPECT_EQ(announcement.target, "log");
  auto update = [&](Announcement a) {
    return Await<Done>(loop(), [&](auto done) { store().UpdateAnnouncement(a, done); }).ok();
  };
  announcement.tries = 1;
  announcement.last_error = "connection refused";
  announcement.due_at = store().Now() + minutes(1);
  ASSERT_TRUE(update(announcement));
  EXPECT_TRUE(due().empty()) << "not before its time";
  loop().Advance(minutes(2));
  // A write lets every backend see the new time.
  ASSERT_TRUE(Await<Done>(loop(), [&](auto done) { store().Quarantine({}, done); }).ok());
  ASSERT_EQ(due().size(), 1u);
  EXPECT_EQ(due()[0].tries, 1);
  EXPECT_TRUE(list({.due = true, .target = "ops"}).empty());
  EXPECT_EQ(list({.state = AnnouncementState::kPending}).size(), 1u);
  announcement.sent_at = store().Now();
  ASSERT_TRUE(update(announcement));
  EXPECT_TRUE(due().empty());
  EXPECT_TRUE(list({.state = AnnouncementState::kPending}).empty());
  EXPECT_EQ(list({.state = AnnouncementState::kSent}).size(), 1u);
}

TEST_P(StoreContract, AnnouncementsAreFoundByStateTargetAndIdAndCounted) {
  MustCreate("b1", 1);  // So that the store has a time.
  Instant now = store().Now();
  auto add = [&](const std::string& id, const std::string& target, Instant recorded, bool dead) {
    Announcement announcement;
    announcement.id = id;
    announcement.target = target;
    announcement.kind = "alert.systemic";
    announcement.detail = R"({"ends":3})";
    announcement.recorded_at = recorded;
    announcement.due_at = now + minutes(60);
    announcement.dead = dead;
    return Await<Done>(loop(), [&](auto done) { store().UpdateAnnouncement(announcement, done); })
        .ok();
  };
  ASSERT_TRUE(add("a", "ops", now + seconds(2), false));
  ASSERT_TRUE(add("b", "ops", now + seconds(1), false));
  ASSERT_TRUE(add("c", "ops", now, true));
  ASSERT_TRUE(add("d", "chat", now, false));
  auto ids = [&](const AnnouncementFilter& filter) {
    std::string text;
    auto found = Await<std::vector<Announcement>>(
        loop(), [&](auto done) { store().ListAnnouncements(filter, done); });
    for (const Announcement& announcement : *found) text += announcement.id;
    return text;
  };
  EXPECT_EQ(ids({}), "abcd");
  EXPECT_EQ(ids({.due = true}), "");
  EXPECT_EQ(ids({.target = "chat"}), "d");
  EXPECT_EQ(ids({.id = "b"}), "b");
  EXPECT_EQ(ids({.after = "a", .limit = 2}), "bc");
  EXPECT_EQ(ids({.state = AnnouncementState::kDead}), "c");
  EXPECT_EQ(ids({.state = AnnouncementState::kPending, .target = "ops"}), "ab");
  auto counts = *Await<std::vector<AnnouncementCount>>(
      loop(), [&](auto done) { store().CountAnnouncements(done); });
  ASSERT_EQ(counts.size(), 2u);
  EXPECT_EQ(counts[1].target, "ops");
  EXPECT_EQ(counts[1].pending, 2u);
  EXPECT_EQ(counts[1].dead, 1u);
  EXPECT_EQ(counts[1].oldest, now + seconds(1));
  auto one = *Await<std::vector<Announcement>>(
      loop(), [&](auto done) { store().ListAnnouncements({.id = "c"}, done); });
  EXPECT_EQ(one[0].kind, "alert.systemic");
  EXPECT_EQ(one[0].detail, R"({"ends":3})");
}

TEST_P(StoreContract, RecordsArePutListedAndDropped) {
  auto put = [&](const std::string& kind, const std::string& id, const std::string& body,
                 PutMode mode = PutMode::kReplace) {
    return *Await<Record>(loop(), [&](auto done) {
      store().PutRecord({kind, id, {}, body}, mode, done);
    });
  };
  auto list = [&](RecordFilter filter) {
    std::string ids;
    auto records =
        Await<std::vector<Record>>(loop(), [&](auto done) { store().ListRecords(filter, done); });
    for (const Record& record : *records) ids += record.id + " ";
    return ids;
  };
  put("audit", "1", "one");
  put("audit", "3", "three");
  put("audit", "2", "two");
  put("key", "1", "a key");
  EXPECT_EQ(put("key", "1", "another", PutMode::kFirstStays).body, "a key");
  EXPECT_EQ(put("key", "1", "another").body, "another");
  EXPECT_EQ(list({.kind = "audit"}), "1 2 3 ");
  EXPECT_EQ(list({.kind = "audit", .after = "1", .limit = 1}), "2 ");
  EXPECT_EQ(list({.kind = "audit", .newest_first = true}), "3 2 1 ");
  EXPECT_EQ(list({.kind = "audit", .newest_first = true, .after = "3"}), "2 1 ");
  auto get = [&](const std::string& id) {
    return Await<Record>(loop(), [&](auto done) { store().GetRecord("audit", id, done); });
  };
  EXPECT_EQ(get("2")->body, "two");
  EXPECT_FALSE(get("2")->at.never());
  EXPECT_EQ(get("4").error().code, Errc::kNotFound);
  loop().Advance(minutes(10));
  put("audit", "4", "four");
  auto dropped = Await<std::size_t>(
      loop(), [&](auto done) { store().DropRecords("audit", store().Now() - minutes(5), done); });
  EXPECT_EQ(*dropped, 3u);
  EXPECT_EQ(list({.kind = "audit"}), "4 ");
  EXPECT_EQ(list({.kind = "key"}), "1 ");
}

TEST_P(StoreContract, ARecordIsPutWithTheCommitOrNotAtAll) {
  BatchCommit created = Creation("b1", 1);
  created.records = {{"started", "key-1", {}, "b1"}};
  ASSERT_TRUE(Create(created)->created);
  BatchCommit second = Creation("b2", 1);
  second.records = {{"started", "key-2", {}, "b2"}};
  EXPECT_FALSE(Create(second)->created);
  auto get = [&](const std::string& id) {
    return Await<Record>(loop(), [&](auto done) { store().GetRecord("started", id, done); });
  };
  EXPECT_EQ(get("key-1")->body, "b1");
  EXPECT_EQ(get("key-2").error().code, Errc::kNotFound);
}

TEST_P(StoreContract, F31_ALeaseThatIsGivenUpIsFreeAtOnceForItsHolderOnly) {
  auto acquire = [&](Store& by, const std::string& owner, Duration ttl) {
    return *Await<LeaseGrant>(
        loop(), [&](auto done) { by.AcquireLease("sweep", Incarnation(owner), ttl, done); });
  };
  LeaseGrant first = acquire(store(), "a", seconds(30));
  EXPECT_FALSE(acquire(other(), "b", seconds(0)).granted) << "nobody gives up what is another's";
  EXPECT_FALSE(acquire(other(), "b", seconds(30)).granted);
  EXPECT_TRUE(acquire(store(), "a", seconds(0)).granted);
  LeaseGrant taken = acquire(other(), "b", seconds(30));
  EXPECT_TRUE(taken.granted);
  EXPECT_GT(taken.token, first.token);
}

TEST_P(StoreContract, F36_OnlyWhatIsOverSettledAndAnnouncedIsDroppedAndAllOfIt) {
  MustCreate("kept", 2, "2025-01-14");
  MustCreate("b1", 4);
  auto drop = [&](const std::string& id, std::size_t rows) {
    return Await<bool>(loop(), [&](auto done) { store().DropBatch(BatchId(id), rows, done); });
  };
  EXPECT_EQ(drop("b1", 100).error().code, Errc::kConflict) << "live";
  StagedResult staged;
  staged.batch = BatchId("b1");
  staged.outcome = Succeeded(0, 0).items[0];
  ASSERT_TRUE(Await<std::vector<Completion>>(loop(), [&](auto done) {
                store().Stage({staged}, done);
              }).ok());
  ASSERT_TRUE(Happen("b1", Ordinals(0, 0), Succeeded(0, 0)).ok());
  ASSERT_TRUE(Happen("b1", {}, Command{store().Now(), Order::kFinish, "", BatchId()}).ok());
  EXPECT_EQ(drop("b1", 100).error().code, Errc::kConflict) << "rows to settle";
  ASSERT_TRUE(Happen("b1", Ordinals(0, 3), Settle{store().Now()}).ok());
  EXPECT_EQ(drop("b1", 100).error().code, Errc::kConflict) << "not announced";
  Announcement due = Await<std::vector<Announcement>>(loop(), [&](auto done) {
                       store().ListAnnouncements({.due = true}, done);
                     })->at(0);
  due.dead = true;
  ASSERT_TRUE(Await<Done>(loop(), [&](auto done) { store().UpdateAnnouncement(due, done); }).ok());
  int calls = 0;
  while (!*drop("b1", 2)) ASSERT_LT(++calls, 20);
  EXPECT_GT(calls, 3) << "two rows in a call";
  EXPECT_EQ(Load("b1").error().code, Errc::kNotFound);
  EXPECT_EQ(drop("b1", 2).error().code, Errc::kNotFound);
  EXPECT_EQ(List({})->batches.size(), 1u);
  MustCreate("b2", 2);
  EXPECT_EQ(Load("b2", Ordinals(0, 3))->rows.size(), 2u) << "nothing of the old one";
  auto left = Await<std::vector<StagedResult>>(
      loop(), [&](auto done) { store().ListStaged(BatchId("b2"), -1, 10, {}, done); });
  EXPECT_TRUE(left->empty());
  EXPECT_EQ(Load("kept", Ordinals(0, 3))->rows.size(), 2u);
}

TEST_P(StoreContract, BatchesThatEndedBeforeATimeAreFound) {
  MustCreate("b1", 0, "2025-01-14");
  MustCreate("b2", 1, "2025-01-15");
  MustCreate("b3", 0, "2025-01-16");
  ASSERT_TRUE(Happen("b1", {}, Finalize{store().Now()}).ok());
  loop().Advance(minutes(10));
  ASSERT_TRUE(Happen("b3", {}, Finalize{store().Now()}).ok());
  auto found = List({.ended_before = store().Now() - minutes(5)});
  ASSERT_EQ(found->batches.size(), 1u);
  EXPECT_EQ(found->batches[0].id, BatchId("b1"));
  EXPECT_EQ(List({.ended_before = store().Now() + minutes(5)})->batches.size(), 2u);
}

TEST_P(StoreContract, TheQuarantineKeepsBytesNewestFirst) {
  Quarantined one{{}, "completions", "not JSON", std::string("a\0b\xff", 4)};
  Quarantined two{{}, "completions", "unknown batch", "{}"};
  ASSERT_TRUE(Await<Done>(loop(), [&](auto done) { store().Quarantine({one, two}, done); }).ok());
  auto list =
      Await<std::vector<Quarantined>>(loop(), [&](auto done) { store().ListQuarantine(10, done); });
  ASSERT_EQ(list->size(), 2u);
  EXPECT_EQ((*list)[0].reason, "unknown batch");
  EXPECT_EQ((*list)[1].body, one.body);
  EXPECT_FALSE((*list)[0].at.never());
}

TEST_P(StoreContract, AnswersAreNeverGivenInsideTheCall) {
  bool answered = false;
  store().Load(BatchId("x"), {}, [&](Result<Snapshot>) { answered = true; });
  EXPECT_FALSE(answered);
  loop().RunUntil([&] { return answered; });
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreContract, testing::ValuesIn(StoreKinds()),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace tipoff
