#include "app/connect.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <fstream>

#include "app/local_client.h"
#include "app/remote_client.h"

namespace tipoff {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string Trim(std::string text) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  return text;
}

}  // namespace

bool ServerChoice::data_named() const { return data != nullptr && data->count() > 0; }

void AddConnection(CLI::App& command, CLI::App& root, ServerChoice& connection) {
  command.add_option("--url", connection.url,
                     "Talk to this server instead of the data folder ($TIPOFF_URL)");
  command.add_option("--key", connection.key,
                     "API key ($TIPOFF_KEY, $TIPOFF_KEY_FILE or $COORDINATOR_API_KEY)");
  connection.data = root.get_option("--data");
}

Result<std::string> ServerUrl(const ServerChoice& connection) {
  if (!connection.url.empty() && connection.data_named()) {
    return Error{Errc::kInvalid, "name a server (--url) or a data folder (--data), not both"};
  }
  std::string url = connection.url;
  if (url.empty() && !connection.data_named()) url = Environment("TIPOFF_URL");
  if (url.empty()) return url;
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return Error{Errc::kInvalid, fmt::format("'{}' is no address of a server: it begins with "
                                             "http:// or https://",
                                             url)};
  }
  url.erase(url.find_last_not_of('/') + 1);
  return url;
}

Result<std::string> ServerKey(const ServerChoice& connection) {
  if (!connection.key.empty()) return connection.key;
  if (std::string key = Environment("TIPOFF_KEY"); !key.empty()) return key;
  if (std::string path = Environment("TIPOFF_KEY_FILE"); !path.empty()) {
    std::ifstream file(path);
    std::string key;
    std::getline(file, key);
    key = Trim(std::move(key));
    if (key.empty()) {
      return Error{Errc::kUnsupported, fmt::format("$TIPOFF_KEY_FILE: no key in {}", path)};
    }
    return key;
  }
  return Environment("COORDINATOR_API_KEY");
}

Result<std::unique_ptr<ApiClient>> Connect(const Globals& globals, const ServerChoice& connection,
                                           Writes writes) {
  TIPOFF_TRY(std::string url, ServerUrl(connection));
  if (url.empty()) return OpenLocalClient(globals, writes);
  TIPOFF_TRY(std::string key, ServerKey(connection));
  return std::unique_ptr<ApiClient>(std::make_unique<RemoteClient>(std::move(url), std::move(key)));
}

}  // namespace tipoff
