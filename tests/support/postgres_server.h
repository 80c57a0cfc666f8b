// A PostgreSQL of one's own in a folder of one's own, reached by a socket in it.
#pragma once

#include <memory>
#include <string>

#include "support/temp_folder.h"

namespace tipoff {

class PostgresServer {
 public:
  // Null, and `missing` says why: it is not installed, or can't be started here.
  static std::unique_ptr<PostgresServer> Start(std::string* missing);
  ~PostgresServer();

  std::string url() const;
  // Runs statements; fails the test where one fails.
  void Run(const std::string& sql) const;
  // Everything in a file.
  void RunFile(const std::string& path) const;
  // Freezes all of its processes, or lets them go on.
  void Freeze();
  void Thaw();

 private:
  PostgresServer() = default;
  void Signal(const char* name) const;

  TempFolder folder_;
  std::string bin_;
};

}  // namespace tipoff
