#include "view/trouble.h"

#include "base/json.h"

namespace tipoff {

std::string Encode(const Trouble& trouble) {
  boost::json::object object{{"layer", ToString(trouble.layer)},
                             {"kind", trouble.kind},
                             {"process", trouble.process},
                             {"first_at", InstantToJson(trouble.first_at)},
                             {"last_at", InstantToJson(trouble.last_at)},
                             {"count", trouble.count},
                             {"message", trouble.message}};
  if (!trouble.batch.empty()) object["batch_id"] = trouble.batch.str();
  return DumpJson(object);
}

Result<Trouble> DecodeTrouble(std::string_view body) {
  auto value = ParseJson(body);
  if (!value.ok()) return Error{Errc::kCorrupt, value.error().message};
  JsonReader reader(*value);
  Trouble trouble;
  auto layer = ParseLayer(reader.Text("layer"));
  if (layer.ok()) {
    trouble.layer = *layer;
  } else {
    reader.Fail("layer", layer.error().message);
  }
  trouble.kind = reader.Text("kind");
  trouble.process = reader.Text("process");
  trouble.first_at = reader.At("first_at");
  trouble.last_at = reader.At("last_at");
  std::int64_t count = reader.Integer("count");
  if (count < 0) reader.Fail("count", "must not be negative");
  trouble.count = static_cast<std::uint64_t>(count);
  trouble.message = reader.Text("message");
  trouble.batch = BatchId(reader.Text("batch_id"));
  if (!reader.status().ok()) return Error{Errc::kCorrupt, reader.status().error().message};
  return trouble;
}

}  // namespace tipoff
