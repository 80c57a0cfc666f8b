// What is written down about a batch that did not succeed: who is missing and how far each of them
// came, which failures are alike, the chain of causes, and the command that makes up for it.
// Pure: folded from the batch's rows, in any order.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch.h"

namespace tipoff {

// How far a request came. Ordered as the hops are.
enum class Hop : std::uint8_t {
  kRecorded,
  kPublished,
  kLeased,
  kStaged,    // Its predictions are stored, but nobody reported them.
  kReported,  // It was counted, if as a failure; or its result came after the end.
};
inline constexpr int kHops = 5;

std::string_view ToString(Hop hop);
// `staged`: whether the store has a result of it.
Hop LastHop(const Request& row, bool staged);

struct MissingPlayer {
  std::uint32_t ordinal = 0;
  PlayerId player;
  std::string player_name;
  RequestState state = RequestState::kExpired;
  Hop last_hop = Hop::kRecorded;
  std::string reason;  // Of a failure or a refusal.
  std::string worker;  // Who had it last, if anybody said so.

  friend bool operator==(const MissingPlayer&, const MissingPlayer&) = default;
};

// Failures that are alike, on one version of the worker.
struct FailureGroup {
  std::string error;  // Normalised, see core/failure.h.
  std::string worker_version;
  std::uint32_t count = 0;
  std::string example;               // One of them, as it was told.
  std::vector<std::string> players;  // The first few of them.

  friend bool operator==(const FailureGroup&, const FailureGroup&) = default;
};

struct Autopsy {
  BatchId batch;
  Instant at;  // The batch's end.
  Phase phase = Phase::kFailed;
  Reason reason = Reason::kNone;
  // From the outcome back to the fault, one sentence each.
  std::vector<std::string> causes;
  std::vector<MissingPlayer> missing;  // By ordinal, at most kMissingMax.
  std::uint32_t missing_total = 0;
  std::vector<FailureGroup> failures;  // The most frequent first, at most kGroupsMax.
  std::string next_command;            // What makes up for it; "" if nothing does.

  static constexpr std::size_t kMissingMax = 500;
  static constexpr std::size_t kGroupsMax = 20;
  static constexpr std::size_t kGroupPlayersMax = 5;

  friend bool operator==(const Autopsy&, const Autopsy&) = default;
};

// Autopsies are Records of this kind, under their batch's id.
inline constexpr std::string_view kAutopsyRecords = "autopsy";

class AutopsyBuilder {
 public:
  // `batch` has ended.
  explicit AutopsyBuilder(const Batch& batch) : batch_(batch) {}

  // One request that neither succeeded nor was skipped; others are ignored. Each once.
  void Add(const Request& row, const std::string& player_name, bool staged);

  // `fault`: what was found to be at fault, as a sentence; "" if nothing was.
  Autopsy Build(std::string_view fault);

 private:
  Batch batch_;
  std::vector<MissingPlayer> missing_;
  std::uint32_t missing_total_ = 0;
  std::map<std::pair<RequestState, Hop>, std::uint32_t> by_hop_;
  std::set<std::string> workers_;  // Who held requests and never reported them.
  std::map<std::pair<std::string, std::string>, FailureGroup> groups_;
};

}  // namespace tipoff
