#include "demo/league.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/panic.h"
#include "demo/calendar.h"
#include "demo/game.h"
#include "demo/market.h"
#include "demo/players.h"

namespace tipoff {
namespace {

constexpr std::uint64_t kSite = 4;
constexpr int kTrades = 32;
constexpr std::size_t kPlayersNeeded = 8;

std::string_view Code(int team) { return DemoTeamNames()[static_cast<std::size_t>(team)].code; }

// The season as it goes: day by day, game by game, until the last played day.
class Season {
 public:
  explicit Season(const DemoOptions& options)
      : options_(options),
        calendar_(MakeDemoCalendar(options.seed, options.year)),
        players_(MakeDemoPlayers(options.seed)),
        scored_(players_.size()),
        dice_(options.seed, kSite) {
    std::vector<Day> days;
    for (const DemoGame& game : calendar_) {
      if (days.empty() || days.back() != game.date) days.push_back(game.date);
    }
    TIPOFF_CHECK(
        options.unplayed_days >= 1 && options.unplayed_days < static_cast<int>(days.size()),
        "a demo season needs played and unplayed days");
    next_game_day_ = days[days.size() - static_cast<std::size_t>(options.unplayed_days)];
    deadline_ = MakeDay(options.year + 1, 2, 5).value();
  }

  DemoLeague Play() {
    DemoLeague league;
    league.next_game_day = next_game_day_;
    league.player_games =
        "game_id,game_date,season,season_type,player_id,player_name,team,opponent,is_home,minutes,"
        "points,rebounds,assists,steals,blocks,turnovers,fgm,fga,fg3m,fg3a,ftm,fta,plus_minus\n";
    league.schedule =
        "game_id,game_date,season,season_type,home_team,away_team,home_score,away_score,"
        "neutral_site\n";
    std::vector<DemoGame> next;
    for (std::size_t i = 0; i < calendar_.size(); ++i) {
      const DemoGame& game = calendar_[i];
      std::string prefix = Prefix(i);
      std::string scores = ",";
      if (game.date < next_game_day_) {
        DemoResult result = PlayGame(game);
        scores = fmt::format("{},{}", result.home_score, result.away_score);
        AppendRows(game, prefix, result, league.player_games);
      } else if (game.date == next_game_day_) {
        next.push_back(game);
      }
      league.schedule +=
          fmt::format("{},{},{},{},0\n", prefix, Code(game.home), Code(game.away), scores);
    }
    for (const DemoGame& game : next) Prepare(game);
    DemoMarket market = MakeDemoMarket(options_.seed, next, players_, scored_);
    league.lines = std::move(market.lines);
    league.injuries = std::move(market.injuries);
    return league;
  }

 private:
  // Game id, date, season and type, as both files begin.
  std::string Prefix(std::size_t game) const {
    return fmt::format("002{:02}{:05},{},{}-{:02},Regular Season", options_.year % 100, game + 1,
                       FormatDay(calendar_[game].date), options_.year, (options_.year + 1) % 100);
  }

  bool BackToBack(int team, Day date) const {
    return std::any_of(calendar_.begin(), calendar_.end(), [&](const DemoGame& game) {
      return game.date == date - 1 && (game.home == team || game.away == team);
    });
  }

  // The players of both teams live on to the day of this game.
  void Prepare(const DemoGame& game) {
    if (!traded_ && game.date >= deadline_) {
      traded_ = true;
      TradeDemoPlayers(players_, kTrades, dice_);
    }
    for (int team : {game.home, game.away}) {
      bool back_to_back = BackToBack(team, game.date);
      for (DemoPlayer& player : players_) {
        if (player.team == team) LiveOn(player, back_to_back, dice_);
      }
    }
  }

  // Those who are fit; where too few are, the ones nearest to it play.
  DemoSide SideOf(int team, Day date) const {
    DemoSide side{.back_to_back = BackToBack(team, date)};
    std::vector<const DemoPlayer*> roster;
    for (const DemoPlayer& player : players_) {
      if (player.team == team) roster.push_back(&player);
    }
    std::stable_sort(roster.begin(), roster.end(), [](const DemoPlayer* a, const DemoPlayer* b) {
      return a->games_out < b->games_out;
    });
    for (const DemoPlayer* player : roster) {
      if (player->games_out == 0 || side.available.size() < kPlayersNeeded) {
        side.available.push_back(player);
      }
    }
    return side;
  }

  DemoResult PlayGame(const DemoGame& game) {
    Prepare(game);
    return PlayDemoGame(SideOf(game.home, game.date), SideOf(game.away, game.date), dice_);
  }

  void AppendRows(const DemoGame& game, const std::string& prefix, const DemoResult& result,
                  std::string& csv) {
    for (const DemoBoxScore& line : result.lines) {
      const DemoPlayer& player = *line.player;
      scored_[static_cast<std::size_t>(line.player - players_.data())].push_back(line.points());
      csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", prefix,
                         player.id, player.name.Full(), Code(line.is_home ? game.home : game.away),
                         Code(line.is_home ? game.away : game.home), line.is_home ? 1 : 0,
                         line.minutes, line.points(), line.rebounds, line.assists, line.steals,
                         line.blocks, line.turnovers, line.fgm, line.fga, line.fg3m, line.fg3a,
                         line.ftm, line.fta, line.plus_minus);
    }
  }

  DemoOptions options_;
  std::vector<DemoGame> calendar_;
  std::vector<DemoPlayer> players_;
  std::vector<std::vector<int>> scored_;  // Points of each player's games, oldest first.
  Dice dice_;
  Day next_game_day_;
  Day deadline_;
  bool traded_ = false;
};

}  // namespace

DemoLeague MakeDemoLeague(const DemoOptions& options) { return Season(options).Play(); }

}  // namespace tipoff
