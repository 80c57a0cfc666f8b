// The audit log: who did what to what, why and from where. Entries are only ever added.
//
// Whoever acts for an operator writes the entry first and acts only if that succeeded: an action
// whose entry can't be written is refused. An entry may therefore tell of an action that failed.
#pragma once

#include <string>
#include <vector>

#include "api/principal.h"
#include "base/instant.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace tipoff {

// Texts are cut to limits::kReasonBytes and cleaned of what is not text. Never put a key, a token
// or a whole request in here.
struct AuditEntry {
  std::string who;  // Principal::name
  Role role = Role::kNone;
  std::string action;  // "batch.clear", "keys.add"
  std::string target;  // A batch's id, a key's id.
  std::string why;     // The operator's reason, if he gave one.
  std::string from;    // "127.0.0.1:5432", "command line"

  friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

struct AuditRecord {
  std::string id;  // Sorts by time.
  Instant at;      // Store time.
  AuditEntry entry;
};

struct AuditFilter {
  Instant since;      // Only entries of that time or later; never: all.
  std::string after;  // Cursor of the page before; "" for the first page.
  std::size_t limit = 100;
};

struct AuditPage {
  std::vector<AuditRecord> records;  // Newest first.
  std::string next;                  // Cursor of the next page; "" if this was the last.
};

class Audit {
 public:
  Audit(Store& store, Random& random);

  // Posts Ok once the entry is durable. After kUnknownOutcome it may be there; writing it again
  // then makes a second one, which does no harm.
  void Write(AuditEntry entry, DoneWith<Done> done);

  // One page, of at most 500. An entry that can't be read is shown with the action "(damaged)".
  void List(AuditFilter filter, DoneWith<AuditPage> done);

 private:
  Store& store_;
  Random& random_;
};

}  // namespace tipoff
