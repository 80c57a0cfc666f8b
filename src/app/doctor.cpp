#include "app/doctor.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <boost/json.hpp>

#include "app/api_client.h"
#include "app/connect.h"
#include "app/console.h"
#include "app/diagnosis.h"
#include "app/doctor_cloud.h"
#include "app/doctor_folder.h"
#include "app/doctor_history.h"
#include "app/game_date.h"
#include "app/gcp.h"
#include "app/history.h"
#include "app/settings.h"

namespace tipoff {
namespace {

namespace json = boost::json;

struct DoctorArguments {
  ServerChoice connection;
  bool integrity = false;
  bool live = false;
};

Finding CannotAsk(const std::string& what, const Error& error) {
  return {.name = what,
          .verdict = Verdict::kFail,
          .detail = error.message,
          .remedy = error.code == Errc::kDenied ? "name a key that may read: --key or $TIPOFF_KEY"
                                                : "see what the first failure says"};
}

// 503 has the checks, too.
Finding ExamineAlerts(ApiClient& client) {
  auto deep = client.Call("GET", "/health/deep", {}, "", {});
  if (!deep.ok()) return CannotAsk("alerts", deep.error());
  if (deep->status != 503) {
    auto refused = CheckAnswer(*deep);
    if (!refused.ok()) return CannotAsk("alerts", refused.error());
  }
  auto answer = ParseObject(deep->body);
  return answer.ok() ? JudgeAlerts(*answer) : CannotAsk("alerts", answer.error());
}

// What only the API can tell, of a server or of the folder.
void AskTheApi(ApiClient& client, std::vector<Finding>& findings) {
  Instant now = WallClock();
  PagedList batches{.name = "batches"};
  auto live = GetPages(client, "/v1/batches", {{"live", "true"}}, batches);
  auto stuck = GetPages(client, "/v1/batches", {{"stuck", "true"}}, batches);
  if (!live.ok() || !stuck.ok()) {
    findings.push_back(CannotAsk("batches", live.ok() ? stuck.error() : live.error()));
    return;
  }
  findings.push_back(JudgeBatches(*live, *stuck));
  auto list = [&](const char* path, const char* name) -> Result<json::array> {
    TIPOFF_TRY(json::object answer, GetObject(client, path));
    const json::value* found = answer.if_contains(name);
    if (found == nullptr || !found->is_array()) return json::array();
    return found->as_array();
  };
  auto workers = list("/v1/workers", "workers");
  findings.push_back(workers.ok() ? JudgeWorkers(*workers, live->size(), now)
                                  : CannotAsk("workers", workers.error()));
  auto topics = list("/v1/backlog", "topics");
  if (topics.ok()) {
    for (Finding& finding : JudgeBacklog(*topics, now)) findings.push_back(std::move(finding));
  } else {
    findings.push_back(CannotAsk("bus", topics.error()));
  }
  auto targets = list("/v1/announcements", "targets");
  findings.push_back(targets.ok() ? JudgeAnnouncements(*targets, now)
                                  : CannotAsk("announcements", targets.error()));
  findings.push_back(ExamineAlerts(client));
  auto canaries = GetObject(client, "/v1/canaries");
  findings.push_back(canaries.ok() ? JudgeCanary(*canaries)
                                   : CannotAsk("canary", canaries.error()));
  auto messages = list("/v1/quarantine", "messages");
  findings.push_back(messages.ok() ? JudgeQuarantine(*messages, now)
                                   : CannotAsk("quarantine", messages.error()));
}

void ExamineServer(ApiClient& client, std::vector<Finding>& findings) {
  auto response = client.Call("GET", "/readyz", {}, "", {});
  if (!response.ok()) {
    findings.push_back({.name = "server",
                        .verdict = Verdict::kFail,
                        .detail = response.error().message,
                        .remedy = "start it: `tipoff serve`; or name another with --url"});
    return;
  }
  auto answer = ParseObject(response->body);
  if (!answer.ok()) {
    findings.push_back(CannotAsk("server", answer.error()));
    return;
  }
  for (Finding& finding : JudgeReadiness(response->status, *answer)) {
    findings.push_back(std::move(finding));
  }
  findings.push_back(JudgeServerClock(*response, WallClock()));
  AskTheApi(client, findings);
}

// Where it can't be used, the rest is examined with the defaults.
Finding ExamineConfig(Globals& globals) {
  Finding finding{.name = "config", .detail = "can be used"};
  auto config = LoadConfig(globals);
  if (config.ok()) {
    globals.config = std::move(*config);
  } else {
    finding.verdict = Verdict::kFail;
    finding.detail = config.error().message;
    finding.remedy = "mend what is named; `tipoff config --example` shows every setting";
  }
  return finding;
}

// Where instances scale to zero nobody sweeps between two calls of the scheduler.
void JudgeSweep(const Config& config, std::vector<Finding>& findings) {
  Duration period = config.Span("sweep.scheduler_period");
  if (period == Duration::zero()) return;
  findings.push_back(
      {.name = "sweep",
       .detail = fmt::format("a scheduler posts /check-stalled each {0}: that is the "
                             "sweep period while no instance is up, and a batch "
                             "ends within {0} of its promised time",
                             FormatDuration(period))});
}

// For what restarts containers: a server that lives is not to be restarted because a batch is late.
int AskWhetherItLives(const Globals& globals, const DoctorArguments& arguments,
                      const std::string& url) {
  if (url.empty()) {
    return Complain({Errc::kInvalid, "--live asks a server: name it with --url"});
  }
  auto client = Connect(globals, arguments.connection, Writes::kNever);
  if (!client.ok()) return Complain(client.error());
  auto response = (*client)->Call("GET", "/livez", {}, "", {});
  if (!response.ok()) return Complain(response.error());
  if (response->status == 200) return kExitSucceeded;
  return Complain({Errc::kUnavailable, fmt::format("{} answers {}", url, response->status)});
}

int RunDoctor(Globals& globals, const DoctorArguments& arguments) {
  std::vector<Finding> findings;
  auto url = ServerUrl(arguments.connection);
  if (!url.ok()) return Complain(url.error());
  if (arguments.live) return AskWhetherItLives(globals, arguments, *url);
  findings.push_back(ExamineConfig(globals));
  JudgeSweep(globals.config, findings);
  bool can_ask = true;
  if (url->empty() && UsesGcp(globals.config)) {
    can_ask = ExamineCloud(globals, findings);
  } else if (url->empty()) {
    can_ask = ExamineFolder(globals.data, arguments.integrity, findings);
  }
  if (url->empty() && HistoryIsRemote(globals.config)) {
    findings.push_back(ExamineHistorySource(globals));
  }
  if (can_ask) {
    auto client = Connect(globals, arguments.connection, Writes::kFromTheStart);
    if (!client.ok()) {
      findings.push_back(CannotAsk("store", client.error()));
    } else if (url->empty()) {
      AskTheApi(**client, findings);
    } else {
      ExamineServer(**client, findings);
    }
  }
  StandardConsole().Out(FormatFindings(findings, globals.output));
  return ExitForFindings(findings);
}

}  // namespace

void AddDoctor(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "doctor", "Check config, folder, store, clock, bus, workers and batches; say what to do");
  auto arguments = std::make_shared<DoctorArguments>();
  AddConnection(*command, root, arguments->connection);
  command->add_flag("--integrity", arguments->integrity,
                    "Read the whole store and check that it is sound");
  command->add_flag("--live", arguments->live,
                    "Only ask whether the server of --url lives, and print nothing if it does");
  command->footer(
      "Examples:\n"
      "  tipoff doctor\n"
      "  tipoff doctor --url http://10.0.0.5:8080\n"
      "  tipoff doctor --live --url http://127.0.0.1:8080   # a container's health check\n\n"
      "Exit codes: 0 nothing failed (there may be warnings), 1 something failed.");
  command->callback([&globals, &run, arguments] {
    globals.without_config = true;
    run = [&globals, arguments] { return RunDoctor(globals, *arguments); };
  });
}

}  // namespace tipoff
