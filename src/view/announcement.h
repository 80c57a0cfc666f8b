// What an announcement says to programs and to people. Include it in .cpp files only.
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "store/store.h"

namespace tipoff {

// The thing itself, what is sent and how sending it goes: {id, kind, target, state, ...}.
boost::json::object AnnouncementToJson(const Announcement& announcement);
// "pending", "sent" or "dead".
std::string_view StateOf(const Announcement& announcement);

// A CloudEvent 1.0 in structured mode. Its data is the batch as the API shows it, with `missing`
// (how many requests have no result, and the first of them) and `next`, the commands to type next.
// An alert's data is its detail. `source` names who announces. `autopsy`: the body of the batch's
// record of it, "" while there is none; its causes and failures go into the data.
boost::json::object CloudEventOf(const Announcement& announcement, const Batch& batch,
                                 std::span<const NewRequest> missing, const std::string& source,
                                 std::string_view autopsy = {});

// {"text": ...}: the same in a few sentences, for channels that people read.
boost::json::object SlackMessageOf(const Announcement& announcement, const Batch& batch,
                                   std::span<const NewRequest> missing,
                                   std::string_view autopsy = {});

}  // namespace tipoff
