#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/fields.h"
#include "api/orders.h"
#include "api/routes.h"
#include "base/json.h"
#include "view/announcement.h"

namespace tipoff {
namespace {

namespace json = boost::json;

Result<AnnouncementFilter> ReadFilter(const Call& call) {
  QueryReader reader(call.request);
  TIPOFF_TRY_STATUS(reader.Only({"state", "target", "limit", "cursor"}));
  TIPOFF_TRY(std::int64_t limit, reader.Integer("limit", 100, 1, 500));
  AnnouncementFilter filter;
  filter.limit = static_cast<std::size_t>(limit);
  filter.target = std::string(call.request.Query("target"));
  filter.after = std::string(call.request.Query("cursor"));
  std::string_view state = call.request.Query("state");
  if (state == "pending") filter.state = AnnouncementState::kPending;
  if (state == "dead") filter.state = AnnouncementState::kDead;
  if (state == "sent") filter.state = AnnouncementState::kSent;
  if (!state.empty() && !filter.state) {
    return Error{Errc::kInvalid, fmt::format("state: '{}' is none of pending, dead, sent", state)};
  }
  return filter;
}

// How each target stands: those that this coordinator sends to, and those that somebody has put
// announcements down for. One with announcements and without a sender is known to nobody here.
json::array TargetsToJson(const std::vector<AnnouncementCount>& counts,
                          const std::vector<std::string>& known) {
  std::map<std::string, AnnouncementCount> targets;
  for (const std::string& name : known) targets[name].target = name;
  for (const AnnouncementCount& count : counts) targets[count.target] = count;
  json::array array;
  for (const auto& [name, count] : targets) {
    array.push_back({{"target", name},
                     {"known", std::find(known.begin(), known.end(), name) != known.end()},
                     {"pending", count.pending},
                     {"dead", count.dead},
                     {"oldest_at", InstantToJson(count.oldest)}});
  }
  return array;
}

void List(const ApiParts& parts, const Call& call) {
  auto filter = ReadFilter(call);
  if (!filter.ok()) return call.Fail(filter.error());
  std::size_t limit = filter->limit++;  // One more tells whether there is another page.
  Store& store = parts.store;
  std::vector<std::string> known = parts.coordinator.announcer().targets();
  store.ListAnnouncements(
      std::move(*filter), [&store, call, limit, known](Result<std::vector<Announcement>> found) {
        if (!found.ok()) return call.Fail(found.error());
        json::object answer{{"announcements", json::array()}, {"next_cursor", nullptr}};
        if (found->size() > limit) {
          found->resize(limit);
          answer["next_cursor"] = found->back().id;
        }
        json::array& announcements = answer["announcements"].as_array();
        for (const Announcement& item : *found) announcements.push_back(AnnouncementToJson(item));
        store.CountAnnouncements(
            [call, answer, known](Result<std::vector<AnnouncementCount>> counts) mutable {
              if (!counts.ok()) return call.Fail(counts.error());
              answer["targets"] = TargetsToJson(*counts, known);
              call.Answer(200, answer);
            });
      });
}

// Sent again from the beginning, with all its tries, under the id that it has.
void Resend(const ApiParts& parts, const Call& call) {
  auto why = ReadOnlyReason(call);
  if (!why.ok()) return call.Fail(why.error());
  std::string id = call.Param("id");
  auto update = [parts, call](Announcement announcement) {
    announcement.tries = 0;
    announcement.dead = false;
    announcement.sent_at = {};
    announcement.due_at = parts.store.Now();
    parts.store.UpdateAnnouncement(announcement, [parts, call, announcement](Status written) {
      if (!written.ok()) return call.Fail(written.error());
      parts.coordinator.announcer().Kick();
      call.Answer(200, AnnouncementToJson(announcement));
    });
  };
  Audited(parts, call, {"announcements.resend", id, *why}, [parts, call, id, update] {
    parts.store.ListAnnouncements(
        {.id = id}, [call, id, update](Result<std::vector<Announcement>> found) {
          if (!found.ok()) return call.Fail(found.error());
          if (found->empty()) {
            return call.Fail({Errc::kNotFound, fmt::format("there is no announcement '{}': "
                                                           "`tipoff announcements list` shows them",
                                                           id)});
          }
          update(std::move(found->front()));
        });
  });
}

}  // namespace

void AddAnnouncementRoutes(Router& router, const ApiParts& parts) {
  router.Add("GET", "/v1/announcements", Role::kRead,
             [parts](const Call& call) { List(parts, call); });
  router.Add("POST", "/v1/announcements/{id}:resend", Role::kOperate,
             [parts](const Call& call) { Resend(parts, call); });
}

}  // namespace tipoff
