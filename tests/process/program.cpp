#include "process/program.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tipoff {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string TempPath(const char* what) {
  std::string pattern = (fs::temp_directory_path() / "tipoff-out-XXXXXX").string();
  int fd = mkstemp(pattern.data());
  if (fd < 0) throw std::runtime_error(std::string("no temporary file for ") + what);
  close(fd);
  return pattern;
}

}  // namespace

std::string TipoffPath() { return TIPOFF_BINARY; }

Program::Program(const std::vector<std::string>& arguments) : Program(TipoffPath(), arguments) {}

Program::Program(std::string path, const std::vector<std::string>& arguments)
    : out_path_(TempPath("stdout")), err_path_(TempPath("stderr")) {
  std::vector<char*> argv{path.data()};
  std::vector<std::string> copies = arguments;
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const char* home = getenv("HOME");
  std::string home_line = std::string("HOME=") + (home != nullptr ? home : "/");
  std::string path_line = "PATH=/usr/bin:/bin";
  std::string zone_line = "TZ=UTC";
  const char* sanitizer = getenv("TSAN_OPTIONS");
  std::string sanitizer_line = std::string("TSAN_OPTIONS=") + (sanitizer ? sanitizer : "");
  std::vector<char*> environment{home_line.data(), path_line.data(), zone_line.data(),
                                 sanitizer_line.data(), nullptr};
  pid_ = fork();
  if (pid_ != 0) return;
  int null = open("/dev/null", O_RDONLY);
  int out = open(out_path_.c_str(), O_WRONLY | O_TRUNC);
  int err = open(err_path_.c_str(), O_WRONLY | O_TRUNC);
  dup2(null, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  execve(path.c_str(), argv.data(), environment.data());
  _exit(127);
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  std::error_code ignored;
  fs::remove(out_path_, ignored);
  fs::remove(err_path_, ignored);
}

void Program::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

std::string Program::FirstLine(std::chrono::seconds limit) {
  auto give_up = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < give_up) {
    std::string out = ReadFile(out_path_);
    if (std::size_t end = out.find('\n'); end != std::string::npos) return out.substr(0, end);
    usleep(1000);
  }
  ADD_FAILURE() << "it printed no line: " << ReadFile(err_path_);
  return "";
}

Finished Program::Wait(std::chrono::seconds limit) {
  Finished finished;
  auto give_up = std::chrono::steady_clock::now() + limit;
  int status = 0;
  while (waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > give_up) {
      ADD_FAILURE() << "still running after its time; it is killed";
      kill(pid_, SIGKILL);
      waitpid(pid_, &status, 0);
      break;
    }
    std::this_thread::yield();
    usleep(500);
  }
  pid_ = -1;
  if (WIFEXITED(status)) finished.exit = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) finished.signal = WTERMSIG(status);
  finished.out = ReadFile(out_path_);
  finished.err = ReadFile(err_path_);
  return finished;
}

Finished RunTipoff(const std::vector<std::string>& arguments) {
  Program program(arguments);
  return program.Wait();
}

std::string RealData(const std::string& name) {
  return std::string(TIPOFF_SOURCE_DIR) + "/../shared/data/" + name;
}

std::string NoRealData() {
  if (fs::exists(RealData("nba/player_games.csv.gz"))) return "";
  return "the real seasons are not beside this checkout (../shared/data/nba)";
}

}  // namespace tipoff
