#include "sim/checkers/durability.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kAcked[] = "5 acked is durable";
constexpr char kRecorded[] = "4 recorded is sent";

// Time enough for what was set going to be done, where nothing hinders.
constexpr Duration kPeace = std::chrono::seconds(40);

bool GivenUp(RequestState state) {
  return state == RequestState::kExpired || state == RequestState::kCancelled ||
         state == RequestState::kUndelivered;
}

}  // namespace

void DurabilityChecker::OnCommit(const BatchCommit& commit, Instant at, const std::string&) {
  const Batch& next = commit.next;
  if (next.version == 1) numbers_[next.id] = notes_.database.batches().rbegin()->first;
  if (next.terminal_at.never() || !ended_.insert(next.id).second) return;
  CheckReconciled(next, at);
}

// Long after a stalled batch was acted on, in peace, nothing that was staged before is uncounted.
void DurabilityChecker::CheckReconciled(const Batch& end, Instant at) {
  bool in_peace = end.redriven_at > notes_.untroubled_since + kPeace;
  if (end.redriven_at.never() || !in_peace || at - end.redriven_at < kPeace) return;
  const MemoryDatabase::StoredBatch& stored = *Find(end.id);
  for (const auto& [ordinal, result] : stored.staged) {
    if (result.staged_at + kPeace > end.redriven_at) continue;
    if (!IsOpen(stored.requests.at(ordinal).row.state)) continue;
    Violated(kRecorded, fmt::format("{} request {} was predicted long ago and is given up",
                                    end.id.str(), ordinal));
  }
}

const MemoryDatabase::StoredBatch* DurabilityChecker::Find(const BatchId& batch) const {
  auto number = numbers_.find(batch);
  if (number == numbers_.end()) return nullptr;
  auto found = notes_.database.batches().find(number->second);
  return found == notes_.database.batches().end() ? nullptr : &found->second;
}

bool DurabilityChecker::InQuarantine(const std::string& body) const {
  const auto& kept = notes_.database.quarantine;
  return std::any_of(kept.begin(), kept.end(),
                     [&](const Quarantined& message) { return body.starts_with(message.body); });
}

void DurabilityChecker::OnPublished(const Topic& topic, const std::string& body, bool) {
  if (topic.kind == Topic::Kind::kRequests) {
    auto request = DecodeRequest(body);
    if (request.ok() && request->ordinal >= 0) {
      sent_.insert({request->batch, static_cast<std::uint32_t>(request->ordinal)});
    }
  }
  if (topic.kind != Topic::Kind::kCompletions) return;
  auto message = DecodeReady(body);
  if (!message.ok()) return;
  const auto* completed = std::get_if<CompletionMessage>(&*message);
  if (completed == nullptr) return;
  const MemoryDatabase::StoredBatch* stored = Find(completed->batch);
  for (const Completion& item : completed->completions) {
    if (item.ordinal < 0) continue;
    auto ordinal = static_cast<std::uint32_t>(item.ordinal);
    reported_.insert({completed->batch, ordinal});
    bool staged = stored != nullptr && stored->staged.contains(ordinal);
    if (item.status == RequestState::kSucceeded && !staged) {
      Violated(kAcked, fmt::format("{} request {} is reported as predicted, but nothing is staged",
                                   completed->batch.str(), ordinal));
    }
  }
}

void DurabilityChecker::OnAcked(const Topic& topic, const std::string& body,
                                const std::string& who) {
  if (topic.kind == Topic::Kind::kCompletions) {
    auto message = DecodeReady(body);
    if (!message.ok()) {
      if (!InQuarantine(body)) Violated(kAcked, who + " acks what it did not understand nor keep");
      return;
    }
    if (const auto* completed = std::get_if<CompletionMessage>(&*message)) {
      CheckReady(*completed, body, who);
    }
    return;
  }
  auto request = DecodeRequest(body);
  if (!request.ok()) {
    if (!InQuarantine(body)) Violated(kAcked, who + " acks what it did not understand nor keep");
    return;
  }
  if (topic.kind == Topic::Kind::kRequests) return CheckRequest(*request, who);
  if (topic.kind != Topic::Kind::kDeadLetters) return;
  const MemoryDatabase::StoredBatch* stored = Find(request->batch);
  if (stored == nullptr) return;
  auto row = stored->requests.find(static_cast<std::uint32_t>(request->ordinal));
  bool stale = row != stored->requests.end() && request->attempt < row->second.row.attempt;
  if (row == stored->requests.end() || stale) return;
  if (IsOpen(StateUnder(stored->batch, row->second.row))) {
    Violated(kAcked, fmt::format("{} acks the dead letter of {} request {}, which is open still",
                                 who, request->batch.str(), request->ordinal));
  }
}

// At the instant of the ack each completion is counted, marked late, or kept as a stray.
void DurabilityChecker::CheckReady(const CompletionMessage& message, const std::string& body,
                                   const std::string& who) {
  const MemoryDatabase::StoredBatch* stored = Find(message.batch);
  for (const Completion& item : message.completions) {
    const Request* row = nullptr;
    if (stored != nullptr && item.ordinal >= 0) {
      auto found = stored->requests.find(static_cast<std::uint32_t>(item.ordinal));
      if (found != stored->requests.end()) row = &found->second.row;
    }
    if (row == nullptr) {
      notes_.sometimes.Saw("completion stray");
      if (item.ordinal >= 0 && !InQuarantine(body)) {
        Violated(kAcked, fmt::format("{} acks a completion of nobody in {} and keeps it nowhere",
                                     who, message.batch.str()));
      }
      continue;
    }
    bool stale = item.attempt != 0 && item.attempt < row->attempt;
    if (item.status == RequestState::kFailed && stale) {
      notes_.sometimes.Saw("completion of an older attempt");
      continue;
    }
    RequestState state = StateUnder(stored->batch, *row);
    if (IsOpen(state)) {
      Violated(kAcked, fmt::format("{} acks a completion of {} request {}, which is open still",
                                   who, message.batch.str(), item.ordinal));
    } else if (GivenUp(state) && row->late_at.never()) {
      Violated(kAcked, fmt::format("{} acks a late completion of {} request {} without a mark", who,
                                   message.batch.str(), item.ordinal));
    }
  }
}

// A worker lets a request go once its result is durable and told, or it is of no use any more.
void DurabilityChecker::CheckRequest(const RequestMessage& message, const std::string& who) {
  const MemoryDatabase::StoredBatch* stored = Find(message.batch);
  if (stored == nullptr || IsTerminal(stored->batch.phase) || message.ordinal < 0) return;
  if (stored->batch.phase == Phase::kFinalizing) return;
  if (reported_.contains({message.batch, static_cast<std::uint32_t>(message.ordinal)})) return;
  Violated(kAcked, fmt::format("{} lets go of {} request {}, of which nobody was told", who,
                               message.batch.str(), message.ordinal));
}

void DurabilityChecker::AtEnd(Instant) {
  for (const auto& [number, stored] : notes_.database.batches()) {
    for (const auto& [ordinal, request] : stored.requests) {
      const Request& row = request.row;
      bool confirmed = row.attempt > 0;
      if (confirmed && !sent_.contains({stored.batch.id, ordinal})) {
        Violated(kRecorded, fmt::format("{} request {} is taken for sent and was not",
                                        stored.batch.id.str(), ordinal));
      }
    }
  }
}

}  // namespace tipoff::sim
