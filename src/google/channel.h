// A connection to one of Google's services, or to its emulator.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace grpc {
class Channel;
}

namespace tipoff::gcloud {

struct ChannelOptions {
  std::string endpoint;          // host:port
  bool insecure = false;         // An emulator: no TLS, no credentials.
  std::string credentials_file;  // A service account's key as JSON; "": the application default
                                 // (its environment variable, gcloud's file, the metadata server).
};

// Connects later, by itself, and again after a loss: only what is wrong with the options or the
// credentials is an error here. kInvalid names the option; kDenied: there are no credentials.
Result<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options);

}  // namespace tipoff::gcloud
