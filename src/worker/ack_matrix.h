// The ack matrix: what happens to a request's message for every way in which working on it can end.
// There is no outcome without a row, and nothing else in the worker decides about acks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/panic.h"
#include "core/request.h"

namespace tipoff {

enum class WorkOutcome : std::uint8_t {
  kPredicted,      // Predictions are staged.
  kPermanentSkip,  // No history, player out, invalid input: it will never be otherwise.
  kErrorAgain,     // A deterministic error, tries left.
  kErrorGivenUp,   // A deterministic error, and that was the last try.
  kTransient,      // History, store or bus did not answer: another time.
  kMalformed,      // The message can't be understood.
  kBatchUnknown,   // No such batch, or no such request in it.
  kBatchOver,      // The batch has ended: too late to be of use.
  kCanary,         // No request: answered, to show that the way is open.
  kCanaryStale,    // The same, after its time: nobody waits for an answer.
};

struct AckRule {
  WorkOutcome outcome;
  bool ack;                                // false: nack, with back-off.
  std::optional<RequestState> completion;  // What is reported, if anything.
  bool quarantine;                         // Kept for people to look at.
  std::string_view name;
};

inline constexpr std::array<AckRule, 10> kAckMatrix{{
    {WorkOutcome::kPredicted, true, RequestState::kSucceeded, false, "predicted"},
    {WorkOutcome::kPermanentSkip, true, RequestState::kSkipped, false, "permanent skip"},
    {WorkOutcome::kErrorAgain, false, std::nullopt, false, "error, tried again"},
    {WorkOutcome::kErrorGivenUp, true, RequestState::kFailed, false, "error, given up"},
    {WorkOutcome::kTransient, false, std::nullopt, false, "transient"},
    {WorkOutcome::kMalformed, true, std::nullopt, true, "malformed"},
    {WorkOutcome::kBatchUnknown, true, std::nullopt, true, "unknown batch"},
    {WorkOutcome::kBatchOver, true, std::nullopt, false, "batch over"},
    {WorkOutcome::kCanary, true, std::nullopt, false, "canary"},
    {WorkOutcome::kCanaryStale, true, std::nullopt, false, "stale canary"},
}};

constexpr const AckRule& RuleFor(WorkOutcome outcome) {
  for (const AckRule& rule : kAckMatrix) {
    if (rule.outcome == outcome) return rule;
  }
  Panic(__FILE__, __LINE__, "an outcome without a row in the ack matrix");
}

}  // namespace tipoff
