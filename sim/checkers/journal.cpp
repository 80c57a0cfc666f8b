#include "sim/checkers/journal.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "core/journal.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "13 the journal is the truth";

}  // namespace

void JournalChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  std::string& last = last_hash_[commit.next.id];
  std::string hash = Sha256Hex(last + "\n" + commit.journal);
  if (hash != commit.next.journal_hash) {
    Violated(kLaw, fmt::format("entry {} of {} is not chained to the one before it",
                               commit.next.version, commit.next.id.str()));
  }
  last = hash;
}

void JournalChecker::AtEnd(Instant) {
  for (const auto& [number, stored] : notes_.database.batches()) CheckFold(stored);
}

void JournalChecker::CheckFold(const MemoryDatabase::StoredBatch& stored) {
  const Batch& batch = stored.batch;
  std::vector<RequestState> states(batch.expected(), RequestState::kPending);
  std::uint64_t seq = 0;
  bool ended = false;
  for (const JournalRecord& record : stored.journal) {
    auto entry = DecodeJournal(record.text);
    if (!entry.ok() || entry->seq != ++seq) {
      return Violated(kLaw, fmt::format("the journal of {} breaks at {}", batch.id.str(), seq));
    }
    for (const JournalEntry::Transition& transition : entry->transitions) {
      for (const OrdinalRange& range : transition.requests) {
        for (std::uint32_t i = range.first; i <= range.last; ++i) states.at(i) = transition.to;
      }
    }
    if (ended || !IsTerminal(entry->phase)) continue;
    ended = true;
    for (RequestState& state : states) {
      if (!IsOpen(state)) continue;
      bool cancelled = entry->open_become == OpenBecome::kCancelled;
      state = cancelled                         ? RequestState::kCancelled
              : state == RequestState::kPending ? RequestState::kUndelivered
                                                : RequestState::kExpired;
    }
  }
  if (seq != batch.version) {
    Violated(kLaw, fmt::format("{} is at version {}, its journal at {}", batch.id.str(),
                               batch.version, seq));
  }
  for (const auto& [ordinal, request] : stored.requests) {
    if (states.at(ordinal) == StateUnder(batch, request.row)) continue;
    Violated(kLaw,
             fmt::format("request {} of {} is {}, the journal says {}", ordinal, batch.id.str(),
                         ToString(request.row.state), ToString(states.at(ordinal))));
  }
}

}  // namespace tipoff::sim
