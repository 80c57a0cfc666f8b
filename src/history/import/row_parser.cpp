#include "history/import/row_parser.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "history/import/row_fields.h"
#include "history/import/teams.h"
#include "history/import/values.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr int kPointsMost = 150;
constexpr int kCountMost = 150;
constexpr int kScoreMost = 300;

// One row on its way to a fact of its kind.
class Row : private RowFields {
 public:
  Row(const Format& format, std::span<const std::string_view> fields)
      : RowFields(format, fields), format_(format) {}

  ParsedRow Parse();

 private:
  bool DidNotPlay() const;
  ParsedRow PlayerGame();
  void Counts(GameRecord& record);
  ParsedRow TeamGame();
  ParsedRow Schedule();
  ParsedRow PropLine();
  ParsedRow Injury();
  ParsedRow Position();
  template <class Fact>
  ParsedRow Finish(Fact fact) const;

  const Format& format_;
};

bool Row::DidNotPlay() const {
  if (ParseFlag(Text(Field::kDidNotPlay)).value_or(false)) return true;
  std::string comment = FoldText(Text(Field::kComment));
  for (std::string_view mark : {"dnp", "dnd", "nwt", "did not"}) {
    if (comment.starts_with(mark)) return true;
  }
  // Blank minutes, or none in a file that counts seconds, and nothing else happened.
  std::string_view minutes = Text(Field::kMinutes);
  auto played = ParseMinutes(minutes, format_.dot_is_colon);
  bool none = minutes.empty() || (played.ok() && played->seconds == 0 && format_.dot_is_colon);
  if (!none) return false;
  for (auto field = Field::kPoints; field <= Field::kPlusMinus;
       field = static_cast<Field>(static_cast<std::size_t>(field) + 1)) {
    auto count = ParseCount(Text(field), -1000, 1000);
    if (!count.ok() || count->value_or(0) != 0) return false;
  }
  return true;
}

template <class Fact>
ParsedRow Row::Finish(Fact fact) const {
  if (!problem().empty()) return RejectedRow{problem(), foreign_team()};
  return fact;
}

ParsedRow Row::PlayerGame() {
  PlayerGameFact fact;
  fact.game.date = Date();
  fact.game.game = Game();
  fact.game.type = Type(fact.game.game);
  if (problem().empty() && !left_out().empty()) return IgnoredRow{left_out()};
  Teams(fact.game, fact.team);
  fact.game.season = Season(fact.game.game);
  fact.player = Player();
  fact.name = PlayerName();
  if (fact.player.empty() && fact.name.empty()) Fail("the player is missing");
  if (problem().empty() && DidNotPlay()) return IgnoredRow{"did not play"};

  std::string_view minutes = Text(Field::kMinutes);
  if (minutes.empty()) Fail("minutes are missing");
  if (auto played = ParseMinutes(minutes, format_.dot_is_colon); played.ok()) {
    fact.seconds = played->seconds;
    fact.whole_minutes = played->whole_minutes;
  } else {
    Fail(played.error().message);
  }
  std::optional<int> points = Count(Field::kPoints, 0, kPointsMost);
  if (!points) Fail("points are missing");
  fact.record.points = static_cast<std::int16_t>(points.value_or(0));
  Counts(fact.record);
  return Finish(std::move(fact));
}

void Row::Counts(GameRecord& record) {
  auto field = Field::kRebounds;
  for (auto member : kCounts) {
    int least = field == Field::kPlusMinus ? -kCountMost : 0;
    if (auto count = Count(field, least, kCountMost)) {
      record.*member = static_cast<std::int16_t>(*count);
    }
    field = static_cast<Field>(static_cast<std::size_t>(field) + 1);
  }
  auto exceeds = [](int made, int attempted) { return attempted != kAbsent && made > attempted; };
  if (exceeds(record.fgm, record.fga) || exceeds(record.fg3m, record.fg3a) ||
      exceeds(record.ftm, record.fta)) {
    Fail("more shots made than attempted");
  }
}

ParsedRow Row::TeamGame() {
  GameFact game;
  std::string team;
  game.date = Date();
  game.game = Game();
  game.type = Type(game.game);
  if (problem().empty() && !left_out().empty()) return IgnoredRow{left_out()};
  Teams(game, team);
  game.season = Season(game.game);
  game.scheduled = true;
  if (game.home_by == HomeBy::kItself) game.home_by = HomeBy::kScheduled;
  std::optional<int> points = Count(Field::kPoints, 0, kScoreMost);
  std::optional<int> margin = Count(Field::kPlusMinus, -kScoreMost, kScoreMost);
  std::optional<int> other;
  if (points && margin) other = *points - *margin;
  game.home_score = team == game.home ? points : other;
  game.away_score = team == game.home ? other : points;
  return Finish(std::move(game));
}

