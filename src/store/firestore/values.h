// Firestore's values and documents, made and read. Reading what is absent or of another type gives
// the type's empty value; what must be there is checked by whoever decodes the whole.
#pragma once

#include <google/firestore/v1/document.pb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"

namespace tipoff::firestore {

namespace fs = ::google::firestore::v1;

// Text; bytes where it is no UTF-8, which Firestore refuses in a text.
fs::Value Text(std::string_view text);
fs::Value Bytes(std::string bytes);
fs::Value Integer(std::int64_t number);
fs::Value Boolean(bool flag);
fs::Value Time(Instant at);        // never is 1970.
fs::Value TimeOrNull(Instant at);  // never is null.
fs::Value Texts(const std::vector<std::string>& texts);
fs::Value NoTexts();

std::string TextOf(const fs::Document& document, const std::string& field);
std::int64_t IntegerOf(const fs::Document& document, const std::string& field);
bool BooleanOf(const fs::Document& document, const std::string& field);
Instant TimeOf(const fs::Document& document, const std::string& field);
// The map of texts in a field, by key; empty if there is none.
const ::google::protobuf::Map<std::string, fs::Value>& MapOf(const fs::Document& document,
                                                             const std::string& field);
std::string TextOf(const fs::Value& value);

Instant ToInstant(const ::google::protobuf::Timestamp& time);
void SetTimestamp(Instant at, ::google::protobuf::Timestamp& time);

// A document's id for any text: letters, digits and `-_.~` stay as they are, the rest is escaped,
// what is too long ends in a digest. Different texts have different ids.
std::string SafeId(std::string_view text);
// For ids that sort as their numbers do.
std::string NumberId(std::uint64_t number);
// The last segment of a document's name.
std::string_view LastSegment(std::string_view name);

}  // namespace tipoff::firestore
