#include "core/autopsy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/failure.h"
#include "core/limits.h"

namespace tipoff {
namespace {

constexpr std::array<std::string_view, kHops> kHopNames{"recorded", "published", "leased", "staged",
                                                        "reported"};
// Different failures that are told apart; a batch has no more kinds of them than that, or
// normalising has failed.
constexpr std::size_t kGroupsKept = 1000;
// Workers named in a sentence.
constexpr std::size_t kWorkersNamed = 3;

std::string Requests(std::uint32_t n) { return fmt::format("{} request{}", n, n == 1 ? "" : "s"); }

std::string WorkersText(const std::set<std::string>& workers) {
  std::vector<std::string> named(workers.begin(), workers.end());
  std::size_t more = named.size() > kWorkersNamed ? named.size() - kWorkersNamed : 0;
  named.resize(named.size() - more);
  std::string text = fmt::format("{}", fmt::join(named, ", "));
  if (more > 0) text += fmt::format(" and {} more", more);
  return text;
}

std::string HopSentence(RequestState state, Hop hop, std::uint32_t n,
                        const std::set<std::string>& workers) {
  if (state == RequestState::kFailed) return fmt::format("{} failed", Requests(n));
  std::string what = fmt::format("{} {}", Requests(n), ToString(state));
  switch (hop) {
    case Hop::kRecorded: return what + ": no publish of them was ever confirmed";
    case Hop::kPublished: return what + ": published, and no worker reported to have them";
    case Hop::kLeased:
      return what + (workers.empty()
                         ? ": held by a worker, and never reported"
                         : fmt::format(": held by {}, and never reported", WorkersText(workers)));
    case Hop::kStaged: return what + ": predicted, but the report never came";
    case Hop::kReported: return what + ": reported after the end";
  }
  return what;
}

// Retry takes what failed, expired or was not delivered, and of a poisoned run what its end
// cancelled. Where an operator's end cancelled requests it leaves those out, so the day is started
// again.
std::string MakeUpFor(const Batch& batch) {
  if (batch.reason == Reason::kSuperseded) return "";
  const std::string& id = batch.id.str();
  std::uint32_t retried = batch.counts[RequestState::kFailed] +
                          batch.counts[RequestState::kExpired] +
                          batch.counts[RequestState::kUndelivered];
  bool all = batch.counts[RequestState::kCancelled] == 0 || batch.reason == Reason::kPoisonedRun;
  if (all && retried > 0) return fmt::format("tipoff batch retry {}", id);
  if (!all) return fmt::format("tipoff batch restart {}", id);
  return "";
}

}  // namespace

std::string_view ToString(Hop hop) { return kHopNames[static_cast<std::size_t>(hop)]; }

Hop LastHop(const Request& row, bool staged) {
  if (!row.hops.reported.never() || !row.late_at.never()) return Hop::kReported;
  if (staged) return Hop::kStaged;
  if (!row.hops.leased.never()) return Hop::kLeased;
  return row.hops.published.never() ? Hop::kRecorded : Hop::kPublished;
}

void AutopsyBuilder::Add(const Request& row, const std::string& player_name, bool staged) {
  RequestState state = StateUnder(batch_, row);
  if (state == RequestState::kSucceeded || state == RequestState::kSkipped) return;
  Hop hop = LastHop(row, staged);
  ++missing_total_;
  ++by_hop_[{state, hop}];
  if (hop == Hop::kLeased && !row.worker.empty() && workers_.size() < kGroupsKept) {
    workers_.insert(row.worker);
  }
  if (missing_.size() < Autopsy::kMissingMax) {
    missing_.push_back({row.ordinal, row.player, player_name, state, hop, row.reason, row.worker});
  }
  if (row.reason.empty()) return;
  std::array<std::string_view, 2> names{row.player.str(), player_name};
  std::pair key{NormaliseError(row.reason, names), row.worker_version};
  if (groups_.size() >= kGroupsKept && !groups_.contains(key)) return;
  FailureGroup& group = groups_[key];
  if (group.count++ == 0) {
    group.error = key.first;
    group.worker_version = key.second;
    group.example = row.reason;
  }
  if (group.players.size() < Autopsy::kGroupPlayersMax) {
    group.players.push_back(player_name.empty() ? row.player.str() : player_name);
  }
}

Autopsy AutopsyBuilder::Build(std::string_view fault) {
  Autopsy autopsy{.batch = batch_.id,
                  .at = batch_.terminal_at,
                  .phase = batch_.phase,
                  .reason = batch_.reason,
                  .causes = {fmt::format("{} ({}): {}", ToString(batch_.phase),
                                         ToString(batch_.reason), batch_.message)},
                  .missing = std::move(missing_),
                  .missing_total = missing_total_,
                  .failures = {},
                  .next_command = MakeUpFor(batch_)};
  std::sort(autopsy.missing.begin(), autopsy.missing.end(),
            [](const auto& a, const auto& b) { return a.ordinal < b.ordinal; });
  for (const auto& [where, n] : by_hop_) {
    autopsy.causes.push_back(HopSentence(where.first, where.second, n, workers_));
  }
  for (auto& [key, group] : groups_) autopsy.failures.push_back(std::move(group));
  std::stable_sort(autopsy.failures.begin(), autopsy.failures.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  if (autopsy.failures.size() > Autopsy::kGroupsMax) {
    autopsy.failures.resize(Autopsy::kGroupsMax);
  }
  for (const FailureGroup& group : autopsy.failures) {
    std::string version = group.worker_version.empty()
                              ? ""
                              : fmt::format(" on worker version {}", group.worker_version);
    autopsy.causes.push_back(
        fmt::format("{} of them{}: '{}'", group.count, version, group.example));
  }
  if (!fault.empty()) autopsy.causes.emplace_back(fault);
  return autopsy;
}

}  // namespace tipoff
