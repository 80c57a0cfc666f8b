// Which public file format a header row belongs to. Recognised by its columns, never by the file's
// name. Pure.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

// What a row of the file is about.
enum class ImportKind {
  kPlayerGames,
  kTeamGames,
  kSchedule,
  kLines,
  kInjuries,
  kPositions
};
// "player_games", "team_games", "schedule", "lines", "injuries", "positions".
std::string_view ToString(ImportKind kind);

enum class Field : std::size_t {
  kGameId,
  kDate,
  kInstant,    // With a zone.
  kLocalTime,  // New York's time, whatever zone the text claims.
  kSeason,
  kSeasonType,
  kPlayerId,
  kPlayerName,
  kFirstName,
  kLastName,
  kTeam,  // A code.
  kTeamFull,
  kTeamName,  // A nickname, or the full name.
  kTeamCity,
  kOpponent,
  kOpponentFull,
  kOpponentName,
  kOpponentCity,
  kMatchup,
  kHome,
  kMinutes,
  kPoints,
  kRebounds,  // From here to kPlusMinus in the order of kCounts.
  kAssists,
  kSteals,
  kBlocks,
  kTurnovers,
  kFgm,
  kFga,
  kFg3m,
  kFg3a,
  kFtm,
  kFta,
  kPlusMinus,
  kDidNotPlay,
  kComment,
  kHomeTeam,
  kAwayTeam,
  kHomeScore,
  kAwayScore,
  kNeutralSite,
  kGameText,  // "New York Knicks @ Boston Celtics"
  kMarket,
  kLine,
  kBook,
  kOverOdds,
  kUnderOdds,
  kStatus,
  kReason,
  kPosition,
  kPositionGroup,
  kEnd,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::kEnd);

struct Format {
  ImportKind kind = ImportKind::kPlayerGames;
  std::size_t columns = 0;
  std::array<int, kFields> column{};  // Where each field stands; -1: nowhere.
  bool own = false;                   // tipoff's own columns: any league, ids as given.
  bool espn = false;                  // ESPN numbers players and games in its own way.
  bool dot_is_colon = false;          // Minutes 26.05 are 26:05.

  bool Has(Field field) const { return column[static_cast<std::size_t>(field)] >= 0; }
};

// kInvalid says what is missing, or what tipoff reads if the header is of another world.
Result<Format> Recognise(std::span<const std::string_view> header);

}  // namespace tipoff
