#include "app/doctor_cloud.h"

#include <fmt/format.h>

#include "app/engines.h"
#include "app/game_date.h"
#include "app/gcp.h"
#include "app/history.h"
#include "bus/pubsub/pubsub_admin.h"

namespace tipoff {
namespace {

Finding ExamineHistory(const Globals& globals) {
  if (HasHistory(globals.data)) return {.name = "history", .detail = globals.data};
  return {
      .name = "history",
      .verdict = Verdict::kWarn,
      .detail = fmt::format("there is none in '{}': workers here can predict nobody", globals.data),
      .remedy = "`tipoff import FILE...` on this machine, or copy history.db from another"};
}

Finding JudgeEmulators(const Config& config) {
  return {.name = "emulators",
          .verdict = Verdict::kWarn,
          .detail = fmt::format("Firestore at {}, Pub/Sub at {}: they keep all in memory, so a "
                                "restart loses every batch and every message",
                                config.Text("gcp.firestore_emulator"),
                                config.Text("gcp.pubsub_emulator")),
          .remedy = "for tests only; unset both addresses for the real services"};
}

Finding JudgePiece(const PubsubCheck& check) {
  Finding finding{.name = check.piece, .detail = check.what, .remedy = check.remedy};
  switch (check.state) {
    case PubsubCheck::State::kOk: break;
    case PubsubCheck::State::kMissing:
      finding.verdict = Verdict::kFail;
      if (finding.detail.empty()) finding.detail = "missing";
      break;
    case PubsubCheck::State::kWrong: finding.verdict = Verdict::kFail; break;
    case PubsubCheck::State::kUnknown: finding.verdict = Verdict::kWarn; break;
  }
  if (finding.detail.empty()) finding.detail = "as it should be";
  return finding;
}

// How long a request may take from its delivery to its ack. Workers of tipoff that pull hold on to
// what they work for as long as it takes; a push ends with the subscription's ack deadline, so
// there the longest load of a history must fit.
Duration SlowestRequest(const Config& config) {
  bool pushed = !config.Text("gcp.requests_push_endpoint").empty();
  return pushed ? config.Span("history.timeout") : Duration(0);
}

}  // namespace

bool ExamineCloud(const Globals& globals, std::vector<Finding>& findings) {
  const Config& config = globals.config;
  if (!HistoryIsRemote(globals.config)) findings.push_back(ExamineHistory(globals));
  if (!config.Text("gcp.pubsub_emulator").empty()) findings.push_back(JudgeEmulators(config));
  Finding store{.name = "store",
                .detail = fmt::format("Firestore, project {}, database {}",
                                      config.Text("gcp.project"), config.Text("gcp.database"))};
  auto engines = Engines::Open(globals, Access::kReadOnly);
  if (!engines.ok()) {
    store.verdict = Verdict::kFail;
    store.detail = engines.error().message;
    store.remedy = "is the project right, the database made, the account allowed to use it?";
    findings.push_back(std::move(store));
    return false;
  }
  findings.push_back(std::move(store));
  findings.push_back(JudgeClock(WallClock(), (*engines)->store().Now(), "Firestore's time"));
  PubsubAdmin admin(PubsubOptionsFrom(config), (*engines)->loop());
  auto checks = (*engines)->Wait<std::vector<PubsubCheck>>(
      [&](auto done) { admin.Verify(SlowestRequest(config), std::move(done)); });
  if (checks.ok()) {
    for (const PubsubCheck& check : *checks) findings.push_back(JudgePiece(check));
  } else {
    findings.push_back({.name = "bus",
                        .verdict = Verdict::kFail,
                        .detail = checks.error().message,
                        .remedy = "is Pub/Sub's API enabled, and the account allowed to use it?"});
  }
  return true;
}

}  // namespace tipoff
