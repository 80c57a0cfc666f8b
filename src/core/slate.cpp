#include "core/slate.h"

#include <algorithm>
#include <map>

namespace tipoff {
namespace {

std::vector<Line> DistinctLines(const std::vector<BookLine>& lines) {
  std::vector<Line> distinct;
  for (const BookLine& line : lines) distinct.push_back(line.line);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  return distinct;
}

}  // namespace

bool RuledOut(std::string_view availability) {
  return availability == "OUT" || availability == "DOUBTFUL";
}

std::vector<Line> MainLine(const std::vector<BookLine>& lines) {
  std::map<Line, int> books;
  for (const BookLine& line : lines) ++books[line.line];
  auto most = std::max_element(books.begin(), books.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;  // The first, that is the lowest, of equals is kept.
  });
  if (most == books.end()) return {};
  return {most->first};
}

std::vector<RequestSpec> SelectRequests(const Slate& slate, const SlateOptions& options) {
  std::vector<RequestSpec> requests;
  for (const SlatePlayer& player : slate.players) {
    bool plays = player.recent && player.mean_minutes >= options.min_minutes &&
                 !RuledOut(player.availability);
    if (!plays && player.lines.empty()) continue;
    RequestSpec spec;
    spec.player = player.player;
    spec.player_name = player.name;
    spec.game = player.game;
    spec.game_date = slate.game_date;
    spec.team = player.team;
    spec.opponent = player.opponent;
    spec.is_home = player.is_home;
    spec.projected_minutes = player.mean_minutes;
    spec.availability = player.availability;
    spec.lines = options.use_multiple_lines ? DistinctLines(player.lines) : MainLine(player.lines);
    requests.push_back(std::move(spec));
  }
  std::sort(requests.begin(), requests.end(), [](const RequestSpec& a, const RequestSpec& b) {
    return std::tie(a.player, a.game) < std::tie(b.player, b.game);
  });
  auto same_player = [](const RequestSpec& a, const RequestSpec& b) {
    return a.player == b.player;
  };
  requests.erase(std::unique(requests.begin(), requests.end(), same_player), requests.end());
  std::sort(requests.begin(), requests.end(), [](const RequestSpec& a, const RequestSpec& b) {
    return std::tie(a.game, a.player) < std::tie(b.game, b.player);
  });
  return requests;
}

}  // namespace tipoff
