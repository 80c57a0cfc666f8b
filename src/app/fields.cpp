#include "app/fields.h"

#include "base/json.h"
#include "core/batch.h"
#include "view/worker_presence.h"

namespace tipoff {

namespace json = boost::json;

std::string FieldText(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  if (value == nullptr) return "";
  if (value->is_string()) return std::string(value->as_string());
  return value->is_number() ? DumpJson(*value) : "";
}

double FieldNumber(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

std::int64_t FieldInteger(const json::object& object, std::string_view field) {
  return static_cast<std::int64_t>(FieldNumber(object, field));
}

bool FieldTrue(const json::object& object, std::string_view field) {
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_bool() && value->as_bool();
}

const json::object& FieldObject(const json::object& object, std::string_view field) {
  static const json::object empty;
  const json::value* value = object.if_contains(field);
  return value != nullptr && value->is_object() ? value->as_object() : empty;
}

Duration FieldSeconds(const json::object& object, std::string_view field) {
  return Duration(static_cast<std::int64_t>(FieldNumber(object, field) * 1e6));
}

Instant FieldInstant(const json::object& object, std::string_view field) {
  auto at = ParseInstant(FieldText(object, field));
  return at.ok() ? *at : Instant();
}

std::int64_t DoneRequests(const json::object& batch) {
  const json::object& counts = FieldObject(batch, "counts");
  return FieldInteger(counts, "succeeded") + FieldInteger(counts, "skipped");
}

bool BatchEnded(const json::object& batch) {
  auto phase = ParsePhase(FieldText(batch, "phase"));
  return phase.ok() && IsTerminal(*phase);
}

bool IsAtWork(const json::object& worker, Instant now) {
  return FieldText(worker, "stopped_at").empty() &&
         now - FieldInstant(worker, "seen_at") <= 3 * kPresencePeriod;
}

}  // namespace tipoff
