#include "predict/stat.h"

#include <algorithm>
#include <array>

namespace tipoff {
namespace {

// The league makes 0.47 points, 0.18 rebounds, 0.11 assists and 0.053 threes a minute.
constexpr std::array kStats{
    Stat{"points", 1, 1, &GameRecord::points}, Stat{"rebounds", 3, 1.16, &GameRecord::rebounds},
    Stat{"assists", 4, 1.25, &GameRecord::assists}, Stat{"threes", 9, 1.6, &GameRecord::fg3m}};

PlayerHistory HistoryOf(const Stat& stat, const PlayerHistory& history) {
  PlayerHistory made{history.player, {}};
  for (const GameRecord& game : history.games) {
    std::int16_t count = game.*stat.count;
    if (count == kAbsent) continue;
    GameRecord& counted = made.games.emplace_back(game);
    counted.points = static_cast<std::int16_t>(count * stat.scale);
    counted.fgm = counted.fga = counted.fg3m = counted.fg3a = counted.ftm = counted.fta = kAbsent;
  }
  return made;
}

}  // namespace

std::span<const Stat> Stats() { return kStats; }

const Stat& Points() { return kStats.front(); }

std::vector<std::string> StatNames() {
  std::vector<std::string> names;
  for (const Stat& stat : kStats) names.emplace_back(stat.name);
  return names;
}

const Stat* FindStat(std::string_view name) {
  auto found = std::find_if(kStats.begin(), kStats.end(),
                            [&](const Stat& stat) { return stat.name == name; });
  return found == kStats.end() ? nullptr : &*found;
}

StatInputs::StatInputs(const Stat& stat, std::span<const PredictionInput> inputs)
    : inputs_(inputs) {
  if (stat.name == Points().name) return;
  histories_.reserve(inputs.size());
  for (const PredictionInput& input : inputs) {
    histories_.push_back(HistoryOf(stat, *input.history));
    made_.push_back({input.request, &histories_.back(), &no_teams_});
  }
  inputs_ = made_;
}

}  // namespace tipoff
