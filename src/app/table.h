// Aligned text tables for people, and the same rows as CSV for programs.
#pragma once

#include <string>
#include <vector>

namespace tipoff {

class TextTable {
 public:
  // A header that starts with '>' is right-aligned, without the '>'.
  explicit TextTable(std::vector<std::string> headers);
  // As many cells as headers.
  void Row(std::vector<std::string> cells);
  std::size_t rows() const { return rows_.size(); }

  // Columns aligned by their display width (UTF-8 counted by code point), two spaces apart.
  std::string Text() const;
  // RFC 4180, LF line ends.
  std::string Csv() const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

// One CSV field, quoted where it must be.
std::string CsvField(std::string_view text);

}  // namespace tipoff
