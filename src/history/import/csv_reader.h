// A stream of bytes, plain or gzip, as rows of fields (RFC 4180; LF, CRLF or CR; UTF-8 with or
// without a byte order mark). Pushed in pieces of any size.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"

namespace tipoff {

class CsvReader {
 public:
  // One row: the number of the line where it begins, from 1, and its fields, which are valid during
  // the call. Rows without any field are left out. An error ends the reading.
  using OnRow = std::function<Status(std::int64_t line, std::span<const std::string_view> fields)>;

  explicit CsvReader(OnRow on_row);
  ~CsvReader();

  // Errors of OnRow, and kInvalid or kCorrupt for bytes that can't be read: what they are and what
  // to do about it. Nothing may be added after an error.
  Status Add(std::string_view bytes);
  // The end of the bytes; a last row needs no line end. kInvalid if a gzip file is cut short, or if
  // there was nothing at all.
  Status Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
