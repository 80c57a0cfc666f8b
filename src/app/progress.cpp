#include "app/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace tipoff {
namespace {

constexpr int kBarWidth = 30;

Duration SteadyNow() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

bool OnTerminal() { return isatty(STDERR_FILENO) == 1; }

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)), total_(total), terminal_(OnTerminal()) {}

Progress::~Progress() { Finish(); }

void Progress::Update(std::uint64_t done, const std::string& note) {
  if (terminal_) {
    Duration now = SteadyNow();
    if (drawn_ && done < total_ && now - last_drawn_ < std::chrono::milliseconds(100)) return;
    last_drawn_ = now;
    Draw(done, note);
    return;
  }
  if (total_ == 0) return;
  int tenth = static_cast<int>(done * 10 / total_);
  if (tenth <= last_tenth_) return;
  last_tenth_ = tenth;
  fmt::print(stderr, "{}: {} of {}{}\n", label_, done, total_, note.empty() ? "" : "  " + note);
}

void Progress::Draw(std::uint64_t done, const std::string& note) {
  drawn_ = true;
  if (total_ == 0) {
    fmt::print(stderr, "\r\033[K{} {}  {}", label_, done, note);
  } else {
    std::uint64_t shown = done < total_ ? done : total_;
    auto filled = static_cast<std::size_t>(shown * kBarWidth / total_);
    std::string bar(filled, '#');
    bar.resize(kBarWidth, '.');
    fmt::print(stderr, "\r\033[K{} [{}] {}/{}  {}", label_, bar, done, total_, note);
  }
  std::fflush(stderr);
}

void Progress::Finish() {
  if (finished_) return;
  finished_ = true;
  if (terminal_ && drawn_) fmt::print(stderr, "\r\033[K");
}

}  // namespace tipoff
