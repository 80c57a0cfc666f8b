#include "history/import/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/panic.h"
#include "history/import/values.h"

namespace tipoff {
namespace {

struct Alias {
  std::string_view header;  // Lower case, letters, digits, % and + only.
  Field field;
};

// Of two columns for one field the one that stands higher here is taken.
constexpr Alias kAliases[] = {
    {"gameid", Field::kGameId},
    {"gamedate", Field::kDate},
    {"date", Field::kDate},
    {"gamedatetime", Field::kInstant},
    {"gametime", Field::kInstant},
    {"commencetime", Field::kInstant},
    {"gamedatetimeutc", Field::kInstant},
    {"gamedatetimeest", Field::kLocalTime},
    {"season", Field::kSeason},
    {"seasonyear", Field::kSeason},
    {"seasonid", Field::kSeason},
    {"seasontype", Field::kSeasonType},
    {"gametype", Field::kSeasonType},
    {"playerid", Field::kPlayerId},
    {"personid", Field::kPlayerId},
    {"playername", Field::kPlayerName},
    {"athletedisplayname", Field::kPlayerName},
    {"player", Field::kPlayerName},
    {"firstname", Field::kFirstName},
    {"lastname", Field::kLastName},
    {"teamabbreviation", Field::kTeam},
    {"teamabbr", Field::kTeam},
    {"team", Field::kTeam},
    {"teamdisplayname", Field::kTeamFull},
    {"teamname", Field::kTeamName},
    {"playerteamname", Field::kTeamName},
    {"teamlocation", Field::kTeamCity},
    {"playerteamcity", Field::kTeamCity},
    {"opponentteamabbreviation", Field::kOpponent},
    {"opponent", Field::kOpponent},
    {"opp", Field::kOpponent},
    {"opponentteamdisplayname", Field::kOpponentFull},
    {"opponentteamname", Field::kOpponentName},
    {"opponentteamlocation", Field::kOpponentCity},
    {"opponentteamcity", Field::kOpponentCity},
    {"matchup", Field::kMatchup},
    {"ishome", Field::kHome},
    {"homeaway", Field::kHome},
    {"home", Field::kHome},
    {"minutes", Field::kMinutes},
    {"min", Field::kMinutes},
    {"mp", Field::kMinutes},
    {"numminutes", Field::kMinutes},
    {"points", Field::kPoints},
    {"pts", Field::kPoints},
    {"rebounds", Field::kRebounds},
    {"reb", Field::kRebounds},
    {"trb", Field::kRebounds},
    {"reboundstotal", Field::kRebounds},
    {"assists", Field::kAssists},
    {"ast", Field::kAssists},
    {"steals", Field::kSteals},
    {"stl", Field::kSteals},
    {"blocks", Field::kBlocks},
    {"blk", Field::kBlocks},
    {"turnovers", Field::kTurnovers},
    {"tov", Field::kTurnovers},
    {"to", Field::kTurnovers},
    {"fgm", Field::kFgm},
    {"fg", Field::kFgm},
    {"fieldgoalsmade", Field::kFgm},
    {"fga", Field::kFga},
    {"fieldgoalsattempted", Field::kFga},
    {"fg3m", Field::kFg3m},
    {"3pm", Field::kFg3m},
    {"3p", Field::kFg3m},
    {"threesmade", Field::kFg3m},
    {"threepointersmade", Field::kFg3m},
    {"threepointfieldgoalsmade", Field::kFg3m},
    {"fg3a", Field::kFg3a},
    {"3pa", Field::kFg3a},
    {"threesattempted", Field::kFg3a},
    {"threepointersattempted", Field::kFg3a},
    {"threepointfieldgoalsattempted", Field::kFg3a},
    {"ftm", Field::kFtm},
    {"ft", Field::kFtm},
    {"freethrowsmade", Field::kFtm},
    {"fta", Field::kFta},
    {"freethrowsattempted", Field::kFta},
    {"plusminus", Field::kPlusMinus},
    {"plusminuspoints", Field::kPlusMinus},
    {"+", Field::kPlusMinus},  // "+/-"
    {"didnotplay", Field::kDidNotPlay},
    {"comment", Field::kComment},
    {"hometeam", Field::kHomeTeam},
    {"awayteam", Field::kAwayTeam},
    {"visitorteam", Field::kAwayTeam},
    {"homescore", Field::kHomeScore},
    {"awayscore", Field::kAwayScore},
    {"visitorscore", Field::kAwayScore},
    {"neutralsite", Field::kNeutralSite},
    {"game", Field::kGameText},
    {"market", Field::kMarket},
    {"line", Field::kLine},
    {"point", Field::kLine},
    {"bookmaker", Field::kBook},
    {"sportsbook", Field::kBook},
    {"book", Field::kBook},
    {"overodds", Field::kOverOdds},
    {"underodds", Field::kUnderOdds},
    {"odds", Field::kOverOdds},
    {"status", Field::kStatus},
    {"reason", Field::kReason},
    {"position", Field::kPosition},
    {"positiongroup", Field::kPositionGroup},
};

std::string Normalise(std::string_view header) {
  std::string name;
  for (char c : header) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '%' || c == '+') name += c;
  }
  return name;
}

