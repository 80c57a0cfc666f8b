// Reads the API's objects leniently: a field that is absent or null is empty, so that another
// version's answers are shown as far as they go. Include it in .cpp files only.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/instant.h"

namespace tipoff {

// A text as it is, a number as people write it; "" otherwise.
std::string FieldText(const boost::json::object& object, std::string_view field);
// 0 if it is no number.
double FieldNumber(const boost::json::object& object, std::string_view field);
std::int64_t FieldInteger(const boost::json::object& object, std::string_view field);
bool FieldTrue(const boost::json::object& object, std::string_view field);
// The object in a field; an empty one if there is none.
const boost::json::object& FieldObject(const boost::json::object& object, std::string_view field);
// A number of seconds.
Duration FieldSeconds(const boost::json::object& object, std::string_view field);
Instant FieldInstant(const boost::json::object& object, std::string_view field);

// Succeeded or skipped requests of a batch.
std::int64_t DoneRequests(const boost::json::object& batch);
bool BatchEnded(const boost::json::object& batch);
// Whether a worker has said lately that it is there, and not that it has stopped.
bool IsAtWork(const boost::json::object& worker, Instant now);

}  // namespace tipoff
