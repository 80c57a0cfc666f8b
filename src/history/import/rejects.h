// The rows of one file that were left out, as a CSV file: the source's own columns behind
// `rejected_line` and `rejected_reason`. Mended, it can be imported as it is.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

class RejectsFile {
 public:
  // Writes nothing until the first row.
  explicit RejectsFile(std::string folder);
  ~RejectsFile();  // Leaves nothing behind unless published.
  RejectsFile(const RejectsFile&) = delete;
  RejectsFile& operator=(const RejectsFile&) = delete;

  // `header` is written once, in front of the first row.
  Status Add(std::span<const std::string> header, std::int64_t line, std::string_view reason,
             std::span<const std::string_view> fields);
  // Everything is on the disk, under a temporary name. kExhausted, kDenied.
  Status Close();
  // Gives it its name, `folder`/`name`, in place of an older one, and answers where it is; "" if
  // there was no row. Where it can't be renamed it keeps its temporary name.
  std::string Publish(const std::string& name);

 private:
  Status Open();
  Status Write(std::string_view text);
  Error Problem(std::string_view what) const;

  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string folder_;
  std::string temporary_;
  std::unique_ptr<std::FILE, Closer> file_;
};

}  // namespace tipoff
