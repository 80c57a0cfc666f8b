#include "history/import/file_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "history/import/values.h"

namespace tipoff {
namespace {

constexpr std::size_t kForeignTeamsShown = 4;

}  // namespace

FileParser::FileParser(OnRow on_row)
    : on_row_(std::move(on_row)),
      csv_([this](std::int64_t line, std::span<const std::string_view> fields) {
        return TakeRow(line, fields);
      }) {}

std::optional<ImportKind> FileParser::kind() const {
  if (!parser_) return std::nullopt;
  return parser_->format().kind;
}

Status FileParser::TakeRow(std::int64_t line, std::span<const std::string_view> fields) {
  if (!parser_) {
    TIPOFF_TRY(Format format, Recognise(fields));
    header_.assign(fields.begin(), fields.end());
    parser_.emplace(std::move(format));
    return Ok();
  }
  ParsedRow row = parser_->Parse(fields);
  const auto* rejected = std::get_if<RejectedRow>(&row);
  if (rejected == nullptr || rejected->foreign_team.empty()) {
    any_other_ = true;
  } else if (foreign_teams_.size() < kForeignTeamsShown &&
             std::find(foreign_teams_.begin(), foreign_teams_.end(), rejected->foreign_team) ==
                 foreign_teams_.end()) {
    foreign_teams_.push_back(rejected->foreign_team);
  }
  return on_row_(line, fields, std::move(row));
}

Status FileParser::Finish() {
  TIPOFF_TRY_STATUS(csv_.Finish());
  if (any_other_ || foreign_teams_.empty()) return Ok();
  std::string teams;
  for (const std::string& team : foreign_teams_) {
    teams += (teams.empty() ? "" : ", ") + Shown(team);
  }
  return Error{Errc::kInvalid,
               fmt::format("its teams are not the NBA's ({}): is it another league's file, such as "
                           "the WNBA's? Import the NBA's",
                           teams)};
}

Result<ParsedFile> ParseFile(std::string_view bytes) {
  ParsedFile file;
  FileParser parser([&](std::int64_t line, std::span<const std::string_view>, ParsedRow row) {
    file.rows.push_back({line, std::move(row)});
    return Ok();
  });
  TIPOFF_TRY_STATUS(parser.Add(bytes));
  TIPOFF_TRY_STATUS(parser.Finish());
  file.kind = *parser.kind();
  return file;
}

}  // namespace tipoff
