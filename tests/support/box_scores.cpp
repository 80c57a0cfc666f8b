#include "support/box_scores.h"

#include <zlib.h>

#include <array>
#include <cstdlib>
#include <string_view>

namespace tipoff {
namespace {

constexpr std::size_t kColumns = 23;

Result<std::string> ReadGzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return Error{Errc::kNotFound, path};
  std::string text;
  std::array<char, 65536> chunk;
  for (int n; (n = gzread(file, chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(n));
  }
  gzclose(file);
  return text;
}

std::int16_t Count(const std::string& cell) {
  return cell.empty() ? kAbsent : static_cast<std::int16_t>(std::atoi(cell.c_str()));
}

Result<PlayerGame> ParseRow(const std::array<std::string, kColumns>& cells) {
  TIPOFF_TRY(Day date, ParseDay(cells[1]));
  PlayerGame row{PlayerId(cells[4]), cells[5], {}};
  GameRecord& game = row.game;
  game.date = date;
  game.game = GameId(cells[0]);
  game.season = cells[2];
  game.playoffs = cells[3] == "Playoffs";
  game.team = cells[6];
  game.opponent = cells[7];
  game.is_home = cells[8] == "1";
  game.minutes = static_cast<float>(std::atof(cells[9].c_str()));
  std::array counts{&game.points,    &game.rebounds, &game.assists,   &game.steals, &game.blocks,
                    &game.turnovers, &game.fgm,      &game.fga,       &game.fg3m,   &game.fg3a,
                    &game.ftm,       &game.fta,      &game.plus_minus};
  for (std::size_t i = 0; i < counts.size(); ++i) *counts[i] = Count(cells[10 + i]);
  return row;
}

}  // namespace

Result<std::vector<PlayerGame>> ParseBoxScores(std::string_view text) {
  std::vector<PlayerGame> rows;
  for (std::size_t begin = text.find('\n') + 1; begin < text.size();) {
    std::size_t end = text.find('\n', begin);
    std::string_view line = text.substr(begin, end - begin);
    std::array<std::string, kColumns> cells;
    for (std::size_t column = 0; column < kColumns; ++column) {
      std::size_t comma = line.find(',');
      cells[column] = line.substr(0, comma);
      line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
    }
    TIPOFF_TRY(PlayerGame row, ParseRow(cells));
    rows.push_back(std::move(row));
    begin = end + 1;
  }
  return rows;
}

Result<std::vector<PlayerGame>> ReadBoxScores(const std::string& path) {
  TIPOFF_TRY(std::string text, ReadGzip(path));
  return ParseBoxScores(text);
}

}  // namespace tipoff
