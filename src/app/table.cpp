#include "app/table.h"

#include <algorithm>

#include "base/panic.h"

namespace tipoff {
namespace {

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;  // Not a continuation byte.
  }));
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (std::string& header : headers_) {
    right_.push_back(header.starts_with('>'));
    if (right_.back()) header.erase(0, 1);
  }
}

void TextTable::Row(std::vector<std::string> cells) {
  TIPOFF_CHECK(cells.size() == headers_.size(), "a table row with another number of cells");
  rows_.push_back(std::move(cells));
}

std::string TextTable::Text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < headers_.size(); ++c) {
    std::size_t widest = Width(headers_[c]);
    for (const auto& row : rows_) widest = std::max(widest, Width(row[c]));
    widths.push_back(widest);
  }
  std::string out;
  auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += "  ";
      std::string padding(widths[c] - Width(cells[c]), ' ');
      line += right_[c] ? padding + cells[c] : cells[c] + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  print(headers_);
  for (const auto& row : rows_) print(row);
  return out;
}

std::string TextTable::Csv() const {
  std::string out;
  auto print = [&](const std::vector<std::string>& cells) {
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) out += ',';
      out += CsvField(cells[c]);
    }
    out += '\n';
  };
  print(headers_);
  for (const auto& row : rows_) print(row);
  return out;
}

std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tipoff
