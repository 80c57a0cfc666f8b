#include "app/audit.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "api/audit.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// "user:alice"; by number if the system has no name for him.
std::string SystemUser() {
  const passwd* user = getpwuid(geteuid());
  return user != nullptr ? fmt::format("user:{}", user->pw_name)
                         : fmt::format("user:{}", geteuid());
}

json::object ToJson(const AuditRecord& record) {
  json::object object;
  object["id"] = record.id;
  object["at"] = InstantToJson(record.at);
  object["who"] = record.entry.who;
  object["role"] = ToString(record.entry.role);
  object["action"] = record.entry.action;
  object["target"] = record.entry.target;
  object["why"] = record.entry.why;
  object["from"] = record.entry.from;
  return object;
}

void Print(const std::vector<AuditRecord>& records, Output output) {
  if (output == Output::kJson) {
    json::array array;
    for (const AuditRecord& record : records) array.push_back(ToJson(record));
    fmt::print("{}\n", DumpJsonPretty(array));
    return;
  }
  TextTable table({"AT", "WHO", "ROLE", "ACTION", "TARGET", "WHY", "FROM"});
  for (const auto& [id, at, entry] : records) {
    table.Row({FormatInstant(at), entry.who, std::string(ToString(entry.role)), entry.action,
               entry.target, entry.why, entry.from});
  }
  if (output == Output::kCsv) {
    fmt::print("{}", table.Csv());
  } else if (records.empty()) {
    fmt::print("no entries\n");
  } else {
    fmt::print("{}", table.Text());
  }
}

// The newest `limit` entries, page by page.
Result<std::vector<AuditRecord>> Newest(Engines& engines, Instant since, std::size_t limit) {
  Audit audit(engines.store(), engines.random());
  std::vector<AuditRecord> records;
  AuditFilter filter{.since = since};
  do {
    filter.limit = limit - records.size();
    TIPOFF_TRY(AuditPage page,
               engines.Wait<AuditPage>([&](auto done) { audit.List(filter, std::move(done)); }));
    std::move(page.records.begin(), page.records.end(), std::back_inserter(records));
    filter.after = page.next;
  } while (!filter.after.empty() && records.size() < limit);
  return records;
}

struct AuditArguments {
  std::size_t limit = 50;
  std::string since;
};

int ShowAudit(const Globals& globals, const AuditArguments& arguments) {
  Duration age{};
  if (!arguments.since.empty()) {
    auto parsed = ParseDuration(arguments.since);
    if (!parsed.ok()) return Complain(Annotate(parsed.error(), "--since"));
    age = *parsed;
  }
  auto engines = Engines::Open(globals, Access::kReadOnly);
  if (!engines.ok()) return Complain(engines.error());
  Instant since = arguments.since.empty() ? Instant() : (*engines)->store().Now() - age;
  auto records = Newest(**engines, since, arguments.limit);
  if (!records.ok()) return Complain(records.error());
  Print(*records, globals.output);
  return kExitSucceeded;
}

}  // namespace

Status WriteAudit(Engines& engines, const std::string& action, const std::string& target,
                  const std::string& why) {
  Audit audit(engines.store(), engines.random());
  AuditEntry entry{.who = SystemUser(),
                   .role = Role::kOperate,
                   .action = action,
                   .target = target,
                   .why = why,
                   .from = "command line"};
  return engines.Wait<Done>([&](auto done) { audit.Write(entry, std::move(done)); });
}

void AddAudit(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* audit = root.add_subcommand("audit", "Who did what, why and from where; newest first");
  auto arguments = std::make_shared<AuditArguments>();
  audit->add_option("--limit", arguments->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 10000));
  audit->add_option("--since", arguments->since, "Only what is younger, such as 2h or 7d");
  audit->callback([&globals, &run, arguments] {
    run = [&globals, arguments] { return ShowAudit(globals, *arguments); };
  });
}

}  // namespace tipoff
