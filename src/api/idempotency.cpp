#include "api/idempotency.h"

#include <boost/json.hpp>

#include "base/crash_point.h"
#include "base/hash.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr auto kKept = std::chrono::hours(24);
constexpr std::size_t kKeyBytesMax = 255;
constexpr char kClaims[] = "idempotency";
constexpr char kAnswers[] = "answer";

// Remembers the answer on its way out. The caller gets it once it is kept, or could not be.
class KeepingResponder final : public Responder {
 public:
  KeepingResponder(Store& store, std::string id, std::shared_ptr<Responder> inner)
      : store_(store), id_(std::move(id)), inner_(std::move(inner)) {}

  // On the loop, as all handlers are.
  void Send(HttpResponse response) override {
    if (!IsKept(response)) return inner_->Send(std::move(response));
    json::array headers;
    for (const auto& [name, value] : response.headers) headers.push_back({name, value});
    std::string body = DumpJson(json::object{{"status", response.status},
                                             {"content_type", response.content_type},
                                             {"headers", std::move(headers)},
                                             {"body", response.body}});
    store_.PutRecord({kAnswers, id_, {}, std::move(body)}, PutMode::kReplace,
                     [inner = inner_, response](Result<Record>) {
                       TIPOFF_CRASH_POINT("api/answer-kept");
                       inner->Send(response);
                     });
  }
  std::shared_ptr<EventSink> Stream() override { return inner_->Stream(); }
  bool alive() const override { return inner_->alive(); }

 private:
  static bool IsKept(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Retry-After") return false;
    }
    return response.status < 300 || response.status == 409;
  }

  Store& store_;
  std::string id_;
  std::shared_ptr<Responder> inner_;
};

Result<HttpResponse> DecodeAnswer(const std::string& body) {
  TIPOFF_TRY(json::value value, ParseJson(body));
  JsonReader reader(value);
  HttpResponse response;
  response.status = static_cast<int>(reader.Integer("status", 200));
  response.content_type = reader.Text("content_type", "application/json");
  response.body = reader.Text("body");
  if (const json::array* headers = reader.Array("headers")) {
    for (const json::value& header : *headers) {
      if (!header.is_array() || header.as_array().size() != 2) continue;
      const json::array& pair = header.as_array();
      if (!pair[0].is_string() || !pair[1].is_string()) continue;
      response.headers.emplace_back(std::string(pair[0].as_string()),
                                    std::string(pair[1].as_string()));
    }
  }
  TIPOFF_TRY_STATUS(reader.status());
  response.headers.emplace_back("Idempotency-Replayed", "true");
  return response;
}

struct Once : std::enable_shared_from_this<Once> {
  Once(Store& a_store, Call a_call, std::function<void(Call)> a_handler)
      : store(a_store), call(std::move(a_call)), handler(std::move(a_handler)) {}

  // The first to claim the key says which request it stands for.
  void Claim(PutMode mode) {
    store.PutRecord({kClaims, id, {}, digest}, mode,
                    [self = shared_from_this()](Result<Record> stored) {
                      if (!stored.ok()) return self->call.Fail(stored.error());
                      self->Claimed(*stored);
                    });
  }

  void Claimed(const Record& stored) {
    TIPOFF_CRASH_POINT("api/key-claimed");
    if (store.Now() - stored.at > kKept) return Claim(PutMode::kReplace);
    if (stored.body != digest) {
      return call.responder->Send(MakeProblem(
          422, "Idempotency-Key: it was used for another request; use a new key for a new one"));
    }
    claimed_at = stored.at;
    store.GetRecord(kAnswers, id, [self = shared_from_this()](Result<Record> answer) {
      self->Answered(std::move(answer));
    });
  }

  void Answered(Result<Record> answer) {
    if (!answer.ok() && answer.error().code != Errc::kNotFound) return call.Fail(answer.error());
    if (answer.ok() && answer->at >= claimed_at) {
      auto response = DecodeAnswer(answer->body);
      if (response.ok()) return call.responder->Send(std::move(*response));
    }
    call.responder = std::make_shared<KeepingResponder>(store, id, call.responder);
    handler(std::move(call));
  }

  Store& store;
  Call call;
  std::function<void(Call)> handler;
  std::string id;
  std::string digest;
  Instant claimed_at;
};

}  // namespace

void PerformOnce(Store& store, Call call, std::function<void(Call)> handler) {
  std::string key(call.request.Header("idempotency-key"));
  if (key.size() > kKeyBytesMax) {
    return call.Fail({Errc::kInvalid, "Idempotency-Key: at most 255 characters"});
  }
  auto once = std::make_shared<Once>(store, std::move(call), std::move(handler));
  const HttpRequest& request = once->call.request;
  // Callers do not share keys: one's key means nothing for another.
  once->id = Sha256Hex(once->call.who.name + "\n" + key);
  once->digest = Sha256Hex(request.method + "\n" + request.path + "\n" + request.body);
  once->call.idempotency_key = once->id;
  once->Claim(PutMode::kFirstStays);
}

}  // namespace tipoff
