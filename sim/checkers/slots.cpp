#include "sim/checkers/slots.h"

#include <fmt/format.h>

#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "6 one live batch a slot";

}  // namespace

void SlotChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  const Batch& next = commit.next;
  auto [found, created] = books_.try_emplace(next.id);
  Book& book = found->second;
  if (created) {
    book.slot = next.slot;
    book.terminal_by = next.terminal_by;
    book.retry_of = next.retry_of;
    if (!next.retry_of.empty()) children_[next.retry_of].insert(next.id);
  }
  book.superseded_by = next.superseded_by;
  book.ended = IsTerminal(next.phase);
  std::set<BatchId>& live = live_[next.slot];
  if (book.ended) {
    live.erase(next.id);
  } else {
    live.insert(next.id);
  }
  if (live.size() > 1) {
    Violated(kLaw, fmt::format("{} and {} both live on {}", live.begin()->str(),
                               live.rbegin()->str(), FormatDay(next.slot.game_date)));
  }
}

void SlotChecker::OnStarted(const StartRequest& request, const StartOutcome& outcome, Instant) {
  using Kind = StartOutcome::Kind;
  if (outcome.kind != Kind::kStarted && outcome.kind != Kind::kAlreadyRunning) return;
  const BatchId& id = outcome.batch.id;
  auto book = books_.find(id);
  if (book == books_.end()) {
    return Violated(kLaw, fmt::format("a caller is told of {}, which does not exist", id.str()));
  }
  if (book->second.slot != request.slot) {
    Violated(kLaw, fmt::format("a caller is told of {}, which is of another slot", id.str()));
  }
  if (outcome.batch.terminal_by > book->second.terminal_by) {
    Violated(kLaw, fmt::format("a caller is promised another time than {} keeps", id.str()));
  }
  if (outcome.kind != Kind::kStarted || request.idempotency_key.empty()) return;
  auto [first, fresh] = by_key_.emplace(request.idempotency_key, id);
  if (!fresh) notes_.sometimes.Saw("start repeated with its key");
  if (first->second != id) {
    Violated(kLaw, fmt::format("one start made both {} and {}", first->second.str(), id.str()));
  }
}

void SlotChecker::AtEnd(Instant) {
  for (const auto& [id, book] : books_) {
    if (!book.superseded_by.empty() && !books_.contains(book.superseded_by)) {
      Violated(kLaw, fmt::format("{} is superseded by {}, which does not exist", id.str(),
                                 book.superseded_by.str()));
    }
  }
  for (const auto& [parent, children] : children_) {
    if (children.size() > 1) {
      Violated(kLaw, fmt::format("{} was retried as {} and as {}", parent.str(),
                                 children.begin()->str(), children.rbegin()->str()));
    }
  }
}

}  // namespace tipoff::sim
