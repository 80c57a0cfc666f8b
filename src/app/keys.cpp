#include "app/keys.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "api/keys.h"
#include "app/audit.h"
#include "app/engines.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::object ToJson(const ApiKey& key) {
  json::object object;
  object["id"] = key.id;
  object["name"] = key.name;
  object["role"] = ToString(key.role);
  object["created_at"] = InstantToJson(key.created_at);
  object["revoked_at"] = InstantToJson(key.revoked_at);
  return object;
}

struct KeyArguments {
  std::string name;
  std::string role;
  std::string id;
  std::string reason;
};

// The key alone goes to standard output, so that a script can take it from there.
void PrintNew(const NewApiKey& made, Output output) {
  if (output == Output::kJson) {
    json::object object = ToJson(made.key);
    object["key"] = made.text;
    fmt::print("{}\n", DumpJsonPretty(object));
  } else if (output == Output::kCsv) {
    TextTable table({"id", "name", "role", "key"});
    table.Row({made.key.id, made.key.name, std::string(ToString(made.key.role)), made.text});
    fmt::print("{}", table.Csv());
  } else {
    fmt::print("{}\n", made.text);
  }
  fmt::print(stderr,
             "Key {} of '{}' may {}. It is shown this once and kept nowhere: store it now, and "
             "send it in the header X-API-Key.\n",
             made.key.id, made.key.name, ToString(made.key.role));
}

int Add(const Globals& globals, const KeyArguments& arguments) {
  auto role = ParseRole(arguments.role);
  if (!role.ok()) return Complain(Annotate(role.error(), "--role"));
  // Before a data folder is made for a name that is refused.
  if (Status name = CheckKeyName(arguments.name); !name.ok()) return Complain(name.error());
  auto engines = Engines::Open(globals, Access::kReadWrite);
  if (!engines.ok()) return Complain(engines.error());
  auto keys = (*engines)->Wait<std::vector<ApiKey>>(
      [&](auto done) { ListKeys((*engines)->store(), std::move(done)); });
  if (!keys.ok()) return Complain(keys.error());
  for (const ApiKey& key : *keys) {
    if (key.name != arguments.name || !key.revoked_at.never()) continue;
    return Complain({Errc::kExists,
                     fmt::format("there is a key of that name already, {}: take another name, so "
                                 "that the audit log can tell them apart, or revoke it first",
                                 key.id)});
  }
  auto made = MakeKey(arguments.name, *role, (*engines)->store().Now());
  if (!made.ok()) return Complain(made.error());
  Status audited =
      WriteAudit(**engines, "keys.add",
                 fmt::format("{} ({}, {})", made->key.id, made->key.name, ToString(made->key.role)),
                 arguments.reason);
  if (!audited.ok()) return Complain(audited.error());
  Status stored = (*engines)->Wait<Done>(
      [&](auto done) { StoreKey((*engines)->store(), made->key, std::move(done)); });
  if (!stored.ok()) return Complain(stored.error());
  PrintNew(*made, globals.output);
  return kExitSucceeded;
}

void PrintKeys(const std::vector<ApiKey>& keys, Output output) {
  if (output == Output::kJson) {
    json::array array;
    for (const ApiKey& key : keys) array.push_back(ToJson(key));
    fmt::print("{}\n", DumpJsonPretty(array));
    return;
  }
  TextTable table({"ID", "NAME", "ROLE", "CREATED", "REVOKED"});
  for (const ApiKey& key : keys) {
    table.Row({key.id, key.name, std::string(ToString(key.role)), FormatInstant(key.created_at),
               FormatInstant(key.revoked_at)});
  }
  if (output == Output::kCsv) {
    fmt::print("{}", table.Csv());
  } else if (keys.empty()) {
    fmt::print("no keys\n");
  } else {
    fmt::print("{}", table.Text());
  }
}

int List(const Globals& globals) {
  auto engines = Engines::Open(globals, Access::kReadOnly);
  if (!engines.ok()) return Complain(engines.error());
  auto keys = (*engines)->Wait<std::vector<ApiKey>>(
      [&](auto done) { ListKeys((*engines)->store(), std::move(done)); });
  if (!keys.ok()) return Complain(keys.error());
  PrintKeys(*keys, globals.output);
  return kExitSucceeded;
}

int Revoke(const Globals& globals, const KeyArguments& arguments) {
  if (Status id = CheckKeyId(arguments.id); !id.ok()) return Complain(id.error());
  // Without a database there is no key to revoke, and none is made for it.
  if (auto there = Engines::Open(globals, Access::kReadOnly); !there.ok()) {
    return Complain(there.error());
  }
  auto engines = Engines::Open(globals, Access::kReadWrite);
  if (!engines.ok()) return Complain(engines.error());
  Status audited = WriteAudit(**engines, "keys.revoke", arguments.id, arguments.reason);
  if (!audited.ok()) return Complain(audited.error());
  auto key = (*engines)->Wait<ApiKey>(
      [&](auto done) { RevokeKey((*engines)->store(), arguments.id, std::move(done)); });
  if (!key.ok()) return Complain(key.error());
  if (globals.output == Output::kJson) {
    fmt::print("{}\n", DumpJsonPretty(ToJson(*key)));
  } else {
    PrintKeys({*key}, globals.output);
  }
  return kExitSucceeded;
}

}  // namespace

void AddKeys(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* keys = root.add_subcommand("keys", "Keys for the HTTP doors");
  keys->require_subcommand(1);
  auto verb = [&](const char* name, const char* help, auto action) {
    CLI::App* command = keys->add_subcommand(name, help);
    auto arguments = std::make_shared<KeyArguments>();
    command->callback([&globals, &run, arguments, action] {
      run = [&globals, arguments, action] { return action(globals, *arguments); };
    });
    return std::pair(command, arguments);
  };
  auto [add, added] = verb("add", "Make a key; it is shown this once", Add);
  add->add_option("NAME", added->name, "What will use it, such as nightly-scheduler")->required();
  add->add_option("--role", added->role, "read: look; work: take requests; operate: all of it")
      ->required();
  add->add_option("--reason", added->reason, "For the audit log");
  verb("list", "All keys that were ever made, without their secrets",
       [](const Globals& g, const KeyArguments&) { return List(g); });
  auto [revoke, revoked] = verb("revoke", "Make a key useless, within 5 s, for good", Revoke);
  revoke->add_option("ID", revoked->id, "As `keys list` shows it")->required();
  revoke->add_option("--reason", revoked->reason, "For the audit log");
}

}  // namespace tipoff
