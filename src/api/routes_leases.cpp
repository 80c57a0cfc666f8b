#include <fmt/format.h>

#include <memory>

#include "api/fields.h"
#include "api/lease_desk.h"
#include "api/prediction_body.h"
#include "api/routes.h"
#include "base/json.h"
#include "base/utf8.h"
#include "core/limits.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::size_t kNameBytesMax = 200;
constexpr auto kWaitMax = std::chrono::seconds(30);
constexpr auto kLeaseMin = std::chrono::seconds(5);
constexpr auto kLeaseMax = std::chrono::minutes(10);
constexpr Duration kLeaseDefault = std::chrono::seconds(60);

using Desk = std::shared_ptr<LeaseDesk>;
using Flag = std::shared_ptr<bool>;

std::string ReadName(JsonReader& reader, std::string_view field) {
  std::string name = reader.Text(field);
  if (name.size() > kNameBytesMax) {
    reader.Fail(field, fmt::format("is longer than {} bytes", kNameBytesMax));
  }
  return name;
}

Result<Duration> ReadLease(const json::object& body) {
  TIPOFF_TRY(Duration lease, DurationField(body, "lease", kLeaseDefault));
  if (lease >= kLeaseMin && lease <= kLeaseMax) return lease;
  return Error{Errc::kInvalid, "lease: must be from \"5s\" to \"10m\""};
}

Result<LeaseOrder> ReadOrder(const Call& call) {
  TIPOFF_TRY(json::object body, call.Body());
  TIPOFF_TRY_STATUS(
      OnlyFields(body, {"group", "max", "wait", "lease", "worker", "worker_version", "history"}));
  LeaseOrder order;
  TIPOFF_TRY(order.wait, DurationField(body, "wait", Duration(0)));
  if (order.wait < Duration(0) || order.wait > kWaitMax) {
    return Error{Errc::kInvalid, "wait: must be at most \"30s\""};
  }
  TIPOFF_TRY(order.lease, ReadLease(body));
  json::value value(std::move(body));
  JsonReader reader(value);
  order.group = ReadName(reader, "group");
  std::int64_t max = reader.Integer("max", static_cast<std::int64_t>(order.max));
  if (max < 1 || max > static_cast<std::int64_t>(kLeasesMax)) {
    reader.Fail("max", fmt::format("must be from 1 to {}", kLeasesMax));
  }
  order.max = static_cast<std::size_t>(max);
  order.worker = ReadName(reader, "worker");
  if (order.worker.empty()) {
    reader.Fail("worker",
                "is missing: a name of this life of this worker, such as "
                "\"mymodel-host1-4711\"");
  }
  order.worker_version = ReadName(reader, "worker_version");
  order.history = reader.Boolean("history", true);
  TIPOFF_TRY_STATUS(reader.status());
  return order;
}

// The request is the message as it lies on the bus; it is put in as text, not parsed once more.
std::string LeasesText(const std::vector<HandedOut>& leases) {
  std::string text = "{\"leases\":[";
  for (const HandedOut& lease : leases) {
    if (&lease != &leases.front()) text += ',';
    text += fmt::format(R"({{"token":"{}","expires_at":"{}","deliveries":{},"request":{}}})",
                        Encode(lease.ticket), FormatInstant(lease.expires_at),
                        lease.ticket.deliveries, Encode(lease.request));
  }
  return text + "]}\n";
}

void Take(const Desk& desk, const Call& call, const Flag& draining) {
  auto order = ReadOrder(call);
  if (!order.ok()) return call.Fail(order.error());
  order->wanted = [responder = call.responder] { return responder->alive(); };
  order->may_wait = [draining] { return !*draining; };
  desk->Take(std::move(*order), [call](Result<std::vector<HandedOut>> leases) {
    if (!leases.ok()) return call.Fail(leases.error());
    HttpResponse response;
    response.body = LeasesText(*leases);
    call.responder->Send(std::move(response));
  });
}

void Heartbeat(const Desk& desk, const Call& call) {
  auto ticket = DecodeLeaseTicket(call.Param("token"));
  if (!ticket.ok()) return call.Fail(ticket.error());
  auto lease = [&]() -> Result<Duration> {
    TIPOFF_TRY(json::object body, call.Body());
    TIPOFF_TRY_STATUS(OnlyFields(body, {"lease"}));
    return ReadLease(body);
  }();
  if (!lease.ok()) return call.Fail(lease.error());
  desk->Extend(std::move(*ticket), *lease, [call](Result<Instant> until) {
    if (until.ok()) return call.Answer(200, json::object{{"expires_at", InstantToJson(*until)}});
    if (until.error().code != Errc::kNotFound) return call.Fail(until.error());
    call.responder->Send(MakeProblem(410, until.error().message));
  });
}

