#include "support/postgres_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// PostgreSQL does not run as root.
std::string AsOwner(const std::string& command) {
  return geteuid() == 0 ? "cd / && runuser -u postgres -- " + command : command;
}

bool Does(const std::string& command) {
  return std::system((command + " > /dev/null 2>&1").c_str()) == 0;
}

std::string NewestBin() {
  std::string newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    std::string bin = (version.path() / "bin").string();
    if (fs::exists(bin + "/initdb") && bin > newest) newest = bin;
  }
  return newest;
}

}  // namespace

std::unique_ptr<PostgresServer> PostgresServer::Start(std::string* missing) {
  std::unique_ptr<PostgresServer> server(new PostgresServer);
  server->bin_ = NewestBin();
  if (server->bin_.empty()) {
    *missing = "PostgreSQL is not installed (Debian: postgresql)";
    return nullptr;
  }
  const std::string& folder = server->folder_.path();
  if (geteuid() == 0 && !Does(fmt::format("chown postgres {}", folder))) {
    *missing = "there is no user postgres to run PostgreSQL as";
    return nullptr;
  }
  bool made =
      Does(AsOwner(fmt::format("{}/initdb -D {}/data -U tipoff -A trust -N --no-locale "
                               "-E UTF8",
                               server->bin_, folder)));
  bool runs =
      made && Does(AsOwner(fmt::format("{0}/pg_ctl -D {1}/data -l {1}/log -w -t 60 -o \"-c "
                                       "listen_addresses='' -c unix_socket_directories={1} -c "
                                       "fsync=off\" start",
                                       server->bin_, folder)));
  if (runs) return server;
  *missing = "PostgreSQL can't be started in " + folder;
  return nullptr;
}

PostgresServer::~PostgresServer() {
  Thaw();
  Does(AsOwner(fmt::format("{}/pg_ctl -D {}/data -m immediate -w stop", bin_, folder_.path())));
}

std::string PostgresServer::url() const {
  return fmt::format("host={} user=tipoff dbname=postgres", folder_.path());
}

void PostgresServer::Run(const std::string& sql) const {
  PGconn* connection = PQconnectdb(url().c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  ExecStatusType status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
}

void PostgresServer::RunFile(const std::string& path) const {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_FALSE(text.str().empty()) << path;
  Run(text.str());
}

void PostgresServer::Signal(const char* name) const {
  std::string group = fmt::format("$(head -1 {}/data/postmaster.pid)", folder_.path());
  Does(fmt::format("kill -{0} {1} && pkill -{0} -P {1}", name, group));
}
void PostgresServer::Freeze() { Signal("STOP"); }
void PostgresServer::Thaw() { Signal("CONT"); }

}  // namespace tipoff
