#include "history/bigquery/account.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"

namespace tipoff {
namespace {

// A token is renewed so long before its end.
constexpr Duration kTokenSpare = std::chrono::minutes(5);

}  // namespace

BigqueryAccount::BigqueryAccount(Loop& loop, HttpClient& client, Options options)
    : loop_(loop), client_(client), options_(std::move(options)) {
  if (options_.credentials_file.empty()) return;
  account_.emplace(gcloud::ServiceAccount::Read(options_.credentials_file));
}

void BigqueryAccount::WithToken(std::function<void(Result<std::string>)> done) {
  if (!token_.empty() && loop_.Steady() < token_until_) return done(token_);
  if (account_) {
    if (!account_->ok()) return done(account_->error());
    token_ = account_->value().SignFor("https://bigquery.googleapis.com/", loop_.Now());
    token_until_ = loop_.Steady() + gcloud::kSelfSignedTokenLife - kTokenSpare;
    return done(token_);
  }
  HttpCall call;
  call.url = options_.metadata + "/computeMetadata/v1/instance/service-accounts/default/token";
  call.headers = {{"Metadata-Flavor", "Google"}};
  client_.Call(std::move(call), [this, done = std::move(done)](Result<HttpResponse> response) {
    Error none{Errc::kUnavailable,
               "no Google account: name a service account's key in gcp.credentials_file, or run "
               "where a metadata server answers"};
    if (!response.ok() || response->status != 200) return done(none);
    auto parsed = ParseJson(response->body);
    if (!parsed.ok()) return done(none);
    JsonReader reader(*parsed);
    token_ = reader.Text("access_token");
    auto life = std::chrono::seconds(reader.Integer("expires_in"));
    token_until_ = loop_.Steady() + std::max<Duration>(life - kTokenSpare, life / 2);
    if (token_.empty()) return done(none);
    done(token_);
  });
}

Error BigqueryRefusal(const HttpResponse& response, const std::string& remedy) {
  std::string words = ServerWords(response);
  if (auto parsed = ParseJson(response.body); parsed.ok()) {
    if (const auto* error = JsonReader(*parsed).Find("error")) {
      std::string message = JsonReader(*error).Text("message");
      if (!message.empty()) words = message;
    }
  }
  return {Errc::kUnavailable,
          fmt::format("BigQuery refused with {}: {}{}", response.status, words, remedy)};
}

}  // namespace tipoff
