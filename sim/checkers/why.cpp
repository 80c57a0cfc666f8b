#include "sim/checkers/why.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"
#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "17 why names what was at fault";

// Less than that is "I do not know".
constexpr double kUnknown = 0.3;

// What is said with less is a guess, and may be wrong.
constexpr double kSure = 0.8;

// Ended by the clock, with something left undone.
bool EndedBadly(const Batch& batch) {
  bool by_clock = batch.reason == Reason::kDeadlineExceeded || batch.reason == Reason::kStalled;
  return by_clock && batch.counts.done() < batch.expected();
}

}  // namespace

void WhyChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  if (commit.next.version == 1 && !commit.records.empty()) incomplete_.insert(commit.next.id);
}

void WhyChecker::OnFault(Layer layer, const BatchId& batch, Instant from, Instant until) {
  struck_[static_cast<std::size_t>(layer)].push_back({batch, from, until});
}

void WhyChecker::OnOrder(const BatchId& batch) { ordered_.insert(batch); }

bool WhyChecker::WasFaulted(Layer layer, const BatchId& batch, Instant from, Instant until) const {
  const auto& struck = struck_[static_cast<std::size_t>(layer)];
  return std::any_of(struck.begin(), struck.end(), [&](const Struck& fault) {
    bool its = fault.batch.empty() || fault.batch == batch;
    return its && fault.from <= until && fault.until >= from;
  });
}

void WhyChecker::OnWhy(const Facts& facts, const Diagnosis& diagnosis, Instant asked_at) {
  const Batch& batch = facts.batch;
  notes_.sometimes.Saw("why named " + std::string(ToString(diagnosis.layer)));
  if (!facts.store_problem.empty() || !facts.write_problem.empty()) {
    if (diagnosis.layer != Layer::kStore ||
        !WasFaulted(Layer::kStore, batch.id, asked_at - limits::kWatchTime,
                    facts.at + limits::kWatchTime)) {
      Violated(kLaw, fmt::format("{}: the store is blamed for not answering, and it did: {}",
                                 batch.id.str(), diagnosis.sentence));
    }
    return;
  }
  Instant end = IsTerminal(batch.phase) ? batch.terminal_at : facts.at;
  if (diagnosis.layer == Layer::kNone) {
    bool unknown = diagnosis.confidence <= kUnknown;
    if (unknown) notes_.sometimes.Saw("why did not know");
    if (unknown || !EndedBadly(batch) || ordered_.contains(batch.id)) return;
    Violated(kLaw, fmt::format("{} ended badly, and nothing is named: {}", batch.id.str(),
                               diagnosis.sentence));
    return;
  }
  bool right = diagnosis.layer == Layer::kData
                   ? incomplete_.contains(batch.id)
                   : WasFaulted(diagnosis.layer, batch.id, batch.created_at, end);
  if (right) return;
  if (diagnosis.confidence < kSure) return notes_.sometimes.Saw("why guessed wrong");
  std::string real;
  for (int i = 0; i < kLayers; ++i) {
    auto layer = static_cast<Layer>(i);
    if (!WasFaulted(layer, batch.id, batch.created_at, end)) continue;
    real += fmt::format("{}{}", real.empty() ? "" : ", ", ToString(layer));
  }
  Violated(kLaw,
           fmt::format("{} ({}, asked {}): it names {}, at fault was {}: {}", batch.id.str(),
                       ToString(batch.phase), FormatInstant(facts.at), ToString(diagnosis.layer),
                       real.empty() ? "nothing" : real, diagnosis.sentence));
}

}  // namespace tipoff::sim
