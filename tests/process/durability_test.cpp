// Acknowledged means durable: what the store has reported as done is there after kill -9, and what
// it has not reported is there whole or not at all.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/asio_loop.h"
#include "bus/sqlite/sqlite_bus.h"
#include "core/limits.h"
#include "flow/commit.h"
#include "sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

constexpr std::uint32_t kRequests = 1000;

std::unique_ptr<sqlite::Database> Open(const std::string& folder, const std::string& process,
                                       Loop& loop) {
  sqlite::DatabaseOptions options;
  options.path = folder + "/tipoff.db";
  options.migrations = sqlite::Migrations();
  options.process = Incarnation(process);
  options.on_death = sqlite::GiveBack;
  auto opened = sqlite::Database::Open(options, loop);
  if (!opened.ok()) throw std::runtime_error(opened.error().message);
  return std::move(*opened);
}

// Completes one request after the other, each in a commit of its own, and tells the parent of each
// that is durable, until it is killed.
class Child {
 public:
  Child(const std::string& folder, int acks)
      : database_(Open(folder, "child", loop_)), store_(*database_, loop_), acks_(acks) {}

  [[noreturn]] void Main() {
    Batch header;
    header.id = BatchId("b1");
    header.slot.game_date = *ParseDay("2025-01-15");
    std::vector<NewRequest> rows;
    for (std::uint32_t i = 0; i < kRequests; ++i) {
      RequestSpec spec;
      spec.player = PlayerId("p" + std::to_string(i));
      rows.push_back(MakeRequest(i, spec, store_.Now()));
    }
    store_.Create(MakeCreation(header, kRequests, rows, "child", store_.Now(), {}), std::nullopt,
                  [this](Result<CreateOutcome> outcome) {
                    if (!outcome.ok()) _exit(1);
                    Next();
                  });
    loop_.Run();
    _exit(0);
  }

 private:
  void Next() {
    RowKeys keys;
    keys.ordinals = {next_};
    store_.Load(BatchId("b1"), keys, [this](Result<Snapshot> snapshot) {
      if (!snapshot.ok()) _exit(1);
      CommitBuilder builder(std::move(*snapshot));
      Completions event{store_.Now(), {}};
      Completion item;
      item.ordinal = next_;
      item.predictions = 1;
      event.items.push_back(item);
      builder.Apply(event);
      store_.Commit(builder.Build("child", store_.Now(), {}), [this](Status status) {
        if (!status.ok()) _exit(1);
        if (write(acks_, &next_, sizeof(next_)) != sizeof(next_)) _exit(1);
        if (++next_ < kRequests) return Next();
        while (true) pause();
      });
    });
  }

  AsioLoop loop_;
  std::unique_ptr<sqlite::Database> database_;
  SqliteStore store_;
  int acks_;
  std::uint32_t next_ = 0;
};

template <class T, class Call>
Result<T> Await(AsioLoop& loop, Call call) {
  std::optional<Result<T>> answer;
  call([&](Result<T> result) {
    answer.emplace(std::move(result));
    loop.Stop();
  });
  while (!answer) loop.Run();
  return std::move(*answer);
}

TEST(Durability, F25_EveryAcknowledgedCommitSurvivesKill9) {
  std::uint32_t most = 0;
  for (std::uint32_t after : {1u, 3u, 10u, 40u, 100u, 250u}) {
    TempFolder folder;
    int acks[2];
    ASSERT_EQ(pipe(acks), 0);
    pid_t child = fork();
    if (child == 0) Child(folder.path(), acks[1]).Main();
    close(acks[1]);
    std::uint32_t acked = 0, ordinal = 0;
    while (acked < after && read(acks[0], &ordinal, sizeof(ordinal)) == sizeof(ordinal)) ++acked;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(acks[0], &ordinal, sizeof(ordinal)) == sizeof(ordinal)) ++acked;
    close(acks[0]);
    ASSERT_GE(acked, after) << "the child ended by itself";

    AsioLoop loop;
    auto database = Open(folder.path(), "parent", loop);
    SqliteStore store(*database, loop);
    auto snapshot = Await<Snapshot>(loop, [&](auto done) { store.Load(BatchId("b1"), {}, done); });
    ASSERT_TRUE(snapshot.ok()) << snapshot.error().message;
    std::uint32_t stored = snapshot->batch.counts[RequestState::kSucceeded];
    EXPECT_GE(stored, acked) << "an acknowledged commit is gone";
    EXPECT_LE(stored, acked + 1) << "at most the one under way";
    auto rows = Await<std::vector<Request>>(loop, [&](auto done) {
      RequestFilter filter{.states = {RequestState::kSucceeded}, .limit = kRequests};
      store.ListRequests(BatchId("b1"), filter, done);
    });
    EXPECT_EQ(rows->size(), stored) << "header and rows are of one commit";
    auto journal = Await<std::vector<JournalRecord>>(loop, [&](auto done) {
      store.ReadJournal(BatchId("b1"), 0, limits::kJournalPerPage, done);
    });
    EXPECT_EQ(journal->size(), stored + 1);
    most = std::max(most, stored);
  }
  EXPECT_GE(most, 250u);
}

TEST(Durability, F13_WhatAKilledProcessHeldIsGivenBackAtOnce) {
  TempFolder folder;
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  pid_t child = fork();
  if (child == 0) {
    AsioLoop loop;
    auto database = Open(folder.path(), "child", loop);
    auto bell = sqlite::Doorbell::Open(folder / "processes", Incarnation("child"));
    SqliteBus bus(*database, **bell, loop);
    Topic topic{Topic::Kind::kRequests, ""};
    bus.Publish(topic, {"a", "b"}, [&](Result<std::vector<std::string>>) {
      bus.Lease(topic, Incarnation("child"), {.lease = std::chrono::hours(1)},
                [&](Result<std::vector<Delivery>> held) {
                  char count = static_cast<char>(held->size());
                  if (write(ready[1], &count, 1) != 1) _exit(1);
                });
    });
    loop.Run();
    _exit(0);
  }
  char held = 0;
  ASSERT_EQ(read(ready[0], &held, 1), 1);
  EXPECT_EQ(held, 2);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);

  AsioLoop loop;
  auto database = Open(folder.path(), "parent", loop);
  auto bell = sqlite::Doorbell::Open(folder / "processes", Incarnation("parent"));
  ASSERT_TRUE(bell.ok());
  SqliteBus bus(*database, **bell, loop);
  auto leased = Await<std::vector<Delivery>>(loop, [&](auto done) {
    bus.Lease({Topic::Kind::kRequests, ""}, Incarnation("parent"),
              {.wait = std::chrono::seconds(10)}, done);
  });
  ASSERT_TRUE(leased.ok());
  EXPECT_EQ(leased->size(), 2u) << "an hour before their leases end";
}

}  // namespace
}  // namespace tipoff
