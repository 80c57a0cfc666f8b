#include "sim/checkers/counting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bus/messages.h"
#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "3 counts are sets";

bool GivenUp(RequestState state) {
  return state == RequestState::kExpired || state == RequestState::kCancelled ||
         state == RequestState::kUndelivered;
}

// What an open row is read as once its batch has ended.
RequestState ReadsAs(const Batch& batch, RequestState stored) {
  if (IsTerminal(stored) || !IsTerminal(batch.phase)) return stored;
  if (batch.open_become == OpenBecome::kCancelled) return RequestState::kCancelled;
  return stored == RequestState::kPending ? RequestState::kUndelivered : RequestState::kExpired;
}

}  // namespace

void CountingChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  const Batch& next = commit.next;
  auto [found, created] = books_.try_emplace(next.id);
  Book& book = found->second;
  if (created) book.rows.resize(next.expected());
  if (next.expected() != book.rows.size()) {
    Violated(kLaw, fmt::format("{} expects {} requests now", next.id.str(), next.expected()));
    return;
  }
  book.publishes_max = std::max(book.publishes_max, next.policy.publishes_max);
  for (const NewRequest& request : commit.new_rows) {
    Row& row = book.rows.at(request.row.ordinal);
    if (row.written) Violated(kLaw, next.id.str() + ": a request is written a second time");
    row.written = true;
    book.ordinals[request.spec.player] = request.row.ordinal;
  }
  for (const Request& request : commit.rows) {
    Row& row = book.rows.at(request.ordinal);
    CheckRow(book, next, row, request);
    row.state = request.state;
    row.predictions = request.predictions;
    row.late = !request.late_at.never();
    row.attempt = request.attempt;
  }
  CheckCounts(book, next);
  See(commit);
  book.ended = IsTerminal(next.phase);
}

void CountingChecker::CheckRow(const Book& book, const Batch& next, const Row& before,
                               const Request& row) {
  auto say = [&](std::string_view what) {
    Violated(kLaw, fmt::format("{} request {}: {} -> {}: {}", next.id.str(), row.ordinal,
                               ToString(before.state), ToString(row.state), what));
  };
  if (row.attempt > before.attempt + 1) say("an attempt was left out");
  if (row.attempt > book.publishes_max) say("it is published more often than allowed");
  if (row.state == before.state) return;
  if (IsTerminal(before.state)) return say("it was counted before");
  if (book.ended) {
    if (!GivenUp(row.state)) say("it is counted after the end");
    return;
  }
  notes_.sometimes.Saw(row.state);
  bool worked = row.state == RequestState::kSucceeded || row.state == RequestState::kSkipped ||
                row.state == RequestState::kFailed;
  if (worked && !Said_(next.id, row)) {
    say(fmt::format("nobody has said so (of {} predictions)", row.predictions));
  }
  bool refused = row.state == RequestState::kUndelivered && !IsTerminal(next.phase);
  if (refused && !statements_[next.id].refused.contains(row.ordinal)) say("the bus took it");
}

bool CountingChecker::Said_(const BatchId& batch, const Request& row) {
  if (row.state == RequestState::kFailed && row.reason.starts_with("DeadLetter")) return true;
  Statements& said = statements_[batch];
  Said wanted{row.state, row.predictions};
  if (said.reported[row.ordinal].contains(wanted)) return true;
  if (said.of_player[row.player].contains(wanted)) return true;
  if (!said.staged[row.ordinal].contains(wanted)) return false;
  notes_.sometimes.Saw("staged result reconciled");
  return true;
}

void CountingChecker::CheckCounts(const Book& book, const Batch& next) {
  std::array<std::uint32_t, kRequestStates> counted{};
  std::int64_t predictions = 0;
  std::uint32_t late = 0;
  for (const Row& row : book.rows) {
    ++counted[static_cast<std::size_t>(ReadsAs(next, row.state))];
    predictions += row.predictions;
    late += row.late ? 1 : 0;
  }
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    if (counted[static_cast<std::size_t>(i)] == next.counts[state]) continue;
    Violated(kLaw, fmt::format("{} says that {} are {}, {} are", next.id.str(), next.counts[state],
                               ToString(state), counted[static_cast<std::size_t>(i)]));
  }
  if (predictions != next.predictions) {
    Violated(kLaw, fmt::format("{} says that it has {} predictions, it has {}", next.id.str(),
                               next.predictions, predictions));
  }
  if (late != next.late) {
    Violated(kLaw,
             fmt::format("{} says that {} came late, {} did", next.id.str(), next.late, late));
  }
}

void CountingChecker::OnStaged(const StagedResult& result, bool first) {
  if (!first) return;
  statements_[result.batch].staged[static_cast<std::uint32_t>(result.outcome.ordinal)].emplace(
      result.outcome.status, result.outcome.predictions);
}

void CountingChecker::OnPublished(const Topic& topic, const std::string& body, bool) {
  if (topic.kind != Topic::Kind::kCompletions) return;
  auto message = DecodeReady(body);
  if (!message.ok()) return;
  const auto* completed = std::get_if<CompletionMessage>(&*message);
  if (completed == nullptr) return;
  Statements& said = statements_[completed->batch];
  for (const Completion& item : completed->completions) {
    Said statement{item.status, item.predictions};
    if (item.ordinal == Completion::kNoOrdinal) {
      said.of_player[item.player].insert(statement);
    } else {
      bool fresh = said.reported[static_cast<std::uint32_t>(item.ordinal)].insert(statement).second;
      if (!fresh) notes_.sometimes.Saw("completion repeated");
    }
  }
}

void CountingChecker::OnRefused(const Topic&, const std::string& body) {
  auto request = DecodeRequest(body);
  if (!request.ok()) return;
  statements_[request->batch].refused.insert(static_cast<std::uint32_t>(request->ordinal));
}

void CountingChecker::See(const BatchCommit& commit) {
  const Batch& next = commit.next;
  Sometimes& sometimes = notes_.sometimes;
  Book& book = books_[next.id];
  sometimes.Saw(next.phase);
  sometimes.Saw(next.reason);
  bool ends = IsTerminal(next.phase) && !book.ended;
  if (ends) {
    for (int i = 0; i < kRequestStates; ++i) {
      auto state = static_cast<RequestState>(i);
      if (GivenUp(state)) sometimes.Saw(state, next.counts[state]);
    }
  }
  sometimes.Saw(RequestState::kPending, commit.new_rows.size());
  if (next.expected() == 0) sometimes.Saw("batch of nobody");
  if (next.sealed && next.rows_written > commit.new_rows.size() && !commit.new_rows.empty()) {
    sometimes.Saw("batch sealed in several commits");
  }
  auto entry = DecodeJournal(commit.journal);
  if (!entry.ok()) return;
  if (entry->events.size() > 1) sometimes.Saw("group of several events");
  for (const std::string& event : entry->events) {
    if (event == "settle") sometimes.Saw("rows settled after the end");
    if (event == "redrive") sometimes.Saw("stalled batch redriven");
    if (event == "finalize") sometimes.Saw("batch ended by its last request");
    if (event == "supersede") sometimes.Saw("start superseded a batch");
  }
  if (!entry->late.empty()) sometimes.Saw("completion late");
  for (const Request& row : commit.rows) {
    if (row.attempt > 1 && row.state == RequestState::kPublished) {
      sometimes.Saw("request published again");
    }
  }
}

}  // namespace tipoff::sim
