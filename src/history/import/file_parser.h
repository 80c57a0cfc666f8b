// The bytes of one public file as facts: unpacked, split, recognised by the header, row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "history/import/csv_reader.h"
#include "history/import/row_parser.h"

namespace tipoff {

class FileParser {
 public:
  // A row after the header. `fields` are valid during the call. An error ends the reading.
  using OnRow = std::function<Status(std::int64_t line, std::span<const std::string_view> fields,
                                     ParsedRow row)>;

  explicit FileParser(OnRow on_row);

  // As CsvReader's; also kInvalid if the header is of no known format.
  Status Add(std::string_view bytes) { return csv_.Add(bytes); }
  // Also kInvalid if there were rows, and all of them were about other leagues' teams.
  Status Finish();

  // Known once the header has been read.
  const std::vector<std::string>& header() const { return header_; }
  std::optional<ImportKind> kind() const;

 private:
  Status TakeRow(std::int64_t line, std::span<const std::string_view> fields);

  OnRow on_row_;
  std::vector<std::string> header_;
  std::optional<RowParser> parser_;
  std::vector<std::string> foreign_teams_;  // The first few.
  bool any_other_ = false;                  // A row that was not about a foreign team.
  CsvReader csv_;
};

struct ParsedFile {
  struct Row {
    std::int64_t line;
    ParsedRow row;
  };
  ImportKind kind = ImportKind::kPlayerGames;
  std::vector<Row> rows;
};

// A whole file in memory: what fuzzing feeds. Touches nothing outside.
Result<ParsedFile> ParseFile(std::string_view bytes);

}  // namespace tipoff
