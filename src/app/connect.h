// Whom the commands talk to: a server, or the data folder.
#pragma once

#include <memory>
#include <string>

#include "app/api_client.h"
#include "app/command.h"

namespace tipoff {

// Whether a client of the data folder may write.
enum class Writes {
  kNever,         // Opens it read-only.
  kWhenNeeded,    // For an order, and to end a batch that is asked for after its promised time.
  kFromTheStart,  // If it can be written.
};

struct ServerChoice {
  std::string url;  // --url, else $TIPOFF_URL
  std::string key;  // --key; never printed.
  // --data: if it was given, the folder is meant, whatever $TIPOFF_URL says.
  const CLI::Option* data = nullptr;

  bool data_named() const;
};

// Declares --url and --key. `root` has --data.
void AddConnection(CLI::App& command, CLI::App& root, ServerChoice& connection);

// kNotFound where the folder has no batches yet; kInvalid if both a server and a folder are named.
Result<std::unique_ptr<ApiClient>> Connect(const Globals& globals, const ServerChoice& connection,
                                           Writes writes);

// The server's address, without a slash at its end; "" where the folder is meant.
Result<std::string> ServerUrl(const ServerChoice& connection);
// The key to send it, from the first place that has one; "" for none. Never part of a message.
Result<std::string> ServerKey(const ServerChoice& connection);

}  // namespace tipoff
