// A public file of any bytes: it is read the same in pieces, its rows survive being written again,
// and every fact that is taken from it could be true.
#include <cmath>
#include <string>
#include <vector>

#include "fuzz/fuzz.h"
#include "history/import/file_parser.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr std::size_t kReasonBytesMax = 400;

using Rows = std::vector<std::vector<std::string>>;

struct Reading {
  Rows rows;
  Status status = Ok();
};

Reading ReadRows(std::string_view bytes, std::size_t piece) {
  Reading reading;
  CsvReader reader([&](std::int64_t line, std::span<const std::string_view> fields) {
    TIPOFF_CHECK(line > 0 && !fields.empty(), "a row of nothing");
    reading.rows.emplace_back(fields.begin(), fields.end());
    return Ok();
  });
  while (!bytes.empty() && reading.status.ok()) {
    reading.status = reader.Add(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (reading.status.ok()) reading.status = reader.Finish();
  return reading;
}

std::string Written(const Rows& rows) {
  std::string text;
  for (const auto& row : rows) {
    for (const std::string& field : row) {
      if (&field != &row.front()) text += ',';
      text += '"';
      for (char c : field) text += c == '"' ? "\"\"" : std::string(1, c);
      text += '"';
    }
    text += "\r\n";
  }
  return text;
}

void CheckClean(const std::string& text, std::string_view what) {
  TIPOFF_CHECK(IsCleanText(text), std::string(what) + " that can't be printed");
}

void CheckDay(Day day) {
  int year = ToCivil(day).year;
  TIPOFF_CHECK(year >= 1946 && year <= 2100, "a date that can't be: " + FormatDay(day));
}

void CheckPlayer(const PlayerId& player, const std::string& name) {
  TIPOFF_CHECK(!player.empty() || !name.empty(), "a fact about nobody");
  CheckClean(player.str(), "a player's id");
  CheckClean(name, "a player's name");
}

void CheckGame(const GameFact& game) {
  CheckDay(game.date);
  CheckClean(game.game.str(), "a game's id");
  CheckClean(game.season, "a season");
  TIPOFF_CHECK(!game.home.empty() && !game.away.empty() && game.home != game.away,
               "a game of one team");
  for (const auto& score : {game.home_score, game.away_score}) {
    TIPOFF_CHECK(!score || std::abs(*score) <= 600, "a score that can't be");
  }
}

struct FactChecker {
  void operator()(const PlayerGameFact& fact) const {
    CheckGame(fact.game);
    CheckPlayer(fact.player, fact.name);
    TIPOFF_CHECK(fact.team == fact.game.home || fact.team == fact.game.away, "a third team");
    TIPOFF_CHECK(fact.seconds >= 0 && fact.seconds <= 80 * 60, "minutes that can't be");
    TIPOFF_CHECK(fact.record.points >= 0 && fact.record.points <= 150, "points that can't be");
    for (auto member : kCounts) {
      std::int16_t count = fact.record.*member;
      bool fits = count == kAbsent || (count >= -150 && count <= 150);
      TIPOFF_CHECK(fits, "a count that can't be");
    }
  }
  void operator()(const GameFact& game) const { CheckGame(game); }
  void operator()(const LineFact& fact) const {
    CheckPlayer(fact.player, fact.name);
    CheckDay(fact.game.date);
    TIPOFF_CHECK(fact.game.home != fact.game.away, "a game of one team");
    TIPOFF_CHECK(fact.line.milli() > 0 && fact.line.milli() < 1'000'000, "a line that can't be");
    TIPOFF_CHECK(!fact.stat.empty() && !fact.book.empty(), "a line of no market or no book");
    for (const auto& odds : {fact.over_odds, fact.under_odds}) {
      TIPOFF_CHECK(!odds || std::isfinite(*odds), "odds that are no number");
    }
    auto again = Line::Parse(fact.line.str());
    TIPOFF_CHECK(again.ok() && *again == fact.line, "another line: " + fact.line.str());
  }
  void operator()(const InjuryFact& fact) const {
    CheckPlayer(fact.player, fact.name);
    CheckDay(fact.date);
    TIPOFF_CHECK(!fact.status.empty(), "an injury without a status");
    CheckClean(fact.reason, "a reason");
  }
  void operator()(const PositionFact& fact) const {
    CheckPlayer(fact.player, fact.name);
    TIPOFF_CHECK(!fact.season.empty() && !fact.position.empty(), "a position of no season");
    CheckClean(fact.position_group, "a group");
  }
  void operator()(const IgnoredRow& row) const {
    TIPOFF_CHECK(!row.why.empty(), "left out without a reason");
  }
  void operator()(const RejectedRow& row) const {
    TIPOFF_CHECK(!row.reason.empty() && row.reason.size() < kReasonBytesMax, "a reject's reason");
    CheckClean(row.reason, "a reject's reason");
  }
};

void Check(std::string_view bytes) {
  Reading whole = ReadRows(bytes, bytes.size());
  for (std::size_t piece : {std::size_t{1}, bytes.size() / 3 + 1}) {
    Reading pieces = ReadRows(bytes, piece);
    TIPOFF_CHECK(pieces.status.ok() == whole.status.ok(), "only some pieces are refused");
    TIPOFF_CHECK(!whole.status.ok() || pieces.rows == whole.rows, "pieces make other rows");
  }
  if (whole.status.ok()) {
    Reading again = ReadRows(Written(whole.rows), 4096);
    TIPOFF_CHECK(again.status.ok() && again.rows == whole.rows, "rows change by being written");
  }
  auto file = ParseFile(bytes);
  if (!file.ok()) {
    const Error& error = file.error();
    TIPOFF_CHECK(error.code == Errc::kInvalid || error.code == Errc::kCorrupt, error.message);
    TIPOFF_CHECK(IsText(error.message) && error.message.size() < 2000, "an error to be printed");
    return;
  }
  TIPOFF_CHECK(whole.status.ok(), "facts from a file that can't be read");
  for (const ParsedFile::Row& row : file->rows) std::visit(FactChecker(), row.row);
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A gzip file of so many bytes unpacks to a thousand times as many.
  if (size <= 16384) tipoff::Check(tipoff::FuzzText(data, size));
  return 0;
}
