// Who speaks to BigQuery: a service account's key, or the machine's own account.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/loop.h"
#include "google/service_account.h"
#include "http/client.h"

namespace tipoff {

class BigqueryAccount {
 public:
  struct Options {
    std::string credentials_file;  // A service account's key; empty: the machine's own account.
    std::string metadata = "http://metadata.google.internal";  // Where that one is asked for.
  };

  // Both must outlive this.
  BigqueryAccount(Loop& loop, HttpClient& client, Options options);

  // A bearer token that is good for some minutes at least. On the loop, perhaps inside this call.
  // kUnavailable, kDenied or kInvalid says what to do about it.
  void WithToken(std::function<void(Result<std::string>)> done);
  // The service did not believe the last one.
  void Forget() { token_.clear(); }

 private:
  Loop& loop_;
  HttpClient& client_;
  Options options_;
  std::optional<Result<gcloud::ServiceAccount>> account_;  // Where a key file is named.
  std::string token_;
  Duration token_until_{};  // Steady time.
};

// What a refusal says, in BigQuery's words. `remedy` of the commonest: "; ..." or "".
Error BigqueryRefusal(const HttpResponse& response, const std::string& remedy);

}  // namespace tipoff
