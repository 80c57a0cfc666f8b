#include "history/import/row_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "history/import/teams.h"
#include "history/import/values.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr std::size_t kFieldBytesMost = 1000;
constexpr std::size_t kIdBytesMost = 64;
constexpr std::size_t kNameBytesMost = 100;

// A number that went through a spreadsheet: "201143.0".
std::string_view WithoutDecimals(std::string_view text) {
  if (text.ends_with(".0") && IsDigits(text.substr(0, text.size() - 2))) text.remove_suffix(2);
  return text;
}

// "Regular Season", "Playoffs" or "Play-In", or why such games do not count.
struct TypeOfGame {
  std::string type;
  std::string left_out;
};

TypeOfGame TypeFromText(std::string_view text) {
  std::string folded = FoldText(text);
  auto has = [&](std::string_view part) { return folded.find(part) != std::string::npos; };
  if (has("pre") || folded == "1") return {"", "preseason game"};
  if (has("all star")) return {"", "All-Star game"};
  if (has("play in") || has("playin") || folded == "5") return {"Play-In", ""};
  if (has("playoff") || has("post") || folded == "3") return {"Playoffs", ""};
  if (has("regular") || has("cup") || folded == "2") return {"Regular Season", ""};
  return {};
}

// The third digit of the league's ids says what the game counts for.
TypeOfGame TypeFromId(const GameId& id) {
  const std::string& text = id.str();
  if (text.size() != 10 || !text.starts_with("00") || !IsDigits(text)) return {};
  switch (text[2]) {
    case '1': return {"", "preseason game"};
    case '2': return {"Regular Season", ""};
    case '3': return {"", "All-Star game"};
    case '4': return {"Playoffs", ""};
    case '5': return {"Play-In", ""};
    case '6': return {"", "Cup final, which does not count"};
    default: return {};
  }
}

std::string NameOf(Field field) {
  switch (field) {
    case Field::kMinutes: return "minutes";
    case Field::kPoints: return "points";
    case Field::kRebounds: return "rebounds";
    case Field::kAssists: return "assists";
    case Field::kSteals: return "steals";
    case Field::kBlocks: return "blocks";
    case Field::kTurnovers: return "turnovers";
    case Field::kFgm: return "field goals made";
    case Field::kFga: return "field goals attempted";
    case Field::kFg3m: return "threes made";
    case Field::kFg3a: return "threes attempted";
    case Field::kFtm: return "free throws made";
    case Field::kFta: return "free throws attempted";
    case Field::kPlusMinus: return "plus-minus";
    case Field::kHomeScore: return "home score";
    case Field::kAwayScore: return "away score";
    case Field::kOverOdds:
    case Field::kUnderOdds: return "odds";
    default: return "field";
  }
}

}  // namespace

std::string_view RowFields::Text(Field field) const {
  int column = format_.column[static_cast<std::size_t>(field)];
  if (column < 0 || static_cast<std::size_t>(column) >= fields_.size()) return {};
  std::string_view text = Trimmed(fields_[static_cast<std::size_t>(column)]);
  return IsBlank(text) ? std::string_view() : text;
}

void RowFields::Fail(std::string reason) {
  if (problem_.empty()) problem_ = std::move(reason);
}

bool RowFields::CheckShape() {
  if (fields_.size() != format_.columns) {
    Fail(fmt::format("{} fields instead of {}", fields_.size(), format_.columns));
    return false;
  }
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].size() > kFieldBytesMost) {
      Fail(fmt::format("field {} is {} bytes long", i + 1, fields_[i].size()));
    } else if (!IsText(fields_[i])) {
      Fail(fmt::format("field {} is not UTF-8 text: {}", i + 1, Shown(fields_[i])));
    }
  }
  for (int column : format_.column) {
    if (!problem_.empty()) break;
    if (column < 0) continue;
    std::string_view text = fields_[static_cast<std::size_t>(column)];
    if (!IsCleanText(text)) Fail(fmt::format("field {} holds line breaks", column + 1));
  }
  return problem_.empty();
}

Day RowFields::Date() {
  for (Field field : {Field::kInstant, Field::kDate, Field::kLocalTime}) {
    if (field == Field::kInstant && format_.kind == ImportKind::kInjuries) continue;  // "07:30"
    std::string_view text = Text(field);
    if (text.empty()) continue;
    auto day = ParseGameDay(text, field == Field::kLocalTime);
    if (day.ok()) return *day;
    Fail(day.error().message);
    return {};
  }
  Fail("the date is missing");
  return {};
}

std::string RowFields::Season(const GameId& game) {
  std::string_view text = Text(Field::kSeason);
  if (format_.espn) {  // ESPN names a season by the year in which it ends.
    int year = 0;
    std::from_chars(text.data(), text.data() + text.size(), year);
    return year > 1946 && year < 2101 ? fmt::format("{}-{:02}", year - 1, year % 100) : "";
  }
  if (auto season = ParseSeason(text)) return *season;
  if (format_.own && text.size() <= 20) return std::string(text);
  // 0022400061 is a game of the season that began in 2024.
  const std::string& id = game.str();
  if (id.size() == 10 && id.starts_with("00") && IsDigits(id)) {
    std::string century = id[3] >= '4' ? "19" : "20";
    return ParseSeason("2" + century + id.substr(3, 2)).value_or("");
  }
  return "";
}

