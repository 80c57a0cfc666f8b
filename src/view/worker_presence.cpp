#include "view/worker_presence.h"

#include "base/json.h"

namespace tipoff {
namespace {

std::uint64_t ReadCount(JsonReader& reader, std::string_view field) {
  std::int64_t count = reader.Integer(field);
  if (count < 0) reader.Fail(field, "must not be negative");
  return static_cast<std::uint64_t>(count);
}

}  // namespace

std::string Encode(const WorkerPresence& presence) {
  boost::json::object object{{"name", presence.name},
                             {"process", presence.process},
                             {"version", presence.version},
                             {"group", presence.group},
                             {"held", nullptr},
                             {"done", nullptr},
                             {"failed", nullptr},
                             {"started_at", InstantToJson(presence.started_at)}};
  if (presence.counts) {
    object["held"] = presence.counts->held;
    object["done"] = presence.counts->done;
    object["failed"] = presence.counts->failed;
  }
  if (!presence.asked_at.never()) object["asked_at"] = InstantToJson(presence.asked_at);
  if (!presence.refusal.empty()) object["refusal"] = presence.refusal;
  if (!presence.stopped_at.never()) object["stopped_at"] = InstantToJson(presence.stopped_at);
  return DumpJson(object);
}

Result<WorkerPresence> DecodeWorkerPresence(std::string_view body) {
  auto value = ParseJson(body);
  if (!value.ok()) return Error{Errc::kCorrupt, value.error().message};
  JsonReader reader(*value);
  WorkerPresence presence;
  presence.name = reader.Text("name");
  presence.process = reader.Text("process");
  presence.version = reader.Text("version");
  presence.group = reader.Text("group");
  if (reader.Has("held")) {
    presence.counts = {ReadCount(reader, "held"), ReadCount(reader, "done"),
                       ReadCount(reader, "failed")};
  }
  presence.started_at = reader.At("started_at");
  presence.stopped_at = reader.At("stopped_at");
  presence.asked_at = reader.At("asked_at");
  presence.refusal = reader.Text("refusal");
  if (!reader.status().ok()) return Error{Errc::kCorrupt, reader.status().error().message};
  return presence;
}

}  // namespace tipoff
