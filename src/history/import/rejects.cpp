#include "history/import/rejects.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tipoff {
namespace {

// Longer fields are cut: they are damage, not data.
constexpr std::size_t kFieldBytesMost = 64u << 10;

std::string Quoted(std::string_view text) {
  text = text.substr(0, kFieldBytesMost);
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace

RejectsFile::RejectsFile(std::string folder) : folder_(std::move(folder)) {}

RejectsFile::~RejectsFile() {
  file_.reset();
  if (!temporary_.empty()) std::remove(temporary_.c_str());
}

Error RejectsFile::Problem(std::string_view what) const {
  int code = errno;
  return {code == ENOSPC || code == EDQUOT ? Errc::kExhausted : Errc::kDenied,
          fmt::format("cannot {} {}: {}", what, temporary_.empty() ? folder_ : temporary_,
                      std::strerror(code))};
}

Status RejectsFile::Open() {
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem) {
    return Error{Errc::kDenied, fmt::format("cannot make {}: {}", folder_, problem.message())};
  }
  std::string name = folder_ + "/.importing-XXXXXX";
  int descriptor = mkstemp(name.data());
  if (descriptor < 0) return Problem("write in");
  temporary_ = name;
  fchmod(descriptor, 0644);
  file_.reset(fdopen(descriptor, "wb"));
  return Ok();
}

Status RejectsFile::Write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size()) {
    return Problem("write");
  }
  return Ok();
}

Status RejectsFile::Add(std::span<const std::string> header, std::int64_t line,
                        std::string_view reason, std::span<const std::string_view> fields) {
  if (!file_) {
    TIPOFF_TRY_STATUS(Open());
    std::string first = "rejected_line,rejected_reason";
    for (const std::string& name : header) first += ',' + Quoted(name);
    TIPOFF_TRY_STATUS(Write(first + '\n'));
  }
  std::string row = fmt::format("{},{}", line, Quoted(reason));
  for (std::string_view field : fields) row += ',' + Quoted(field);
  return Write(row + '\n');
}

Status RejectsFile::Close() {
  if (!file_) return Ok();
  if (std::fflush(file_.get()) != 0 || fsync(fileno(file_.get())) != 0) return Problem("write");
  file_.reset();
  return Ok();
}

std::string RejectsFile::Publish(const std::string& name) {
  std::string path = folder_ + '/' + name;
  std::string published = std::exchange(temporary_, "");
  if (published.empty() || std::rename(published.c_str(), path.c_str()) != 0) return published;
  return path;
}

}  // namespace tipoff
