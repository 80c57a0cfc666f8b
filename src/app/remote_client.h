// The API of a server, over HTTP.
#pragma once

#include <string>

#include "app/api_client.h"

namespace tipoff {

class RemoteClient final : public ApiClient {
 public:
  // `url` without a slash at its end; `key` "" to send none.
  RemoteClient(std::string url, std::string key);

  Result<HttpResponse> Call(const std::string& method, const std::string& path, const Pairs& query,
                            const std::string& body, const Pairs& headers) override;
  Status Stream(const std::string& path, const std::string& last_event_id, Duration limit,
                const OnEvent& event) override;
  void Pause(Duration pause) override;
  Duration Steady() override;
  std::string where() const override { return url_; }

 private:
  std::string url_;
  std::string key_;
};

// "/v1/batches/b1:finish?reason=too%20late"
std::string Target(const std::string& path, const ApiClient::Pairs& query);

}  // namespace tipoff
