// The laws of core/batch.h over *all* short histories: every sequence of events up to a depth, on
// batches of 0, 1, 2 and 3 requests, each reached state visited once. The checks keep books of
// their own (`Books`), so that a mistake in Decide can't excuse itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <unordered_set>

#include "core/batch.h"
#include "core/journal.h"

namespace tipoff {
namespace {

constexpr Instant kStart = Instant::FromMicros(1'700'000'000'000'000);

Instant After(Duration d) { return kStart + d; }

struct Books {
  std::map<std::uint32_t, RequestState> counted;  // The first result of each request.
  std::int64_t predictions = 0;
  bool ended = false;
  Batch at_end;
};

struct World {
  Batch batch;
  std::vector<Request> rows;
  Instant now = kStart;
  Books books;
  JournalFold fold;
  std::vector<std::string> story;

  // What tells two states apart. Times other than the clock's step follow from the story.
  std::string Key() const {
    std::string key =
        fmt::format("{} {} {} {} {} {} {} {}", now.micros(), ToString(batch.phase),
                    ToString(batch.reason), batch.sealed, batch.rows_written, batch.late,
                    batch.redriven_at.micros(), batch.progress_at.micros());
    key += fmt::format(" {} {}", batch.suspicion.failures, batch.suspicion.over);
    for (const Request& row : rows) {
      key += fmt::format("|{} {} {} {} {}", ToString(row.state), row.attempt, row.predictions,
                         row.due_at.never(), row.late_at.never());
    }
    return key;
  }

  std::string Story() const { return fmt::format("{}", fmt::join(story, "\n")); }
};

Policy TestPolicy() {
  Policy policy;
  policy.deadline = std::chrono::minutes(30);
  policy.stall_after = std::chrono::minutes(5);
  policy.stall_percent = 50;
  policy.publishes_max = 2;
  return policy;
}

World NewWorld(std::uint32_t requests, int poison_after) {
  World world;
  world.batch.id = BatchId("batch_2025-01-15_test");
  world.batch.version = 1;
  world.batch.policy = TestPolicy();
  world.batch.policy.poison_after = poison_after;
  world.batch.counts = Counts(requests);
  world.batch.created_at = kStart;
  world.batch.progress_at = kStart;
  world.batch.terminal_by = kStart + world.batch.policy.deadline;
  for (std::uint32_t i = 0; i < requests; ++i) {
    Request row;
    row.ordinal = i;
    row.player = PlayerId(fmt::format("p{}", i));
    row.hops.recorded = kStart;
    world.rows.push_back(row);
  }
  JournalEntry created = MakeJournalEntry(world.batch, world.batch, {}, {"created"}, "t", kStart);
  EXPECT_TRUE(world.fold.Add(created).ok());
  return world;
}

Completion Result(std::uint32_t ordinal, RequestState status, int predictions,
                  std::uint16_t attempt = 0) {
  Completion completion;
  completion.ordinal = ordinal;
  completion.status = status;
  completion.predictions = predictions;
  completion.attempt = attempt;
  return completion;
}

// Everything that can happen to a world next.
std::vector<Event> NextEvents(const World& world) {
  std::vector<Event> events;
  Instant now = world.now;
  if (!world.batch.sealed) {
    events.push_back(RowsWritten{now, world.rows.empty() ? 0u : 1u});
  }
  for (const Request& row : world.rows) {
    std::uint32_t i = row.ordinal;
    if (world.batch.sealed) {  // The shell publishes nothing of an unsealed batch.
      auto attempt = static_cast<std::uint16_t>(row.attempt + 1);
      events.push_back(Published{now, {{i, attempt, ""}}});
      events.push_back(Published{now, {{i, attempt, "too large"}}});
      events.push_back(Leased{now, now, "w1", "1", {i}});
      events.push_back(Completions{now, {Result(i, RequestState::kSucceeded, 3)}});
      events.push_back(Completions{now, {Result(i, RequestState::kSkipped, 0)}});
      events.push_back(Completions{now, {Result(i, RequestState::kFailed, 0, 1)}});
      events.push_back(Completions{
          now, {Result(i, RequestState::kFailed, 0), Result(i, RequestState::kSucceeded, 2)}});
    }
  }
  for (Duration step : {Duration(std::chrono::minutes(6)), Duration(std::chrono::minutes(31))}) {
    if (now < After(std::chrono::minutes(62))) events.push_back(Tick{now + step});
  }
  events.push_back(Tick{now});
  events.push_back(Redrive{now});
  events.push_back(Settle{now});
  events.push_back(Finalize{now});
  events.push_back(Command{now, Order::kCancel, "because", BatchId()});
  events.push_back(Command{now, Order::kFinish, "", BatchId()});
  events.push_back(Command{now, Order::kSupersede, "", BatchId("other")});
  events.push_back(CheckStalled{now, std::chrono::minutes(5), 50});
  events.push_back(Patch{now, {.terminal_by = After(std::chrono::minutes(20))}});
  return events;
}

Counts Recounted(const World& world) {
  std::map<RequestState, std::uint32_t> states;
  for (const Request& row : world.rows) ++states[StateUnder(world.batch, row)];
  Counts counts;
  for (auto [state, n] : states) counts.Set(state, n);
  return counts;
}

// Enters into the books what `event` must have counted, from the rows before it.
void Enter(Books& books, const World& before, const Event& event) {
  const auto* completions = std::get_if<Completions>(&event);
  bool counts = completions != nullptr && before.batch.phase < Phase::kFinalizing;
  if (!counts) return;
  for (const Completion& item : completions->items) {
    auto ordinal = static_cast<std::uint32_t>(item.ordinal);
    const Request& row = before.rows[ordinal];
    if (books.counted.contains(ordinal) || row.state == RequestState::kUndelivered) continue;
    bool stale = item.attempt != 0 && item.attempt < row.attempt;
    if (item.status == RequestState::kFailed && stale) continue;
    books.counted[ordinal] = item.status;
    books.predictions += item.predictions;
  }
}

void CheckLaws(const World& world) {
  const Batch& batch = world.batch;
  EXPECT_EQ(batch.counts, Recounted(world)) << "counts are those of the rows";
  EXPECT_EQ(batch.predictions, world.books.predictions) << "each request's predictions, once";
  for (auto [ordinal, state] : world.books.counted) {
    EXPECT_EQ(world.rows[ordinal].state, state) << "the first result of request " << ordinal;
  }
  EXPECT_TRUE(world.fold.Matches(batch).ok()) << world.fold.Matches(batch).error().message;
  EXPECT_EQ(IsTerminal(batch.phase), !batch.terminal_at.never());
  EXPECT_EQ(IsTerminal(batch.phase), batch.reason != Reason::kNone);
  if (IsTerminal(batch.phase) || batch.phase == Phase::kFinalizing) {
    EXPECT_EQ(batch.counts.open(), 0u) << "nothing is open once the outcome is decided";
  }
  if (batch.reason == Reason::kPoisonedRun) {
    EXPECT_GE(batch.counts[RequestState::kFailed],
              static_cast<std::uint32_t>(batch.policy.poison_after));
    for (auto [ordinal, state] : world.books.counted) {
      EXPECT_EQ(state, RequestState::kFailed) << "a poisoned run has no result but failures";
    }
  }
  if (world.books.ended) {
    const Batch& end = world.books.at_end;
    EXPECT_EQ(batch.phase, end.phase) << "terminal is absorbing";
    EXPECT_EQ(batch.reason, end.reason);
    EXPECT_EQ(batch.message, end.message);
    EXPECT_EQ(batch.counts, end.counts);
    EXPECT_EQ(batch.predictions, end.predictions);
    EXPECT_EQ(batch.terminal_at, end.terminal_at);
  }
}

World Apply(const World& before, const Event& event) {
  World after = before;
  after.story.push_back(
      fmt::format("{} at {}", Describe(event),
                  FormatInstant(std::visit([](auto& e) { return e.now; }, event))));
  after.now = std::max(before.now, std::visit([](auto& e) { return e.now; }, event));
  Decision decision = Decide(before.batch, before.rows, event);
  Enter(after.books, before, event);
  if (!decision.changed) {
    EXPECT_EQ(decision.next, before.batch);
    return after;
  }
  after.batch = decision.next;
  ++after.batch.version;
  std::vector<RowChange> changes;
  for (const Request& row : decision.rows) {
    changes.push_back({before.rows[row.ordinal], row});
    after.rows[row.ordinal] = row;
  }
  JournalEntry entry =
      MakeJournalEntry(before.batch, after.batch, changes, {Describe(event)}, "test", after.now);
  Status folded = after.fold.Add(entry);
  EXPECT_TRUE(folded.ok()) << folded.error().message;
  if (IsTerminal(after.batch.phase) && !before.books.ended) {
    after.books.ended = true;
    after.books.at_end = after.batch;
  }
  return after;
}

// Law 1: whatever happened, the clock alone ends the batch once its time has come.
void CheckItEnds(const World& world) {
  World end = Apply(world, Tick{std::max(world.now, world.batch.terminal_by)});
  if (end.batch.phase == Phase::kFinalizing) end = Apply(end, Finalize{end.now});
  EXPECT_TRUE(IsTerminal(end.batch.phase)) << "after terminal_by the batch is terminal";
}

// Hearing the same thing twice is hearing it once.
void CheckIdempotent(const World& once, const Event& event) {
  if (std::holds_alternative<RowsWritten>(event)) return;  // It says "n more", by construction.
  if (const auto* published = std::get_if<Published>(&event);
      published != nullptr && !published->items.front().refusal.empty()) {
    return;  // Leaves the attempt as it was; covered by the row's terminal state.
  }
  Decision twice = Decide(once.batch, once.rows, event);
  for (const Request& row : twice.rows) {
    EXPECT_EQ(row.state, once.rows[row.ordinal].state) << "repeated " << Describe(event);
  }
  EXPECT_EQ(twice.next.counts, once.batch.counts) << "repeated " << Describe(event);
  EXPECT_EQ(twice.next.predictions, once.batch.predictions);
}

// Visits every state that `depth` events can reach from a batch whose rows are all written
// (`sealed`) or none; returns how many there are.
std::size_t Explore(std::uint32_t requests, bool sealed, int depth, int poison_after = 0) {
  std::unordered_set<std::string> seen;
  std::deque<World> frontier{NewWorld(requests, poison_after)};
  if (sealed) frontier.front() = Apply(frontier.front(), RowsWritten{kStart, requests});
  seen.insert(frontier.front().Key());
  for (int level = 0; level < depth; ++level) {
    std::deque<World> next;
    for (const World& world : frontier) {
      for (const Event& event : NextEvents(world)) {
        World reached = Apply(world, event);
        CheckIdempotent(reached, event);
        bool is_new = seen.insert(reached.Key()).second;
        if (is_new) {
          CheckLaws(reached);
          CheckItEnds(reached);
        }
        if (testing::Test::HasFailure()) {
          ADD_FAILURE() << "after:\n" << reached.Story();
          return seen.size();
        }
        if (is_new) next.push_back(std::move(reached));
      }
    }
    frontier = std::move(next);
  }
  return seen.size();
}

TEST(BatchLaws, EveryShortHistoryOfABatchOfNone) {
  EXPECT_GT(Explore(0, false, 10), 10u);
  EXPECT_GT(Explore(0, true, 10), 10u);
}

TEST(BatchLaws, EveryShortHistoryOfABatchOfOne) {
  EXPECT_GT(Explore(1, false, 9), 300u);
  EXPECT_GT(Explore(1, true, 9), 300u);
}

TEST(BatchLaws, EveryShortHistoryOfABatchOfTwo) {
  EXPECT_GT(Explore(2, false, 6), 1'000u);
  EXPECT_GT(Explore(2, true, 6), 5'000u);
}

TEST(BatchLaws, EveryShortHistoryOfABatchOfThree) {
  EXPECT_GT(Explore(3, false, 5), 300u);
  EXPECT_GT(Explore(3, true, 5), 5'000u);
}

TEST(BatchLaws, EveryShortHistoryOfABatchOfThreeThatTwoFailuresPoison) {
  EXPECT_GT(Explore(3, true, 4, 2), 1'000u);
}

TEST(BatchLaws, F08_ABatchOfNoneEndsAtOnce) {
  World world = NewWorld(0, 0);
  world = Apply(world, RowsWritten{kStart, 0});
  ASSERT_EQ(world.batch.phase, Phase::kFinalizing);
  world = Apply(world, Finalize{kStart});
  EXPECT_EQ(world.batch.phase, Phase::kSucceeded);
  EXPECT_EQ(world.batch.reason, Reason::kNoRequests);
}

}  // namespace
}  // namespace tipoff
