// Bodies of the doors that take some. The first byte names the door, the rest is the body:
//   s POST /start   b POST /v1/batches   p PATCH /v1/batches/{id}
//   l POST /v1/leases   c /v1/leases/{token}:complete   f /v1/leases/{token}:fail
//   q POST /complete, and what was quarantined is asked for
#include <fmt/format.h>

#include <cmath>

#include "api/prediction_body.h"
#include "api/starting.h"
#include "base/json.h"
#include "base/log.h"
#include "fuzz/fuzz.h"
#include "store/codec.h"
#include "support/api_world.h"
#include "support/work_world.h"

namespace tipoff {
namespace {

constexpr std::size_t kNameBytesMax = 200;
const Instant kNow = *ParseInstant("2025-01-15T17:00:00Z");

// An error tells a caller what to do, and none is our own.
void CheckAnswer(const HttpResponse& response, std::initializer_list<int> expected) {
  bool known = std::find(expected.begin(), expected.end(), response.status) != expected.end();
  TIPOFF_CHECK(known, fmt::format("answered {}: {}", response.status, response.body));
  auto body = ParseJson(response.body);
  TIPOFF_CHECK(body.ok() && body->is_object(), "an answer that is no JSON: " + response.body);
  if (response.content_type != "application/problem+json") return;
  JsonReader reader(*body);
  TIPOFF_CHECK(!reader.Text("detail").empty() && reader.Integer("status") == response.status,
               "a problem without a word: " + response.body);
}

void CheckAccepted(const Policy& policy) {
  Status sound = CheckPolicy(policy);
  TIPOFF_CHECK(sound.ok(), "an unsound policy: " + (sound.ok() ? "" : sound.error().message));
  Batch batch, again;
  batch.policy = policy;
  Status read = DecodeBatchDetails(EncodeBatchDetails(batch), again);
  TIPOFF_CHECK(read.ok(), "can't be stored: " + (read.ok() ? "" : read.error().message));
  TIPOFF_CHECK(Close(again.policy.stall_percent, policy.stall_percent), "another stall_percent");
  again.policy.stall_percent = policy.stall_percent;
  TIPOFF_CHECK(again.policy == policy, "stored as another: " + EncodeBatchDetails(batch));
}

void CheckAccepted(const StartRequest& request) {
  CheckAccepted(request.policy);
  TIPOFF_CHECK(request.players.min_minutes >= 0 && request.players.min_minutes <= 48,
               fmt::format("min_minutes {}", request.players.min_minutes));
  for (const std::string* text :
       {&request.slot.dataset, &request.correlation_id, &request.parent_processor}) {
    TIPOFF_CHECK(text->size() <= kNameBytesMax, "a text over the limit");
  }
  int year = ToCivil(request.slot.game_date).year;
  TIPOFF_CHECK(year >= 1 && year <= 9999, "a day that can't be written");
}

template <class Read>
bool CheckStart(const boost::json::object& body, Read read) {
  auto request = read(body, ApiOptions{}, kNow);
  if (request.ok()) {
    CheckAccepted(*request);
    return true;
  }
  CheckRefusal(request.error(),
               {"field '", "game_date:", "dataset", "min_minutes:", "force:", "use_multiple_lines:",
                "skip_completeness_check:", "run_mode:", "prediction_run_mode:", "correlation_id:",
                "parent_processor:", "policy:", "deadline:", "stall_after:", "stall_percent:",
                "tolerance", "required_players:", "publishes_max:"});
  return false;
}

bool SamePredictions(std::vector<Prediction> a, const std::vector<Prediction>& b) {
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    auto& components = a[i].components;
    for (std::size_t j = 0; j < components.size() && j < b[i].components.size(); ++j) {
      double stored = b[i].components[j].second;
      if (Close(components[j].second, stored)) components[j].second = stored;
    }
  }
  return a == b;
}

bool CheckPredictions(const boost::json::value& body) {
  auto read = ReadPredictions(body);
  if (!read.ok()) {
    CheckRefusal(read.error(), {"body:", "predictions"});
    return false;
  }
  TIPOFF_CHECK(!read->empty() && read->size() <= 1000, "how many predictions");
  for (const Prediction& prediction : *read) {
    TIPOFF_CHECK(!prediction.system.empty() && !prediction.model_version.empty(), "no name");
    TIPOFF_CHECK(prediction.predicted_points >= 0 && prediction.predicted_points <= 200, "points");
    TIPOFF_CHECK(prediction.spread >= 0 && prediction.spread <= 100, "spread");
    TIPOFF_CHECK(prediction.confidence >= 0 && prediction.confidence <= 1, "confidence");
    TIPOFF_CHECK((prediction.recommendation == Recommendation::kNoLine) == !prediction.line,
                 "a recommendation against no line");
  }
  auto again = DecodePredictions(EncodePredictions(*read));
  TIPOFF_CHECK(again.ok() && SamePredictions(*again, *read),
               "stored as others: " + EncodePredictions(*read));
  return true;
}

void StartAt(const std::string& path, const std::string& body) {
  ApiWorld api;
  api.world.AddSlate(3);
  CheckAnswer(api.Ask("POST", path, body), {200, 202, 400, 404, 409, 503});
}

// Whatever is changed, the batch ends by the time that was promised.
void PatchWith(const std::string& body) {
  ApiWorld api;
  api.world.AddSlate(3);
  BatchId id = api.Start();
  Instant promised = api.world.Stored(id).terminal_by;
  HttpResponse response = api.Ask("PATCH", "/v1/batches/" + id.str(), body);
  CheckAnswer(response, {200, 400});
  if (response.status != 200) return;
  Batch batch = api.world.Stored(id);
  CheckAccepted(batch.policy);
  TIPOFF_CHECK(batch.terminal_by <= promised, "a promise put off");
  api.world.loop.Advance(promised - api.world.loop.Now() + std::chrono::seconds(30));
  TIPOFF_CHECK(IsTerminal(api.world.Stored(id).phase), "a batch that outlives its promise");
}

void LeaseWith(const std::string& body) {
  WorkWorld work(false);
  work.StartBatch();
  auto responder = work.Send("/v1/leases", body);
  work.world.loop.Advance(std::chrono::seconds(31));
  TIPOFF_CHECK(responder->response.has_value(), "a lease that is never answered");
  CheckAnswer(*responder->response, {200, 400});
}

void ReportWith(const std::string& verb, const std::string& body) {
  WorkWorld work(false);
  work.StartBatch();
  auto leases = work.Lease(R"(,"max":1)");
  TIPOFF_CHECK(leases.size() == 1, "no lease");
  std::string token(leases[0].at("token").as_string());
  HttpResponse response = work.Ask("/v1/leases/" + token + ":" + verb, body);
  CheckAnswer(response, {200, 400});
  if (response.status != 200) return;
  auto answer = ParseJson(response.body);
  JsonReader told(*answer);
  std::string state = told.Text("state");
  bool open = verb == "fail" && state == "open";
  int ended = 0;
  for (const auto& [ordinal, request] : work.Everything().requests) {
    ended += IsTerminal(request.row.state) ? 1 : 0;
    TIPOFF_CHECK(!IsTerminal(request.row.state) || ToString(request.row.state) == state,
                 "told another state than is stored");
  }
  TIPOFF_CHECK(ended == (open ? 0 : 1), "not counted once: " + response.body);
}

// Whatever is pushed is taken, and does not make unreadable what is told of it.
void PushWith(const std::string& body) {
  ApiWorld api;
  HttpResponse response = api.Ask("POST", "/complete", body);
  TIPOFF_CHECK(response.status == 204, fmt::format("answered {}", response.status));
  CheckAnswer(api.Ask("GET", "/v1/quarantine"), {200});
}

void Check(char door, const std::string& body) {
  auto json = ParseJson(body);
  bool object = json.ok() && json->is_object();
  // A world for each input is slow: bodies that the readers refuse stop here, as a rule.
  switch (door) {
    case 's':
      if (object && CheckStart(json->as_object(), ReadPlatformStart)) StartAt("/start", body);
      break;
    case 'b':
      if (object && CheckStart(json->as_object(), ReadStart)) StartAt("/v1/batches", body);
      break;
    case 'c':
      if (json.ok() && CheckPredictions(*json)) ReportWith("complete", body);
      break;
    case 'p':
      if (object) PatchWith(body);
      break;
    case 'l':
      if (object) LeaseWith(body);
      break;
    case 'f':
      if (object) ReportWith("fail", body);
      break;
    case 'q': PushWith(body); break;
    default: break;
  }
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The lines about batches that are started would be most of the work.
  static const bool quiet = [] {
    tipoff::ConfigureLog(tipoff::Severity::kError, tipoff::LogFormat::kText);
    return true;
  }();
  TIPOFF_CHECK(quiet, "the log is not configured");
  std::string_view text = tipoff::FuzzText(data, size);
  if (!text.empty()) tipoff::Check(text.front(), std::string(text.substr(1)));
  return 0;
}