std::string RowFields::Type(const GameId& game) {
  TypeOfGame by_id = TypeFromId(game), told = TypeFromText(Text(Field::kSeasonType));
  left_out_ = by_id.left_out.empty() ? told.left_out : by_id.left_out;
  return told.type.empty() ? by_id.type : told.type;
}

// tipoff's own columns may hold any league.
bool RowFields::IsNba() const {
  if (!format_.own) return true;
  return FindNbaTeam(Text(Field::kTeam)) || FindNbaTeam(Text(Field::kHomeTeam));
}

GameId RowFields::Game() {
  if (format_.espn) return {};
  std::string_view text = WithoutDecimals(Text(Field::kGameId));
  if (text.size() > kIdBytesMost) {
    Fail("the game id is too long");
    return {};
  }
  // A spreadsheet takes the leading zeros away.
  bool shortened = text.size() == 8 && IsDigits(text) && text[0] >= '1' && text[0] <= '6';
  if (shortened && IsNba()) {
    return GameId("00" + std::string(text));
  }
  if (!format_.own && text.size() == 10 && IsDigits(text) && !text.starts_with("00")) {
    Fail(fmt::format("game id {} is of another league than the NBA", Shown(text)));
  }
  return GameId(std::string(text));
}

std::string RowFields::PlayerName() {
  std::string name(Text(Field::kPlayerName));
  if (name.empty()) {
    name = Text(Field::kFirstName);
    std::string_view last = Text(Field::kLastName);
    if (!name.empty() && !last.empty()) name += ' ';
    name += last;
  }
  if (name.size() > kNameBytesMost) Fail("the player's name is too long");
  return FirstNameFirst(name);
}

PlayerId RowFields::Player() {
  std::string_view text = WithoutDecimals(Text(Field::kPlayerId));
  if (format_.espn || text == "0") return {};
  if (text.size() > kIdBytesMost) Fail("the player's id is too long");
  return PlayerId(std::string(text));
}

std::string RowFields::Team(std::string_view text) {
  if (format_.own && IsTeamCode(text)) return std::string(text);
  if (auto team = FindNbaTeam(text)) return *team;
  if (text.empty()) {
    Fail("the team is missing");
  } else if (problem_.empty()) {
    foreign_team_ = text;
    Fail(fmt::format("{} is not an NBA team", Shown(text)));
  }
  return {};
}

std::string RowFields::Team(Field full, Field name, Field city, Field code) {
  // Codes of other leagues' teams are the same (MIN, NY): where there are names, they decide.
  if (std::string_view text = Text(full); !text.empty()) return Team(text);
  std::string_view nickname = Text(name), town = Text(city);
  if (!nickname.empty() && !town.empty()) {
    return Team(std::string(town) + ' ' + std::string(nickname));
  }
  if (!nickname.empty()) return Team(nickname);
  return Team(Text(code));
}

// Fills the game's sides from the matchup, or from team, opponent and home or away.
void RowFields::Teams(GameFact& game, std::string& team) {
  bool has_team =
      format_.Has(Field::kTeam) || format_.Has(Field::kTeamFull) || format_.Has(Field::kTeamName);
  if (has_team) {
    team = Team(Field::kTeamFull, Field::kTeamName, Field::kTeamCity, Field::kTeam);
  }
  std::string opponent;
  std::optional<bool> home;
  if (std::string_view matchup = Text(Field::kMatchup); !matchup.empty()) {
    std::size_t at = matchup.find('@'), versus = matchup.find(" vs");
    std::size_t mark = std::min(at, versus);
    if (mark == std::string_view::npos) return Fail(Shown(matchup) + " is not a matchup");
    std::string_view rest = matchup.substr(mark + (mark == at ? 1 : 3));
    if (mark == versus && rest.starts_with('.')) rest.remove_prefix(1);
    std::string left = Team(Trimmed(matchup.substr(0, mark))), right = Team(Trimmed(rest));
    if (team.empty()) team = left;
    if (team != left && team != right) return Fail(team + " is not in " + Shown(matchup));
    opponent = team == left ? right : left;
    home = (team == left) == (mark == versus);
  } else {
    opponent =
        Team(Field::kOpponentFull, Field::kOpponentName, Field::kOpponentCity, Field::kOpponent);
    home = ParseFlag(Text(Field::kHome));
    if (!home && !Text(Field::kHome).empty()) {
      return Fail(Shown(Text(Field::kHome)) + " is neither home nor away");
    }
  }
  if (team == opponent) return Fail(team + " can't play against itself");
  bool at_home = home ? *home : team > opponent;
  game.home = at_home ? team : opponent;
  game.away = at_home ? opponent : team;
  game.home_by = !home ? HomeBy::kNobody : at_home ? HomeBy::kItself : HomeBy::kOtherTeam;
}

std::optional<int> RowFields::Count(Field field, int least, int most) {
  auto count = ParseCount(Text(field), least, most);
  if (count.ok()) return *count;
  Fail(NameOf(field) + ": " + count.error().message);
  return std::nullopt;
}

std::optional<double> RowFields::Odds(Field field) {
  std::string_view text = Text(field);
  if (text.empty()) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double odds = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), odds);
  if (problem == std::errc() && end == text.data() + text.size() && std::isfinite(odds)) {
    return odds;
  }
  Fail(Shown(text) + " is not a number of odds");
  return std::nullopt;
}

}  // namespace tipoff
