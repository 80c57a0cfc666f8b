// Runs the tipoff binary as a user does.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tipoff {

struct Finished {
  int exit = -1;    // Exit code; -1 if it was killed by a signal.
  int signal = 0;   // The signal that killed it.
  std::string out;
  std::string err;
};

// A started program. Its output goes to files, so that it never waits for a reader.
class Program {
 public:
  // Arguments after the program's name. Environment: only PATH, HOME and TZ=UTC.
  explicit Program(const std::vector<std::string>& arguments);
  // Another program than tipoff.
  Program(std::string path, const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void Signal(int signal);
  // The first line that it printed, without its end, as soon as it is there; "" and a failed test
  // after `limit`.
  std::string FirstLine(std::chrono::seconds limit = std::chrono::seconds(60));
  // Waits for its end; fails the test and kills it after `limit`.
  Finished Wait(std::chrono::seconds limit = std::chrono::seconds(120));
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  std::string out_path_, err_path_;
};

// Runs it to its end.
Finished RunTipoff(const std::vector<std::string>& arguments);

// The path of the binary under test.
std::string TipoffPath();

// "" or why the real data is not there: the reason for a SKIPPED.
std::string NoRealData();
std::string RealData(const std::string& name);

}  // namespace tipoff
