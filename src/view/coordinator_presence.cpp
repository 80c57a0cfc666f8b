#include "view/coordinator_presence.h"

#include "base/json.h"

namespace tipoff {

std::string Encode(const CoordinatorPresence& presence) {
  return DumpJson(boost::json::object{{"process", presence.process},
                                      {"started_at", InstantToJson(presence.started_at)},
                                      {"stopped_at", InstantToJson(presence.stopped_at)},
                                      {"swept_at", InstantToJson(presence.swept_at)}});
}

Result<CoordinatorPresence> DecodeCoordinatorPresence(std::string_view body) {
  auto value = ParseJson(body);
  if (!value.ok()) return Error{Errc::kCorrupt, value.error().message};
  JsonReader reader(*value);
  CoordinatorPresence presence;
  presence.process = reader.Text("process");
  presence.started_at = reader.At("started_at");
  presence.stopped_at = reader.At("stopped_at");
  presence.swept_at = reader.At("swept_at");
  if (!reader.status().ok()) return Error{Errc::kCorrupt, reader.status().error().message};
  return presence;
}

}  // namespace tipoff
