// What Pub/Sub pushes: the envelope, and in it a request or a completion. What is read can be
// written and read again without a change.
#include <fmt/format.h>

#include <cmath>

#include "api/push_envelope.h"
#include "base/base64.h"
#include "base/json.h"
#include "bus/messages.h"
#include "core/limits.h"
#include "fuzz/fuzz.h"

namespace tipoff {
namespace {

constexpr std::size_t kIdBytesMax = 200;
constexpr int kAttemptMax = 10'000;

// The wire has milliseconds.
Instant Milliseconds(Instant at) {
  std::int64_t rest = at.micros() % 1000;
  return Instant::FromMicros(at.micros() - (rest < 0 ? rest + 1000 : rest));
}

bool SameTeams(const std::vector<TeamForm>& a, const std::vector<TeamForm>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.team == y.team && x.games == y.games && Close(x.points_for, y.points_for) &&
           Close(x.points_against, y.points_against);
  });
}

bool SameHistory(const RequestMessage& a, const RequestMessage& b) {
  if (a.history != b.history) return false;
  if (!a.history) return true;
  bool teams = a.teams ? b.teams && SameTeams(*a.teams, *b.teams) : !b.teams;
  return teams && a.data_version == b.data_version;
}

bool SameSpec(RequestSpec a, const RequestSpec& b) {
  if (!Close(a.projected_minutes, b.projected_minutes)) return false;
  a.projected_minutes = b.projected_minutes;
  return a == b;
}

void CheckRequestMessage(const RequestMessage& message) {
  TIPOFF_CHECK(!message.batch.empty() && message.batch.str().size() <= kIdBytesMax, "batch id");
  TIPOFF_CHECK(!message.spec.player.empty() && message.spec.player.str().size() <= kIdBytesMax,
               "player id");
  TIPOFF_CHECK(message.attempt <= kAttemptMax, "attempt");
  TIPOFF_CHECK(message.ordinal >= Completion::kNoOrdinal &&
                   message.ordinal < std::int64_t{limits::kRequestsPerBatch},
               "ordinal");
  TIPOFF_CHECK(std::isfinite(message.spec.projected_minutes), "minutes that are no number");
  std::string text = Encode(message);
  auto again = DecodeRequest(text);
  TIPOFF_CHECK(again.ok(), "can't be read again: " + (again.ok() ? "" : again.error().message));
  TIPOFF_CHECK(SameSpec(again->spec, message.spec), "another request: " + text);
  TIPOFF_CHECK(again->batch == message.batch && again->ordinal == message.ordinal &&
                   again->attempt == message.attempt && again->dataset == message.dataset &&
                   again->correlation_id == message.correlation_id,
               "another batch: " + text);
  TIPOFF_CHECK(again->published_at == Milliseconds(message.published_at), "another time: " + text);
  TIPOFF_CHECK(SameHistory(*again, message), "another history: " + text);
}

