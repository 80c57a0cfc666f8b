#include "sim/checkers/publication.h"

#include <fmt/format.h>

#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "11 readers see the newest";

}  // namespace

void PublicationChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  const Batch& next = commit.next;
  auto& rows = rows_[next.id];
  if (ended_[next.id]) return;
  for (const NewRequest& request : commit.new_rows) {
    rows[request.row.ordinal].player = request.spec.player;
  }
  for (const Request& request : commit.rows) {
    rows[request.ordinal].state = request.state;
    rows[request.ordinal].predictions = request.predictions;
  }
  if (!IsTerminal(next.phase)) {
    if (next.publication != 0) Violated(kLaw, next.id.str() + " is published before its end");
    return;
  }
  ended_[next.id] = true;
  bool publishes =
      (next.phase == Phase::kSucceeded || next.phase == Phase::kPartial) && next.predictions > 0;
  if (publishes != (next.publication != 0)) {
    return Violated(
        kLaw, fmt::format("{} ends as {} with {} predictions and publication {}", next.id.str(),
                          ToString(next.phase), next.predictions, next.publication));
  }
  if (!publishes) return;
  auto& numbers = numbers_[next.slot];
  if (!numbers.empty() && numbers.rbegin()->first >= next.publication) {
    return Violated(kLaw, fmt::format("{} has publication {}, after {}", next.id.str(),
                                      next.publication, numbers.rbegin()->first));
  }
  numbers[next.publication] = next.id;
  if (numbers.size() > 1) notes_.sometimes.Saw("publication shadowed by a newer one");
  for (const auto& [ordinal, row] : rows) {
    bool skipped = row.state == RequestState::kSkipped;
    if (!skipped && row.state != RequestState::kSucceeded) continue;
    if (skipped) notes_.sometimes.Saw("published skip");
    auto predictions = static_cast<std::size_t>(skipped ? 0 : row.predictions);
    newest_[next.slot][row.player] = {row.player, next.id, next.publication, skipped, predictions};
  }
}

void PublicationChecker::OnPublishedRead(const Slot& slot, const std::vector<SeenPlayer>& seen) {
  const auto& newest = newest_[slot];
  if (seen.size() != newest.size()) {
    Violated(kLaw, fmt::format("readers of {} see {} players, {} are published",
                               FormatDay(slot.game_date), seen.size(), newest.size()));
  }
  for (const SeenPlayer& player : seen) {
    auto wanted = newest.find(player.player);
    if (wanted == newest.end()) {
      Violated(kLaw, fmt::format("{} is shown and was never published", player.player.str()));
      continue;
    }
    const SeenPlayer& right = wanted->second;
    if (player.batch != right.batch || player.publication != right.publication ||
        player.skipped != right.skipped || player.predictions != right.predictions) {
      Violated(kLaw, fmt::format("{} is shown of {} with {} predictions instead of {} with {}",
                                 player.player.str(), player.batch.str(), player.predictions,
                                 right.batch.str(), right.predictions));
    }
  }
}

}  // namespace tipoff::sim
