#include "google/channel.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <vector>

#include "base/json.h"

namespace tipoff::gcloud {
namespace {

// A key's own tokens are made anew long before they end.
constexpr long kTokenSeconds = 3600;
// Answers are as large as a page of documents; the limits that count are those of the requests.
// Pub/Sub's largest is 100 messages of 1 MiB.
constexpr int kAnswerBytesMax = 128 << 20;

grpc::ChannelArguments Arguments(bool insecure) {
  grpc::ChannelArguments arguments;
  // An emulator is near; a proxy of the environment knows nothing of it.
  if (insecure) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(kAnswerBytesMax);
  // After a loss it is tried again soon: gRPC's own steps grow to two minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000);
  // A peer that has vanished without a word is noticed while calls wait for it.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Two stores of one process share no connection, so that one's trouble is not the other's.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

Result<std::shared_ptr<grpc::ChannelCredentials>> FromFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{Errc::kDenied, fmt::format("credentials_file: '{}' can't be read", path)};
  }
  std::string text{std::istreambuf_iterator<char>(file), {}};
  auto json = ParseJson(text);
  if (!json.ok()) {
    return Error{Errc::kInvalid, fmt::format("credentials_file: '{}' is not JSON", path)};
  }
  std::string type = JsonReader(*json).Text("type");
  if (type != "service_account") {
    return Error{Errc::kInvalid,
                 fmt::format("credentials_file: '{}' is of type '{}', not 'service_account'; leave "
                             "the setting empty to use the application's default credentials",
                             path, type)};
  }
  auto token = grpc::ServiceAccountJWTAccessCredentials(text, kTokenSeconds);
  if (token == nullptr) {
    return Error{Errc::kInvalid,
                 fmt::format("credentials_file: '{}' holds no usable private key", path)};
  }
  return grpc::CompositeChannelCredentials(grpc::SslCredentials({}), token);
}

Result<std::shared_ptr<grpc::ChannelCredentials>> Credentials(const ChannelOptions& options) {
  if (options.insecure) return grpc::InsecureChannelCredentials();
  if (!options.credentials_file.empty()) return FromFile(options.credentials_file);
  auto found = grpc::GoogleDefaultCredentials();
  if (found == nullptr) {
    return Error{
        Errc::kDenied,
        "no Google credentials were found: name a service account's key file, or run where "
        "a metadata server answers"};
  }
  return found;
}

// Keeps a channel until the process ends. With the last of them gRPC 1.51 ends the threads of its
// callbacks, and doing so it now and then frees their queue twice; a process makes one or two.
void KeepForEver(const std::shared_ptr<grpc::Channel>& channel) {
  static std::mutex mutex;
  static auto* kept = new std::vector<std::shared_ptr<grpc::Channel>>;
  std::scoped_lock guard(mutex);
  kept->push_back(channel);
}

}  // namespace

Result<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options) {
  if (options.endpoint.rfind(':') == std::string::npos || options.endpoint.starts_with("http")) {
    return Error{Errc::kInvalid,
                 fmt::format("endpoint: '{}' is not of the form host:port", options.endpoint)};
  }
  TIPOFF_TRY(auto credentials, Credentials(options));
  auto channel =
      grpc::CreateCustomChannel(options.endpoint, credentials, Arguments(options.insecure));
  KeepForEver(channel);
  return channel;
}

}  // namespace tipoff::gcloud
