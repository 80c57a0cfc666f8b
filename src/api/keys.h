// Keys: how programs say who they are. Kept as records of the store; a key itself is shown once,
// when it is made, and is nowhere kept.
//
// A key is "tip_<id>_<secret>". Its id may be known to anybody and stands in lists and logs. Its
// secret has 36 random characters of 62 (214 bits) of OpenSSL's generator, so that a plain SHA-256
// is enough at rest: nobody can try so many, and salt and slow hashes only help guessable secrets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/principal.h"
#include "base/instant.h"
#include "base/result.h"
#include "store/store.h"

namespace tipoff {

struct ApiKey {
  std::string id;    // 8 characters of [0-9a-z].
  std::string name;  // What uses it: "nightly-scheduler". Not necessarily unique.
  Role role = Role::kNone;
  std::string hash;  // SHA-256 of the whole key, in hex. Never shown.
  Instant created_at;
  Instant revoked_at;  // never: it is good.
};

struct NewApiKey {
  ApiKey key;
  std::string text;  // What its user is given.
};

// 1 to 64 of [A-Za-z0-9._@-], so that a name can stand in any log; else kInvalid.
Status CheckKeyName(std::string_view name);
// kInvalid without repeating the text, since it may be a whole key.
Status CheckKeyId(std::string_view id);

// A fresh key, not yet stored. kInvalid: the name, or a role of kNone. kUnavailable: no secure
// random numbers.
Result<NewApiKey> MakeKey(std::string name, Role role, Instant now);
// 36 random characters that nobody can guess. kUnavailable: no secure random numbers.
Result<std::string> MakeSecret();
// Stores it. After an error it is of no use: make another.
void StoreKey(Store& store, const ApiKey& key, DoneWith<Done> done);

// All that were ever made, by id. One whose record is damaged is listed with the role kNone and no
// hash: it opens nothing.
void ListKeys(Store& store, DoneWith<std::vector<ApiKey>> done);

// Answers the key as it is now; its record stays, with revoked_at. Twice: the first time holds.
// kNotFound if there is none of this id, which must be one by CheckKeyId.
void RevokeKey(Store& store, std::string id, DoneWith<ApiKey> done);

// "" unless `text` has the form of a key: then its id.
std::string_view KeyIdOf(std::string_view text);

// Compares two digests in a time that does not depend on where they differ.
bool SameDigest(std::string_view a, std::string_view b);

}  // namespace tipoff