void AnswerReport(const Call& call, const Result<ReportedRequest>& reported) {
  if (!reported.ok()) return call.Fail(reported.error());
  json::object body{{"batch_id", reported->batch.str()},
                    {"player_lookup", nullptr},
                    {"state", reported->given_back ? "open" : ToString(reported->state)},
                    {"predictions", reported->predictions},
                    {"reason", nullptr},
                    {"late", reported->late}};
  if (!reported->player.empty()) body["player_lookup"] = reported->player.str();
  if (!reported->reason.empty()) body["reason"] = reported->reason;
  call.Answer(200, body);
}

// Who did it, if it was not who took it.
Status ReadWorker(JsonReader& reader, LeaseTicket& ticket) {
  std::string worker = ReadName(reader, "worker");
  std::string version = ReadName(reader, "worker_version");
  TIPOFF_TRY_STATUS(reader.status());
  if (!worker.empty()) ticket.worker = std::move(worker);
  if (!version.empty()) ticket.worker_version = std::move(version);
  return Ok();
}

void Complete(const Desk& desk, const Call& call) {
  auto ticket = DecodeLeaseTicket(call.Param("token"));
  if (!ticket.ok()) return call.Fail(ticket.error());
  auto report = [&]() -> Result<WorkReport> {
    TIPOFF_TRY(json::object body, call.Body());
    TIPOFF_TRY_STATUS(
        OnlyFields(body, {"predictions", "worker", "worker_version", "data_version"}));
    json::value value(std::move(body));
    WorkReport read;
    TIPOFF_TRY(read.predictions, ReadPredictions(value));
    JsonReader reader(value);
    read.data_version = ReadName(reader, "data_version");
    TIPOFF_TRY_STATUS(ReadWorker(reader, *ticket));
    return read;
  }();
  if (!report.ok()) return call.Fail(report.error());
  desk->Report(std::move(*ticket), std::move(*report),
               [call](Result<ReportedRequest> reported) { AnswerReport(call, reported); });
}

void GiveBack(const Desk& desk, const Call& call, LeaseTicket ticket, Duration delay) {
  ReportedRequest open{.batch = ticket.batch, .given_back = true};
  desk->GiveBack(std::move(ticket), delay, [call, open](Status status) {
    if (!status.ok()) return call.Fail(status.error());
    AnswerReport(call, open);
  });
}

struct Failure {
  std::string kind;
  std::string reason;
};

Result<Failure> ReadFailure(const Call& call, LeaseTicket& ticket) {
  TIPOFF_TRY(json::object body, call.Body());
  TIPOFF_TRY_STATUS(OnlyFields(body, {"kind", "reason", "worker", "worker_version"}));
  json::value value(std::move(body));
  JsonReader reader(value);
  Failure failure{reader.Text("kind"), CutUtf8(reader.Text("reason"), limits::kReasonBytes)};
  if (failure.kind != "skip" && failure.kind != "error" && failure.kind != "transient") {
    reader.Fail("kind",
                "must be skip (it will never be otherwise), error (a bug or bad data: tried "
                "again a few times) or transient (something did not answer)");
  }
  if (failure.reason.empty() && failure.kind != "transient") {
    reader.Fail("reason", "is missing: why, in a few words");
  }
  TIPOFF_TRY_STATUS(ReadWorker(reader, ticket));
  return failure;
}

void Fail(const Desk& desk, const Call& call) {
  auto ticket = DecodeLeaseTicket(call.Param("token"));
  if (!ticket.ok()) return call.Fail(ticket.error());
  auto failure = ReadFailure(call, *ticket);
  if (!failure.ok()) return call.Fail(failure.error());
  auto answer = [call](Result<ReportedRequest> reported) { AnswerReport(call, reported); };
  if (failure->kind == "skip") {
    WorkReport report;
    report.status = RequestState::kSkipped;
    report.reason = std::move(failure->reason);
    return desk->Report(std::move(*ticket), std::move(report), answer);
  }
  if (failure->kind == "error") {
    return desk->ReportError(std::move(*ticket), std::move(failure->reason), answer);
  }
  Duration delay = GiveBackDelay(ticket->deliveries);
  GiveBack(desk, call, std::move(*ticket), delay);
}

void Release(const Desk& desk, const Call& call) {
  auto ticket = DecodeLeaseTicket(call.Param("token"));
  if (!ticket.ok()) return call.Fail(ticket.error());
  GiveBack(desk, call, std::move(*ticket), Duration(0));
}

}  // namespace

void AddLeaseRoutes(Router& router, const ApiParts& parts, const Flag& draining) {
  auto desk = std::make_shared<LeaseDesk>(parts);
  auto add = [&router, desk](const char* path, void (*handle)(const Desk&, const Call&)) {
    router.Add("POST", path, Role::kWork, [desk, handle](Call call) { handle(desk, call); });
  };
  router.Add("POST", "/v1/leases", Role::kWork,
             [desk, draining](const Call& call) { Take(desk, call, draining); });
  add("/v1/leases/{token}:heartbeat", Heartbeat);
  add("/v1/leases/{token}:complete", Complete);
  add("/v1/leases/{token}:fail", Fail);
  add("/v1/leases/{token}:release", Release);
}

}  // namespace tipoff
