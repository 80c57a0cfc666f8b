#include "app/remote_worker.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "bus/messages.h"
#include "core/retry.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr Backoff kBackoff{std::chrono::milliseconds(500), std::chrono::seconds(30)};
// Beyond what the call itself may wait for: the server loads history in it.
constexpr auto kLeaseCallTime = std::chrono::seconds(30);
constexpr auto kWorkCallTime = std::chrono::seconds(25);  // A commit may take 20 s.
constexpr auto kGiveBackTime = std::chrono::seconds(1);
constexpr std::size_t kLeasesMax = 200;

std::string Seconds(Duration d) {
  return fmt::format("{}s", std::chrono::duration_cast<std::chrono::seconds>(d).count());
}

json::object ToJson(const Prediction& prediction) {
  json::object components;
  for (const auto& [name, value] : prediction.components) components[name] = value;
  json::object object{{"stat", prediction.stat},
                      {"system", prediction.system},
                      {"line", nullptr},
                      {"predicted_points", prediction.predicted_points},
                      {"spread", prediction.spread},
                      {"confidence", prediction.confidence},
                      {"recommendation", ToString(prediction.recommendation)},
                      {"model_version", prediction.model_version},
                      {"components", std::move(components)}};
  if (prediction.line) object["line"] = prediction.line->value();
  if (prediction.quantiles) {
    object["p10"] = prediction.quantiles->p10;
    object["p50"] = prediction.quantiles->p50;
    object["p90"] = prediction.quantiles->p90;
  }
  if (prediction.p_over) object["p_over"] = *prediction.p_over;
  return object;
}

bool MayWorkLater(const Result<HttpResponse>& answer) {
  if (!answer.ok()) return true;
  return answer->status >= 500 || answer->status == 408 || answer->status == 429;
}

std::string WhyLater(const Result<HttpResponse>& answer) {
  return answer.ok() ? ServerWords(*answer) : answer.error().message;
}

}  // namespace

// One request that is held, and what is to be told of it.
struct RemoteWorker::Item {
  std::string token;
  RequestMessage message;
  std::string verb;  // "complete" or "fail"; "": not predicted yet.
  std::string body;
  int tries = 0;
  Loop::TimerId retry_timer = 0;
  bool dropped = false;

  void Fail(std::string_view kind, const std::string& reason) {
    verb = "fail";
    body = DumpJson(json::object{{"kind", kind}, {"reason", reason}});
  }
  void Tell(const PredictedRequest& predicted) {
    if (predicted.status == RequestState::kSkipped) return Fail("skip", predicted.reason);
    if (predicted.status != RequestState::kSucceeded) return Fail("error", predicted.reason);
    json::array predictions;
    for (const Prediction& prediction : predicted.predictions) {
      predictions.push_back(ToJson(prediction));
    }
    verb = "complete";
    body = DumpJson(json::object{{"predictions", std::move(predictions)},
                                 {"data_version", message.data_version}});
  }
};

RemoteWorker::RemoteWorker(Loop& loop, Send send, Predictor predict, Options options)
    : loop_(loop),
      send_(std::move(send)),
      predict_(std::move(predict)),
      options_(std::move(options)) {}

RemoteWorker::~RemoteWorker() {
  for (Loop::TimerId timer : {pull_timer_, keep_timer_, drain_timer_}) loop_.Cancel(timer);
  for (auto& [token, item] : held_) loop_.Cancel(item->retry_timer);
}

void RemoteWorker::Start(std::function<void(Error)> refused) {
  refused_ = std::move(refused);
  KeepLeases();
  Pull();
}

void RemoteWorker::Call(const std::string& path, std::string body, Duration timeout,
                        std::function<void(Result<HttpResponse>)> done) {
  HttpCall call;
  call.method = "POST";
  call.url = options_.url + path;
  call.headers = {{"Content-Type", "application/json"}};
  if (!options_.key.empty()) call.headers.emplace_back("X-API-Key", options_.key);
  call.body = std::move(body);
  call.timeout = timeout;
  send_(std::move(call), std::move(done));
}

// Half empty before it asks for more, so that a call brings more than one.
void RemoteWorker::Pull() {
  if (pulling_ || stopping_ || held_.size() > options_.held_max / 2) return;
  pulling_ = true;
  json::object order{{"worker", options_.name},
                     {"worker_version", options_.version},
                     {"max", std::min(options_.held_max - held_.size(), kLeasesMax)},
                     {"wait", Seconds(options_.wait)},
                     {"lease", Seconds(options_.lease)}};
  if (!options_.group.empty()) order["group"] = options_.group;
  Call("/v1/leases", DumpJson(order), options_.wait + kLeaseCallTime,
       [this](Result<HttpResponse> answer) {
         pulling_ = false;
         Taken(std::move(answer));
       });
}

void RemoteWorker::PullLater(const std::string& why) {
  ++failures_;
  Duration wait = BackoffDelay(kBackoff, failures_, MixText(0, options_.name));
  Log(Severity::kWarning, "the server gives no requests now",
      {{"url", options_.url}, {"retry_in", FormatDuration(wait)}, {"error", why}});
  pull_timer_ = loop_.After(wait, [this] { Pull(); });
}

