#include "history/slate_builder.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace tipoff {
namespace {

constexpr int kTeamGamesRecent = 10;
constexpr int kMinutesGames = 7;
constexpr int kSeasonStartDays = 14;
constexpr int kCompletenessDays = 7;
constexpr std::size_t kSlatesAtATime = 32;

// The last games of one player, as far as slates ask.
struct PlayerState {
  std::string team;
  int team_game = 0;  // Ordinal of his last game among those of `team`.
  std::string season;
  std::array<float, kMinutesGames> minutes{};
  std::size_t games = 0;

  void Played(float minutes_played) { minutes[games++ % kMinutesGames] = minutes_played; }
  double MeanMinutes() const {
    std::size_t count = std::min<std::size_t>(games, kMinutesGames);
    double sum = 0;  // Oldest first, so that the sum does not depend on where the ring begins.
    for (std::size_t i = games - count; i < games; ++i) sum += minutes[i % kMinutesGames];
    return count == 0 ? 0 : sum / static_cast<double>(count);
  }
};

struct TeamState {
  int games = 0;
  std::set<PlayerId> players;  // Whose latest team it is.
};

// What is known about one date before its games.
struct DateView {
  std::vector<const ViewGame*> games;
  std::vector<const ViewAppearance*> appearances;
  std::map<PlayerId, std::vector<const ViewLine*>> lines;  // By book and line.
  std::map<PlayerId, const ViewInjury*> injuries;
  int games_with_rows = 0;
};

class Sweep {
 public:
  explicit Sweep(const SlateView& view);
  Status Run(Day from, Instant as_of, const SlateSink& sink);

 private:
  void LearnSeasons(const SlateView& view);
  Slate Build(Day date, const DateView& known) const;
  void AddTeam(Slate& slate, const DateView& known, const ViewGame& game, bool home) const;
  void AddLineOnly(Slate& slate, const DateView& known, const PlayerId& player) const;
  SlatePlayer Describe(const PlayerId& player, const DateView& known, const ViewGame& game) const;
  bool IsRecent(const PlayerState& player, const TeamState& team, const ViewGame& game) const;
  void CountCompleteness(Day date, Slate& slate) const;
  void Apply(const DateView& known);

