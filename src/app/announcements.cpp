#include "app/announcements.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/announcers.h"
#include "app/connect.h"
#include "app/console.h"
#include "app/fields.h"
#include "app/game_date.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

struct AnnouncementArguments {
  ServerChoice connection;
  std::string state;
  std::string target;
  std::size_t limit = 50;
  std::string id;
  std::string reason;
};

std::string Format(const json::array& announcements, Output output) {
  if (output == Output::kJson) return DumpJsonPretty(announcements) + "\n";
  TextTable table(
      {"ID", "TARGET", "STATE", ">TRIES", "RECORDED", "SENT", "NEXT TRY", "LAST ERROR"});
  for (const json::value& value : announcements) {
    const json::object& item = value.as_object();
    table.Row({FieldText(item, "id"), FieldText(item, "target"), FieldText(item, "state"),
               FieldText(item, "tries"), FieldText(item, "recorded_at"), FieldText(item, "sent_at"),
               FieldText(item, "due_at"), FieldText(item, "last_error")});
  }
  if (output == Output::kCsv) return table.Csv();
  return announcements.empty() ? "no announcements\n" : table.Text();
}

int List(const Globals& globals, const AnnouncementArguments& arguments) {
  auto client = Connect(globals, arguments.connection, Writes::kNever);
  if (!client.ok()) return Complain(client.error());
  ApiClient::Pairs query;
  if (!arguments.state.empty()) query.emplace_back("state", arguments.state);
  if (!arguments.target.empty()) query.emplace_back("target", arguments.target);
  PagedList list{.name = "announcements", .limit = arguments.limit};
  auto found = GetPages(**client, "/v1/announcements", std::move(query), list);
  if (!found.ok()) return Complain(found.error());
  StandardConsole().Out(Format(*found, globals.output));
  return kExitSucceeded;
}

int Resend(const Globals& globals, const AnnouncementArguments& arguments) {
  auto client = Connect(globals, arguments.connection, Writes::kFromTheStart);
  if (!client.ok()) return Complain(client.error());
  json::object body;
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  bool plain = arguments.id.find_first_of("/:?#% ") == std::string::npos;
  if (!plain) return Complain({Errc::kNotFound, "there is no announcement of that id"});
  auto answer = PostObject(**client, "/v1/announcements/" + arguments.id + ":resend", body);
  if (!answer.ok()) return Complain(answer.error());
  auto item = ParseObject(answer->body);
  if (!item.ok()) return Complain(item.error());
  StandardConsole().Out(Format({*item}, globals.output));
  return kExitSucceeded;
}

// Posts a sample as the coordinator would, with this configuration, and shows what came back.
int Test(const Globals& globals, const AnnouncementArguments& arguments) {
  AnnounceOptions options = AnnounceOptionsFrom(globals.config);
  std::string names;
  for (const Webhook& webhook : options.webhooks) {
    names += (names.empty() ? "" : ", ") + webhook.name;
    if (webhook.name != arguments.target) continue;
    Instant now = WallClock();
    HttpCall call = MakeWebhookCall(webhook, SampleNotice(webhook.name, now), now);
    auto response = CallHttp(call);
    AnnounceAnswer answer = ReadWebhookAnswer(response);
    json::object shown{{"target", webhook.name},
                       {"sent", ParseJson(call.body).value()},
                       {"delivered", answer.status.ok()},
                       {"status", nullptr},
                       {"answer", nullptr},
                       {"error", nullptr}};
    if (response.ok()) shown["status"] = response->status;
    if (response.ok()) shown["answer"] = response->body;
    if (!answer.status.ok()) shown["error"] = answer.status.error().message;
    if (globals.output == Output::kJson) {
      StandardConsole().Out(DumpJsonPretty(shown) + "\n");
    } else if (response.ok()) {
      StandardConsole().Out(fmt::format("{} answered {}\n{}\n", webhook.name, response->status,
                                        response->body.substr(0, 2000)));
    }
    return answer.status.ok() ? kExitSucceeded : Complain(answer.status.error());
  }
  return Complain(
      {Errc::kNotFound,
       names.empty()
           ? "no webhook is configured: set announce.webhooks or announce.slack, see CONFIG.md"
           : fmt::format("there is no webhook '{}'; there are {}", arguments.target, names)});
}

}  // namespace

void AddAnnouncements(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "announcements", "What the ends of batches were told to, and what not yet");
  command->require_subcommand(1);
  auto arguments = std::make_shared<AnnouncementArguments>();
  AddConnection(*command, root, arguments->connection);
  auto verb = [&](const char* name, const char* help, auto action) {
    CLI::App* added = command->add_subcommand(name, help);
    added->callback([&globals, &run, arguments, action] {
      run = [&globals, arguments, action] { return action(globals, *arguments); };
    });
    return added;
  };
  CLI::App* list = verb("list", "Announcements by id, with their tries and errors", List);
  list->add_option("--state", arguments->state, "Only those")
      ->check(CLI::IsMember({"pending", "sent", "dead"}));
  list->add_option("--target", arguments->target, "Only those for this receiver");
  list->add_option("--limit", arguments->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  CLI::App* resend = verb("resend", "Send one again, under its id, with all its tries", Resend);
  resend->add_option("ID", arguments->id, "As `announcements list` shows it")->required();
  resend->add_option("--reason", arguments->reason, "For the audit log");
  CLI::App* test = verb("test", "Send a sample to a configured webhook and show its answer", Test);
  test->add_option("NAME", arguments->target, "Of announce.webhooks or announce.slack")->required();
  command->footer(
      "Examples:\n"
      "  tipoff announcements test ops\n"
      "  tipoff announcements list --state dead\n"
      "  tipoff announcements resend batch_2025-01-15_k3f9a2.ops --reason 'the receiver is back'");
}

}  // namespace tipoff