void RemoteWorker::Taken(Result<HttpResponse> answer) {
  if (MayWorkLater(answer)) {
    if (stopping_) return CheckDrained();
    return PullLater(WhyLater(answer));
  }
  if (answer->status != 200) {
    bool denied = answer->status == 401 || answer->status == 403;
    // What stands between may answer for a server that is away.
    if (!denied && served_) return PullLater(ServerWords(*answer));
    stopping_ = true;
    return refused_(Error{denied ? Errc::kDenied : Errc::kInvalid,
                          fmt::format("{}: {}", options_.url, ServerWords(*answer))});
  }
  auto body = ParseJson(answer->body);
  const json::value* leases =
      body.ok() && body->is_object() ? body->as_object().if_contains("leases") : nullptr;
  if (leases == nullptr || !leases->is_array()) return PullLater("its answer has no leases");
  failures_ = 0;
  served_ = true;
  std::vector<Held> items;
  for (const json::value& lease : leases->as_array()) {
    JsonReader reader(lease);
    auto item = std::make_shared<Item>();
    item->token = reader.Text("token");
    const json::value* request = reader.Find("request");
    if (item->token.empty() || request == nullptr) continue;
    auto message = DecodeRequest(DumpJson(*request));
    if (message.ok()) {
      item->message = std::move(*message);
    } else {
      item->Fail("error", "NotUnderstood: " + message.error().message);
    }
    held_[item->token] = item;
    items.push_back(std::move(item));
  }
  if (stopping_) {
    for (const Held& item : items) GiveBack(item);
    return CheckDrained();
  }
  Work(std::move(items));
  Pull();
}

void RemoteWorker::Work(std::vector<Held> items) {
  std::map<BatchId, std::vector<Item*>> batches;
  for (const Held& item : items) {
    const RequestMessage& message = item->message;
    if (!item->verb.empty()) continue;
    if (message.history && message.teams) {
      batches[message.batch].push_back(item.get());
    } else {  // Not loaded is not "has none".
      item->Fail("transient", "the request came without its history");
    }
  }
  for (const auto& [batch, members] : batches) {
    std::vector<PredictionInput> inputs;
    for (const Item* item : members) {
      inputs.push_back({&item->message.spec, &*item->message.history, &*item->message.teams});
    }
    auto predicted = PredictEach(predict_, batch, inputs);
    for (std::size_t i = 0; i < members.size(); ++i) members[i]->Tell(predicted[i]);
  }
  for (Held& item : items) HandIn(std::move(item));
}

void RemoteWorker::HandIn(Held item) {
  if (item->dropped) return;
  std::string path = "/v1/leases/" + item->token + ":" + item->verb;
  Call(path, item->body, kWorkCallTime, [this, item](Result<HttpResponse> answer) {
    if (!item->dropped) HandedIn(item, std::move(answer));
  });
}

void RemoteWorker::HandedIn(Held item, Result<HttpResponse> answer) {
  if (MayWorkLater(answer)) {
    // Until it is taken, or the lease is lost, or this worker is stopped for good.
    Duration wait = BackoffDelay(kBackoff, ++item->tries, MixText(0, options_.name + item->token));
    item->retry_timer = loop_.After(wait, [this, item] { HandIn(item); });
    return;
  }
  if (answer->status >= 400) {
    std::string words = ServerWords(*answer);
    Log(Severity::kWarning, "a report was refused",
        {{"batch_id", item->message.batch.str()},
         {"player", item->message.spec.player.str()},
         {"error", words}});
    if (answer->status == 400 && item->verb == "complete") {
      item->Fail("error", "Refused: " + words);
      return HandIn(std::move(item));
    }
  }
  Drop(item);
  Pull();
  CheckDrained();
}

void RemoteWorker::Drop(const Held& item) {
  item->dropped = true;
  loop_.Cancel(item->retry_timer);
  held_.erase(item->token);
}

void RemoteWorker::KeepLeases() {
  keep_timer_ = loop_.After(options_.lease / 3, [this] {
    std::string body = DumpJson(json::object{{"lease", Seconds(options_.lease)}});
    for (const auto& [token, item] : held_) {
      Call("/v1/leases/" + token + ":heartbeat", body, kWorkCallTime,
           [this, item = item](Result<HttpResponse> answer) {
             if (item->dropped || !answer.ok() || answer->status != 410) return;
             Drop(item);  // Somebody else works on it.
             Pull();
             CheckDrained();
           });
    }
    KeepLeases();
  });
}

void RemoteWorker::Stop(std::function<void()> drained) {
  stopping_ = true;
  drained_ = std::move(drained);
  loop_.Cancel(pull_timer_);
  drain_timer_ = loop_.After(options_.drain, [this] { GiveUp(); });
  loop_.Post([this] { CheckDrained(); });
}

void RemoteWorker::GiveBack(const Held& item) {
  ++giving_back_;
  std::string token = item->token;
  Drop(item);
  Call("/v1/leases/" + token + ":release", "{}", kGiveBackTime, [this](Result<HttpResponse>) {
    --giving_back_;
    CheckDrained();
  });
}

// The drain has taken too long. Should the server not answer, the leases end by themselves.
void RemoteWorker::GiveUp() {
  pulling_ = false;
  auto left = held_;
  for (const auto& [token, item] : left) GiveBack(item);
  CheckDrained();
}

void RemoteWorker::CheckDrained() {
  if (!stopping_ || pulling_ || giving_back_ > 0 || !held_.empty()) return;
  if (auto drained = std::exchange(drained_, nullptr)) {
    loop_.Cancel(drain_timer_);
    loop_.Cancel(keep_timer_);
    drained();
  }
}

}  // namespace tipoff
