#include "view/announcement.h"

#include <fmt/format.h>

#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::size_t kNamedInText = 5;

bool AboutAnEnd(const Announcement& announcement) { return announcement.kind == "batch.ended"; }

bool Ended(const Batch& batch, Phase phase) { return batch.phase == phase; }

std::uint32_t MissingCount(const Batch& batch) { return batch.expected() - batch.counts.done(); }

std::vector<std::string> NextCommands(const Batch& batch) {
  if (!Ended(batch, Phase::kPartial) && !Ended(batch, Phase::kFailed)) return {};
  std::vector<std::string> commands{"tipoff batch why " + batch.id.str()};
  if (MissingCount(batch) > 0) commands.push_back("tipoff batch retry " + batch.id.str());
  return commands;
}

std::string NameOf(const NewRequest& request) {
  return request.spec.player_name.empty() ? request.row.player.str() : request.spec.player_name;
}

json::object MissingToJson(const Batch& batch, std::span<const NewRequest> missing) {
  json::array first;
  for (const NewRequest& request : missing) {
    json::object player{{"player_id", request.row.player.str()},
                        {"player_name", request.spec.player_name},
                        {"state", ToString(StateUnder(batch, request.row))},
                        {"reason", nullptr}};
    if (!request.row.reason.empty()) player["reason"] = request.row.reason;
    first.push_back(std::move(player));
  }
  return {{"count", MissingCount(batch)}, {"first", std::move(first)}};
}

// What of the autopsy fits into a message; who is missing stands beside it.
json::value AutopsyFor(std::string_view autopsy) {
  if (autopsy.empty()) return nullptr;
  auto whole = ParseJson(autopsy);
  if (!whole.ok() || !whole->is_object()) return nullptr;
  json::object some;
  for (const char* part : {"causes", "failures", "next_command"}) {
    if (const json::value* found = whole->as_object().if_contains(part)) some[part] = *found;
  }
  return some;
}

json::object DataOf(const Batch& batch, std::span<const NewRequest> missing,
                    std::string_view autopsy) {
  json::object data = BatchToJson(batch, batch.terminal_at);
  data["missing"] = MissingToJson(batch, missing);
  json::array next;
  for (const std::string& command : NextCommands(batch)) next.emplace_back(command);
  data["next"] = std::move(next);
  data["autopsy"] = AutopsyFor(autopsy);
  return data;
}

// An alert's detail as it was written; as a text if it is no JSON.
json::value DetailOf(const Announcement& announcement) {
  auto detail = ParseJson(announcement.detail);
  if (detail.ok()) return std::move(*detail);
  return json::object{{"message", announcement.detail}};
}

// What Slack would take for markup.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string MissingText(const Batch& batch, std::span<const NewRequest> missing) {
  std::uint32_t count = MissingCount(batch);
  if (count == 0) return "";
  std::string names;
  std::size_t named = std::min(missing.size(), kNamedInText);
  for (const NewRequest& request : missing.first(named)) {
    names += (names.empty() ? "" : ", ") + NameOf(request);
  }
  if (count > named) names += fmt::format("{}{} more", names.empty() ? "" : " and ", count - named);
  return fmt::format("\nWithout a prediction: {}.", names);
}

// The last cause is the fault; those before it lead there.
std::string WhyText(std::string_view autopsy) {
  json::value parts = AutopsyFor(autopsy);
  const json::value* causes = parts.is_object() ? parts.as_object().if_contains("causes") : nullptr;
  if (causes == nullptr || !causes->is_array() || causes->as_array().empty()) return "";
  const json::value& fault = causes->as_array().back();
  return fault.is_string() ? "\nWhy: " + std::string(fault.as_string()) : "";
}

std::string EndText(const Batch& batch, std::span<const NewRequest> missing,
                    std::string_view autopsy) {
  std::string text = fmt::format(
      "tipoff: the batch of {} ended {} ({})\n{} of {} players done, {} skipped; {} predictions.",
      FormatDay(batch.slot.game_date), ToString(batch.phase), ToString(batch.reason),
      batch.counts[RequestState::kSucceeded], batch.expected(),
      batch.counts[RequestState::kSkipped], batch.predictions);
  if (!batch.slot.dataset.empty()) text += fmt::format(" Dataset {}.", batch.slot.dataset);
  bool clean = Ended(batch, Phase::kSucceeded);
  if (!clean && !batch.message.empty()) text += " " + batch.message;
  text += MissingText(batch, missing);
  text += WhyText(autopsy);
  std::string next;
  for (const std::string& command : NextCommands(batch)) {
    next += fmt::format("{}`{}`", next.empty() ? "\nNext: " : ", then ", command);
  }
  return text + next;
}

std::string AlertText(const Announcement& announcement) {
  json::value detail = DetailOf(announcement);
  JsonReader reader(detail);
  std::string message = reader.Text("message");
  if (message.empty()) message = announcement.detail;
  std::string where;
  if (!announcement.batch.empty()) where = ", at batch " + announcement.batch.str();
  return fmt::format("tipoff: ALERT ({}{}): {}\nNext: `tipoff doctor`", announcement.kind, where,
                     message);
}

}  // namespace

std::string_view StateOf(const Announcement& announcement) {
  if (!announcement.sent_at.never()) return "sent";
  return announcement.dead ? "dead" : "pending";
}

json::object AnnouncementToJson(const Announcement& announcement) {
  json::object object{{"id", announcement.id},
                      {"kind", announcement.kind},
                      {"batch_id", announcement.batch.str()},
                      {"target", announcement.target},
                      {"state", StateOf(announcement)},
                      {"tries", announcement.tries},
                      {"recorded_at", InstantToJson(announcement.recorded_at)},
                      {"due_at", nullptr},
                      {"sent_at", InstantToJson(announcement.sent_at)},
                      {"last_error", nullptr}};
  if (StateOf(announcement) == "pending") object["due_at"] = InstantToJson(announcement.due_at);
  if (!announcement.last_error.empty()) object["last_error"] = announcement.last_error;
  return object;
}

json::object CloudEventOf(const Announcement& announcement, const Batch& batch,
                          std::span<const NewRequest> missing, const std::string& source,
                          std::string_view autopsy) {
  json::object event{{"specversion", "1.0"},
                     {"id", announcement.id},
                     {"source", source},
                     {"type", "org.tipoff." + announcement.kind},
                     {"time", InstantToJson(announcement.recorded_at)},
                     {"datacontenttype", "application/json"}};
  if (!announcement.batch.empty()) event["subject"] = announcement.batch.str();
  if (AboutAnEnd(announcement)) {
    event["data"] = DataOf(batch, missing, autopsy);
  } else {
    event["data"] = DetailOf(announcement);
  }
  return event;
}

json::object SlackMessageOf(const Announcement& announcement, const Batch& batch,
                            std::span<const NewRequest> missing, std::string_view autopsy) {
  return {{"text", Escape(AboutAnEnd(announcement) ? EndText(batch, missing, autopsy)
                                                   : AlertText(announcement))}};
}

}  // namespace tipoff