void CheckCompletion(const Completion& completion) {
  TIPOFF_CHECK(completion.ordinal >= Completion::kNoOrdinal &&
                   completion.ordinal < std::int64_t{limits::kRequestsPerBatch},
               "ordinal");
  TIPOFF_CHECK(completion.ordinal != Completion::kNoOrdinal || !completion.player.empty(),
               "a completion of nobody");
  TIPOFF_CHECK(completion.status == RequestState::kSucceeded ||
                   completion.status == RequestState::kSkipped ||
                   completion.status == RequestState::kFailed,
               "a completion that does not end its request");
  TIPOFF_CHECK(completion.predictions >= 0 && completion.predictions <= 100'000, "predictions");
  TIPOFF_CHECK(completion.attempt <= kAttemptMax, "attempt");
}

void CheckSame(const Completion& a, const Completion& b, const std::string& text) {
  bool same = a.ordinal == b.ordinal && a.group == b.group && a.status == b.status &&
              a.predictions == b.predictions && a.attempt == b.attempt && a.reason == b.reason &&
              a.worker == b.worker && a.worker_version == b.worker_version &&
              (a.ordinal != Completion::kNoOrdinal || a.player == b.player);
  TIPOFF_CHECK(same, "another completion: " + text);
}

void CheckReady(const ReadyMessage& message) {
  if (const auto* report = std::get_if<LeaseReport>(&message)) {
    for (std::uint32_t ordinal : report->ordinals) {
      TIPOFF_CHECK(ordinal < limits::kRequestsPerBatch, "a lease of no request");
    }
    std::string text = Encode(*report);
    auto again = DecodeReady(text);
    TIPOFF_CHECK(again.ok() && std::holds_alternative<LeaseReport>(*again), text);
    const auto& read = std::get<LeaseReport>(*again);
    TIPOFF_CHECK(read.batch == report->batch && read.ordinals == report->ordinals &&
                     read.worker == report->worker && read.worker_version == report->worker_version,
                 "another lease report: " + text);
    return;
  }
  if (const auto* canary = std::get_if<CanaryAnswer>(&message)) {
    std::string text = Encode(*canary);
    auto again = DecodeReady(text);
    TIPOFF_CHECK(again.ok() && std::holds_alternative<CanaryAnswer>(*again) &&
                     std::get<CanaryAnswer>(*again).id == canary->id,
                 text);
    return;
  }
  const auto& told = std::get<CompletionMessage>(message);
  for (const Completion& completion : told.completions) CheckCompletion(completion);
  std::string text = Encode(told);
  auto again = DecodeReady(text);
  TIPOFF_CHECK(again.ok() && std::holds_alternative<CompletionMessage>(*again), text);
  const auto& read = std::get<CompletionMessage>(*again);
  TIPOFF_CHECK(read.batch == told.batch && read.completions.size() == told.completions.size(),
               "other completions: " + text);
  for (std::size_t i = 0; i < told.completions.size(); ++i) {
    CheckSame(told.completions[i], read.completions[i], text);
  }
}

void CheckBodyRefusal(const Error& error) {
  CheckRefusal(error, {"not valid JSON",
                       "body:",
                       "batch_id:",
                       "canary",
                       "ordinal:",
                       "attempt:",
                       "player",
                       "group:",
                       "game_",
                       "team",
                       "opponent_team_abbr:",
                       "is_home:",
                       "projected_minutes:",
                       "availability:",
                       "line_values:",
                       "timestamp:",
                       "correlation_id:",
                       "dataset_prefix:",
                       "data_version:",
                       "history:",
                       "worker_",
                       "leased:",
                       "completions",
                       "predictions_generated:",
                       "status:",
                       "reason:"});
}

void CheckBody(std::string_view body) {
  auto request = DecodeRequest(body);
  if (request.ok()) {
    CheckRequestMessage(*request);
  } else {
    CheckBodyRefusal(request.error());
  }
  auto ready = DecodeReady(body);
  if (ready.ok()) {
    CheckReady(*ready);
  } else {
    CheckBodyRefusal(ready.error());
  }
}

void Check(std::string_view text) {
  auto pushed = DecodePushEnvelope(text);
  if (pushed.ok()) {
    TIPOFF_CHECK(pushed->deliveries >= 0 && pushed->deliveries <= 1000, "deliveries");
    std::string envelope =
        fmt::format(R"({{"message":{{"data":"{}"}}}})", Base64Encode(pushed->body));
    auto again = DecodePushEnvelope(envelope);
    TIPOFF_CHECK(again.ok() && again->body == pushed->body, "another body");
    CheckBody(pushed->body);
    return;
  }
  CheckRefusal(pushed.error(), {"not valid JSON", "body:", "message"});
  // Base64 hides the body from the fuzzer; what is no envelope is taken as a body itself.
  CheckBody(text);
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tipoff::Check(tipoff::FuzzText(data, size));
  return 0;
}