ParsedRow Row::Schedule() {
  GameFact game;
  game.date = Date();
  game.game = Game();
  game.type = Type(game.game);
  if (problem().empty() && !left_out().empty()) return IgnoredRow{left_out()};
  game.home = Team(Text(Field::kHomeTeam));
  game.away = Team(Text(Field::kAwayTeam));
  if (game.home == game.away) Fail(game.home + " can't play against itself");
  game.season = Season(game.game);
  game.home_by = HomeBy::kScheduled;
  game.scheduled = true;
  game.neutral_site = ParseFlag(Text(Field::kNeutralSite));
  game.home_score = Count(Field::kHomeScore, 0, kScoreMost);
  game.away_score = Count(Field::kAwayScore, 0, kScoreMost);
  return Finish(std::move(game));
}

ParsedRow Row::PropLine() {
  LineFact fact;
  fact.player = Player();
  fact.name = PlayerName();
  if (fact.player.empty() && fact.name.empty()) Fail("the player is missing");
  fact.game.date = Date();
  std::string_view game = Text(Field::kGameText);
  std::size_t at = game.find('@');
  if (at == std::string_view::npos) {
    Fail(fmt::format("{} is not a game: Away @ Home", Shown(game)));
    return Finish(std::move(fact));
  }
  fact.game.away = Team(Trimmed(game.substr(0, at)));
  fact.game.home = Team(Trimmed(game.substr(at + 1)));
  if (fact.game.home == fact.game.away) Fail(fact.game.home + " can't play against itself");
  fact.game.home_by = HomeBy::kOtherTeam;  // Bookmakers err about neutral sites.
  std::string_view market = Text(Field::kMarket);
  if (market.empty()) Fail("the market is missing");
  fact.stat = market.starts_with("player_") ? market.substr(7) : market;
  fact.book = Text(Field::kBook);
  if (fact.book.empty()) Fail("the bookmaker is missing");
  auto line = Line::Parse(Text(Field::kLine));
  if (line.ok()) {
    fact.line = *line;
  } else {
    Fail(Text(Field::kLine).empty() ? "the line is missing"
                                    : Shown(Text(Field::kLine)) + " is not a line such as 24.5");
  }
  fact.over_odds = Odds(Field::kOverOdds);
  fact.under_odds = Odds(Field::kUnderOdds);
  return Finish(std::move(fact));
}

ParsedRow Row::Injury() {
  InjuryFact fact;
  fact.player = Player();
  fact.name = PlayerName();
  if (fact.player.empty() && fact.name.empty()) Fail("the player is missing");
  fact.date = Date();
  std::string_view team = Text(Field::kTeam);
  fact.team = FindNbaTeam(team).value_or(IsTeamCode(team) ? std::string(team) : "");
  for (char c : Text(Field::kStatus)) {
    fact.status += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (fact.status.empty()) Fail("the status is missing");
  fact.reason = Text(Field::kReason);
  return Finish(std::move(fact));
}

ParsedRow Row::Position() {
  PositionFact fact;
  fact.player = Player();
  fact.name = PlayerName();
  if (fact.player.empty() && fact.name.empty()) Fail("the player is missing");
  fact.season = Season(GameId());
  if (fact.season.empty()) Fail("the season is missing");
  fact.position = Text(Field::kPosition);
  if (fact.position.empty()) Fail("the position is missing");
  fact.position_group = Text(Field::kPositionGroup);
  if (fact.position_group.empty()) {
    fact.position_group = fact.position.substr(0, Utf8CharacterSize(fact.position));
  }
  return Finish(std::move(fact));
}

ParsedRow Row::Parse() {
  if (!CheckShape()) return RejectedRow{problem(), ""};
  switch (format_.kind) {
    case ImportKind::kPlayerGames: return PlayerGame();
    case ImportKind::kTeamGames: return TeamGame();
    case ImportKind::kSchedule: return Schedule();
    case ImportKind::kLines: return PropLine();
    case ImportKind::kInjuries: return Injury();
    case ImportKind::kPositions: return Position();
  }
  return RejectedRow{"unknown kind of file", ""};
}

}  // namespace

ParsedRow RowParser::Parse(std::span<const std::string_view> fields) const {
  return Row(format_, fields).Parse();
}

}  // namespace tipoff
