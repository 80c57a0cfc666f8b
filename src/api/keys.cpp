#include "api/keys.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <array>

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/panic.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr char kKind[] = "key";
constexpr std::string_view kPrefix = "tip_";
constexpr std::size_t kIdLength = 8;
constexpr std::size_t kSecretLength = 36;
constexpr std::size_t kKeysPerPage = 500;
// Keys are made by hand; so many mean that something makes them in a loop.
constexpr std::size_t kKeysMax = 50'000;

// `length` characters of an alphabet of at most 62, each equally likely.
Result<std::string> SecureText(std::size_t length, std::string_view alphabet) {
  std::size_t fair = 256 / alphabet.size() * alphabet.size();
  std::string text;
  std::array<unsigned char, 64> bytes{};
  while (text.size() < length) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
      return Error{Errc::kUnavailable, "the system gives no secure random numbers: try again"};
    }
    for (unsigned char byte : bytes) {
      if (byte < fair && text.size() < length) text += alphabet[byte % alphabet.size()];
    }
  }
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return text;
}

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";

bool IsId(std::string_view text) {
  return text.size() == kIdLength && text.find_first_not_of(kBase36) == std::string_view::npos;
}

Record ToRecord(const ApiKey& key) {
  json::object body;
  body["name"] = key.name;
  body["role"] = ToString(key.role);
  body["hash"] = key.hash;
  body["created_at"] = InstantToJson(key.created_at);
  body["revoked_at"] = InstantToJson(key.revoked_at);
  return Record{.kind = kKind, .id = key.id, .body = DumpJson(body)};
}

Result<ApiKey> FromRecord(const Record& record) {
  TIPOFF_TRY(json::value body, ParseJson(record.body));
  JsonReader reader(body);
  ApiKey key;
  key.id = record.id;
  key.name = reader.Text("name");
  key.hash = reader.Text("hash");
  key.created_at = reader.At("created_at");
  key.revoked_at = reader.At("revoked_at");
  std::string role = reader.Text("role");
  TIPOFF_TRY_STATUS(reader.status());
  if (role != ToString(Role::kNone)) {  // What a damaged one has once it is revoked.
    TIPOFF_TRY(key.role, ParseRole(role));
  }
  return key;
}

// One that is damaged counts as a key, so that the doors stay closed, but opens nothing.
ApiKey FromRecordOrDead(const Record& record) {
  auto key = FromRecord(record);
  if (key.ok()) return std::move(*key);
  Log(Severity::kWarning, "the record of a key can't be read: revoke it and add another",
      {{"key", record.id}, {"problem", key.error().message}});
  return ApiKey{.id = record.id, .name = "(damaged)", .created_at = record.at};
}

void ListFrom(Store& store, std::string after, std::vector<ApiKey> listed,
              DoneWith<std::vector<ApiKey>> done) {
  store.ListRecords(
      {.kind = kKind, .after = std::move(after), .limit = kKeysPerPage},
      [&store, listed = std::move(listed), done](Result<std::vector<Record>> page) mutable {
        if (!page.ok()) return done(page.error());
        for (const Record& record : *page) listed.push_back(FromRecordOrDead(record));
        if (page->size() < kKeysPerPage) return done(std::move(listed));
        if (listed.size() >= kKeysMax) {
          return done(Error{Errc::kExhausted, fmt::format("there are over {} keys", kKeysMax)});
        }
        std::string last = page->back().id;
        ListFrom(store, last, std::move(listed), done);
      });
}

}  // namespace

Status CheckKeyName(std::string_view name) {
  static constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
  if (!name.empty() && name.size() <= 64 &&
      name.find_first_not_of(kAllowed) == std::string_view::npos) {
    return Ok();
  }
  return Error{Errc::kInvalid,
               "name: must be 1 to 64 letters, digits, '.', '_', '@' or '-', such as "
               "nightly-scheduler"};
}

Status CheckKeyId(std::string_view id) {
  if (IsId(id)) return Ok();
  return Error{Errc::kInvalid,
               "id: a key's id is 8 lower-case letters and digits, as `tipoff keys list` shows it"};
}

Result<NewApiKey> MakeKey(std::string name, Role role, Instant now) {
  TIPOFF_TRY_STATUS(CheckKeyName(name));
  if (role == Role::kNone) return Error{Errc::kInvalid, "role: use read, work or operate"};
  NewApiKey made;
  TIPOFF_TRY(made.key.id, SecureText(kIdLength, kBase36));
  TIPOFF_TRY(std::string secret, SecureText(kSecretLength, kBase62));
  made.text = fmt::format("{}{}_{}", kPrefix, made.key.id, secret);
  made.key.name = std::move(name);
  made.key.role = role;
  made.key.hash = Sha256Hex(made.text);
  made.key.created_at = now;
  return made;
}

Result<std::string> MakeSecret() { return SecureText(kSecretLength, kBase62); }

void StoreKey(Store& store, const ApiKey& key, DoneWith<Done> done) {
  Record record = ToRecord(key);
  std::string body = record.body;
  store.PutRecord(std::move(record), PutMode::kFirstStays,
                  [body = std::move(body), done = std::move(done)](Result<Record> stored) {
                    if (!stored.ok()) return done(stored.error());
                    if (stored->body == body) return done(Ok());
                    done(Error{Errc::kExists, "another key has this id: add one more"});
                  });
}

void ListKeys(Store& store, DoneWith<std::vector<ApiKey>> done) {
  ListFrom(store, "", {}, std::move(done));
}

void RevokeKey(Store& store, std::string id, DoneWith<ApiKey> done) {
  TIPOFF_CHECK(IsId(id), "RevokeKey of what is no id");
  store.GetRecord(kKind, id, [&store, done = std::move(done)](Result<Record> found) {
    if (!found.ok()) return done(found.error());
    ApiKey key = FromRecordOrDead(*found);
    if (!key.revoked_at.never()) return done(key);
    key.revoked_at = store.Now();
    store.PutRecord(ToRecord(key), PutMode::kReplace, [key, done](Result<Record> stored) {
      if (!stored.ok()) return done(stored.error());
      done(key);
    });
  });
}

std::string_view KeyIdOf(std::string_view text) {
  std::size_t start = kPrefix.size();
  bool like_one = text.starts_with(kPrefix) && text.size() > start + kIdLength + 1 &&
                  text[start + kIdLength] == '_' && IsId(text.substr(start, kIdLength));
  return like_one ? text.substr(start, kIdLength) : std::string_view();
}

bool SameDigest(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tipoff