  const SlateView& view_;
  std::map<Day, DateView> dates_;
  std::unordered_map<GameId, const ViewGame*> games_;
  std::unordered_map<std::string, Day> season_starts_;
  std::unordered_map<std::string, std::string> season_before_;
  std::unordered_map<PlayerId, PlayerState> players_;
  std::unordered_map<std::string, TeamState> teams_;
};

Sweep::Sweep(const SlateView& view) : view_(view) {
  for (const ViewGame& game : view.games) {
    dates_[game.date].games.push_back(&game);
    games_[game.game] = &game;
  }
  for (const ViewAppearance& row : view.appearances) {
    dates_[row.date].appearances.push_back(&row);
  }
  for (const ViewLine& line : view.lines) dates_[line.date].lines[line.player].push_back(&line);
  for (const ViewInjury& injury : view.injuries) {
    dates_[injury.date].injuries[injury.player] = &injury;
  }
  for (auto& [date, known] : dates_) {
    std::sort(known.games.begin(), known.games.end(),
              [](const auto* a, const auto* b) { return a->game < b->game; });
    std::sort(known.appearances.begin(), known.appearances.end(), [](const auto* a, const auto* b) {
      return std::tie(a->game, a->team, a->player) < std::tie(b->game, b->team, b->player);
    });
    for (auto& [player, lines] : known.lines) {
      std::sort(lines.begin(), lines.end(), [](const ViewLine* a, const ViewLine* b) {
        return std::tie(a->line.book, a->line.line, a->game) <
               std::tie(b->line.book, b->line.line, b->game);
      });
    }
    std::set<GameId> with_rows;
    for (const ViewAppearance* row : known.appearances) with_rows.insert(row->game);
    for (const ViewGame* game : known.games) {
      known.games_with_rows += with_rows.contains(game->game) ? 1 : 0;
    }
  }
  LearnSeasons(view);
}

void Sweep::LearnSeasons(const SlateView& view) {
  for (const ViewGame& game : view.games) {
    auto [entry, inserted] = season_starts_.try_emplace(game.season, game.date);
    entry->second = std::min(entry->second, game.date);
  }
  std::vector<std::pair<Day, std::string>> order;
  for (const auto& [season, start] : season_starts_) order.emplace_back(start, season);
  std::sort(order.begin(), order.end());
  for (std::size_t i = 1; i < order.size(); ++i) {
    season_before_[order[i].second] = order[i - 1].second;
  }
}

Status Sweep::Run(Day from, Instant as_of, const SlateSink& sink) {
  std::vector<Slate> slates;
  for (const auto& [date, known] : dates_) {
    if (date >= from && !known.games.empty()) {
      slates.push_back(Build(date, known));
      slates.back().as_of = as_of;
      if (slates.size() == kSlatesAtATime) {
        TIPOFF_TRY_STATUS(sink(std::exchange(slates, {})));
      }
    }
    Apply(known);
  }
  return slates.empty() ? Ok() : sink(std::move(slates));
}

Slate Sweep::Build(Day date, const DateView& known) const {
  Slate slate;
  slate.game_date = date;
  for (const ViewGame* game : known.games) {
    slate.games.push_back({game->game, game->home, game->away, game->neutral_site});
    AddTeam(slate, known, *game, true);
    AddTeam(slate, known, *game, false);
  }
  std::set<PlayerId> listed;
  for (const SlatePlayer& player : slate.players) listed.insert(player.player);
  for (const auto& [player, lines] : known.lines) {
    if (!listed.contains(player)) AddLineOnly(slate, known, player);
  }
  std::sort(slate.players.begin(), slate.players.end(),
            [](const SlatePlayer& a, const SlatePlayer& b) {
              return std::tie(a.game, a.player) < std::tie(b.game, b.player);
            });
  CountCompleteness(date, slate);
  return slate;
}

void Sweep::AddTeam(Slate& slate, const DateView& known, const ViewGame& game, bool home) const {
  const std::string& name = home ? game.home : game.away;
  auto team = teams_.find(name);
  if (team == teams_.end()) return;
  for (const PlayerId& id : team->second.players) {
    if (!IsRecent(players_.at(id), team->second, game)) continue;
    SlatePlayer player = Describe(id, known, game);
    player.team = name;
    player.opponent = home ? game.away : game.home;
    player.is_home = home;
    slate.players.push_back(std::move(player));
  }
}

void Sweep::AddLineOnly(Slate& slate, const DateView& known, const PlayerId& id) const {
  std::string team;
  if (auto state = players_.find(id); state != players_.end()) team = state->second.team;
  const GameId& line_game = known.lines.at(id).front()->game;
  const ViewGame* his = nullptr;
  const ViewGame* named = nullptr;
  for (const ViewGame* game : known.games) {
    if (!team.empty() && (game->home == team || game->away == team)) his = game;
    if (game->game == line_game) named = game;
  }
  if (his == nullptr && named == nullptr) return;
  SlatePlayer player = Describe(id, known, his != nullptr ? *his : *named);
  player.recent = false;
  if (his != nullptr) {
    player.team = team;
    player.is_home = his->home == team;
    player.opponent = player.is_home ? his->away : his->home;
  }
  slate.players.push_back(std::move(player));
}

SlatePlayer Sweep::Describe(const PlayerId& id, const DateView& known, const ViewGame& game) const {
  SlatePlayer player;
  player.player = id;
  auto name = view_.names.find(id);
  player.name = name == view_.names.end() ? id.str() : name->second;
  player.game = game.game;
  if (auto state = players_.find(id); state != players_.end()) {
    player.mean_minutes = state->second.MeanMinutes();
  }
  if (auto injury = known.injuries.find(id); injury != known.injuries.end()) {
    player.availability = injury->second->status;
  }
  if (auto lines = known.lines.find(id); lines != known.lines.end()) {
    for (const ViewLine* line : lines->second) player.lines.push_back(line->line);
  }
  return player;
}

bool Sweep::IsRecent(const PlayerState& player, const TeamState& team, const ViewGame& game) const {
  if (player.team_game >= team.games - kTeamGamesRecent) return true;
  if (game.date - season_starts_.at(game.season) >= kSeasonStartDays) return false;
  auto before = season_before_.find(game.season);
  return player.season == game.season ||
         (before != season_before_.end() && player.season == before->second);
}

void Sweep::CountCompleteness(Day date, Slate& slate) const {
  auto end = dates_.find(date);
  for (auto day = dates_.lower_bound(date - kCompletenessDays); day != end; ++day) {
    slate.recent_games += static_cast<int>(day->second.games.size());
    slate.recent_games_with_rows += day->second.games_with_rows;
  }
}

void Sweep::Apply(const DateView& known) {
  const ViewAppearance* last = nullptr;
  for (const ViewAppearance* row : known.appearances) {
    TeamState& team = teams_[row->team];
    if (last == nullptr || last->game != row->game || last->team != row->team) ++team.games;
    last = row;
    PlayerState& player = players_[row->player];
    if (player.team != row->team) {
      if (player.games > 0) teams_[player.team].players.erase(row->player);
      teams_[row->team].players.insert(row->player);
      player.team = row->team;
    }
    player.team_game = team.games - 1;
    auto game = games_.find(row->game);
    player.season = game == games_.end() ? "" : game->second->season;
    player.Played(row->minutes);
  }
}

}  // namespace

Status BuildSlates(const SlateView& view, Day from, Instant as_of, const SlateSink& sink) {
  return Sweep(view).Run(from, as_of, sink);
}

}  // namespace tipoff
