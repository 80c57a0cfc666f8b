// A progress bar on a terminal, a plain line now and then elsewhere; always on standard error.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"

namespace tipoff {

class Progress {
 public:
  // `total` 0: unknown, only the count is shown.
  Progress(std::string label, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows `done` of the total, at most ten times a second.
  void Update(std::uint64_t done, const std::string& note = "");
  // Clears the bar (terminal) so that what follows stands on its own.
  void Finish();

 private:
  void Draw(std::uint64_t done, const std::string& note);

  std::string label_;
  std::uint64_t total_;
  bool terminal_;
  bool drawn_ = false;
  bool finished_ = false;
  Duration last_drawn_{};
  int last_tenth_ = 0;
};

// Whether standard error is a terminal that a bar may be drawn on.
bool OnTerminal();

}  // namespace tipoff