constexpr std::string_view kReadable =
    "tipoff reads player box scores (its own columns, nba_api, Kaggle PlayerStatistics, hoopR), "
    "team game logs, schedules, player prop lines, injury lists and player positions";

Error OtherWorld(std::span<const std::string_view> header) {
  std::string_view first = header.empty() ? std::string_view() : header.front();
  if (header.size() == 1) {
    char separator = first.find(';') != std::string_view::npos    ? ';'
                     : first.find('\t') != std::string_view::npos ? '\t'
                                                                  : '\0';
    if (separator != '\0') {
      return {Errc::kInvalid, fmt::format("its columns are separated by {}: save it with commas",
                                          separator == ';' ? "semicolons" : "tabs")};
    }
  }
  std::string names;
  for (std::size_t i = 0; i < std::min<std::size_t>(header.size(), 8); ++i) {
    names += (i == 0 ? "" : ", ") + Shown(header[i]);
  }
  if (header.size() > 8) names += ", ...";
  return {Errc::kInvalid,
          fmt::format("not a file that tipoff knows: its first row is {}; {}", names, kReadable)};
}

Error Missing(ImportKind kind, std::string_view what) {
  return {Errc::kInvalid,
          fmt::format("it looks like {}, but has no column for the {}", ToString(kind), what)};
}

// Any of these groups is enough: all fields of it must be there.
bool HasAny(const Format& format, std::initializer_list<std::initializer_list<Field>> groups) {
  return std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
    return std::all_of(group.begin(), group.end(), [&](Field f) { return format.Has(f); });
  });
}

Status CheckComplete(const Format& format) {
  ImportKind kind = format.kind;
  bool dated = HasAny(format, {{Field::kDate}, {Field::kInstant}, {Field::kLocalTime}});
  if (!dated && kind != ImportKind::kPositions) return Missing(kind, "date");
  if (kind == ImportKind::kPlayerGames || kind == ImportKind::kTeamGames) {
    bool team = HasAny(format, {{Field::kTeam}, {Field::kTeamFull}, {Field::kTeamName}});
    bool opponent =
        HasAny(format, {{Field::kOpponent}, {Field::kOpponentFull}, {Field::kOpponentName}});
    bool teams = format.Has(Field::kMatchup) || (team && opponent);
    if (!teams) return Missing(kind, "teams (team and opponent, or matchup)");
  }
  if (kind == ImportKind::kPlayerGames && !format.Has(Field::kMinutes)) {
    return Missing(kind, "minutes");
  }
  if (kind == ImportKind::kLines && !format.Has(Field::kGameText)) return Missing(kind, "game");
  if (kind == ImportKind::kLines && !format.Has(Field::kBook)) return Missing(kind, "bookmaker");
  return Ok();
}

}  // namespace

std::string_view ToString(ImportKind kind) {
  switch (kind) {
    case ImportKind::kPlayerGames: return "player_games";
    case ImportKind::kTeamGames: return "team_games";
    case ImportKind::kSchedule: return "schedule";
    case ImportKind::kLines: return "lines";
    case ImportKind::kInjuries: return "injuries";
    case ImportKind::kPositions: return "positions";
  }
  Panic(__FILE__, __LINE__, "unnamed ImportKind");
}

Result<Format> Recognise(std::span<const std::string_view> header) {
  Format format;
  format.columns = header.size();
  format.column.fill(-1);
  std::vector<std::string> names;
  for (std::string_view name : header) names.push_back(Normalise(name));
  for (const Alias& alias : kAliases) {
    int& column = format.column[static_cast<std::size_t>(alias.field)];
    auto found = std::find(names.begin(), names.end(), alias.header);
    if (column < 0 && found != names.end()) column = static_cast<int>(found - names.begin());
  }
  auto named = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  bool player = HasAny(format, {{Field::kPlayerId}, {Field::kPlayerName}, {Field::kFirstName}});
  if (player && HasAny(format, {{Field::kMarket, Field::kLine}})) {
    format.kind = ImportKind::kLines;
  } else if (player && format.Has(Field::kPoints)) {
    format.kind = ImportKind::kPlayerGames;
  } else if (player && format.Has(Field::kStatus)) {
    format.kind = ImportKind::kInjuries;
  } else if (player && HasAny(format, {{Field::kPosition, Field::kSeason}})) {
    format.kind = ImportKind::kPositions;
  } else if (HasAny(format, {{Field::kHomeTeam, Field::kAwayTeam}})) {
    format.kind = ImportKind::kSchedule;
  } else if (HasAny(format, {{Field::kPoints, Field::kMatchup}})) {
    format.kind = ImportKind::kTeamGames;
  } else if (player && HasAny(format, {{Field::kMinutes, Field::kDate}})) {
    return Missing(ImportKind::kPlayerGames, "points");
  } else {
    return OtherWorld(header);
  }
  format.own = (named("team") && named("opponent") && named("ishome")) || named("hometeam") ||
               format.kind == ImportKind::kLines || format.kind == ImportKind::kPositions;
  format.espn = named("athleteid") || named("athletedisplayname");
  format.dot_is_colon = named("playerteamname");
  TIPOFF_TRY_STATUS(CheckComplete(format));
  return format;
}

}  // namespace tipoff
