#include "api/audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "base/utf8.h"
#include "core/limits.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr char kKind[] = "audit";
constexpr std::size_t kEntriesPerPage = 500;

// Sixteen digits of microseconds last until the year 2286.
std::string TimePart(Instant at) { return fmt::format("{:016}", at.micros()); }

bool IsEntryId(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  return text.size() > kDigits + 1 && text.find_first_not_of("0123456789") == kDigits &&
         text[kDigits] == '-';
}

// One line of UTF-8 whatever comes in, so that no input can make its own entry unreadable or write
// on an operator's terminal; at most kReasonBytes, not cut within a character.
std::string Clean(std::string text) {
  bool utf8 = IsUtf8(text);
  for (char& c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
    if (byte >= 0x80 && !utf8) c = '?';
  }
  return CutUtf8(std::move(text), limits::kReasonBytes);
}

std::string ToBody(const AuditEntry& entry) {
  json::object body;
  body["who"] = Clean(entry.who);
  body["role"] = ToString(entry.role);
  body["action"] = Clean(entry.action);
  body["target"] = Clean(entry.target);
  body["why"] = Clean(entry.why);
  body["from"] = Clean(entry.from);
  return DumpJson(body);
}

Result<AuditEntry> FromBody(const std::string& text) {
  TIPOFF_TRY(json::value body, ParseJson(text));
  JsonReader reader(body);
  AuditEntry entry;
  entry.who = reader.Text("who");
  std::string role = reader.Text("role");
  entry.action = reader.Text("action");
  entry.target = reader.Text("target");
  entry.why = reader.Text("why");
  entry.from = reader.Text("from");
  TIPOFF_TRY_STATUS(reader.status());
  if (role != ToString(Role::kNone)) {
    TIPOFF_TRY(entry.role, ParseRole(role));
  }
  return entry;
}

AuditRecord ToAuditRecord(const Record& record) {
  auto entry = FromBody(record.body);
  return {record.id, record.at, entry.ok() ? *entry : AuditEntry{.action = "(damaged)"}};
}

}  // namespace

Audit::Audit(Store& store, Random& random) : store_(store), random_(random) {}

void Audit::Write(AuditEntry entry, DoneWith<Done> done) {
  Record record{.kind = kKind,
                .id = TimePart(store_.Now()) + "-" + RandomToken(random_, 12),
                .body = ToBody(entry)};
  std::string body = record.body;
  store_.PutRecord(std::move(record), PutMode::kFirstStays,
                   [body = std::move(body), done = std::move(done)](Result<Record> stored) {
                     if (!stored.ok()) return done(Annotate(stored.error(), "audit log"));
                     if (stored->body == body) return done(Ok());
                     done(Error{Errc::kConflict, "audit log: the entry's id is taken: try again"});
                   });
}

void Audit::List(AuditFilter filter, DoneWith<AuditPage> done) {
  if (!filter.after.empty() && !IsEntryId(filter.after)) {
    return done(Error{Errc::kInvalid,
                      "cursor: is not one that the audit log gave; begin again without one"});
  }
  std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kEntriesPerPage);
  std::string oldest = filter.since.never() ? "" : TimePart(filter.since);
  store_.ListRecords(
      {.kind = kKind, .newest_first = true, .after = std::move(filter.after), .limit = limit},
      [limit, oldest, done = std::move(done)](Result<std::vector<Record>> listed) {
        if (!listed.ok()) return done(listed.error());
        AuditPage page;
        for (const Record& record : *listed) {
          if (record.id < oldest) return done(std::move(page));
          page.records.push_back(ToAuditRecord(record));
        }
        if (listed->size() == limit) page.next = listed->back().id;
        done(std::move(page));
      });
}

}  // namespace tipoff
