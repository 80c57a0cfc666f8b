#include "app/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <set>

#include "app/fields.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kRequestsWaitLong = minutes(5);
constexpr Duration kCompletionsWaitLong = minutes(1);
constexpr Duration kAnnouncementsLate = minutes(10);
constexpr Duration kClockOff = seconds(5);
constexpr Duration kClockWrong = minutes(10);

std::string_view ToString(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk: return "OK";
    case Verdict::kWarn: return "WARN";
    case Verdict::kFail: return "FAIL";
  }
  return "";
}

// "3 batches", "1 batch"
std::string Count(std::size_t count, const char* one, const char* many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

Finding JudgeTopic(const json::object& topic, Instant now) {
  std::string name = FieldText(topic, "topic");
  Finding finding{.name = "bus " + name};
  if (std::string error = FieldText(topic, "error"); !error.empty()) {
    bool countable = !FieldTrue(topic, "uncountable");
    finding.detail = (countable ? "unknown: " : "there; ") + error;
    if (!countable) return finding;
    finding.verdict = Verdict::kWarn;
    finding.remedy = "ask where the folder can be written, or the server";
    return finding;
  }
  std::int64_t waiting = FieldInteger(topic, "waiting"), leased = FieldInteger(topic, "leased");
  Instant oldest = FieldInstant(topic, "oldest_at");
  finding.detail = fmt::format("{} waiting, {} being worked", waiting, leased);
  Duration age = oldest.never() ? Duration(0) : now - oldest;
  if (!oldest.never()) finding.detail += fmt::format(", the oldest {} old", FormatDuration(age));
  if (name == "dead-letters") {
    if (waiting > 0) finding.verdict = Verdict::kWarn;
    finding.remedy =
        "a running `tipoff serve` counts them as failed; look with `tipoff batch "
        "requests ID --state failed`";
  } else if (name == "completions") {
    if (age > kCompletionsWaitLong) finding.verdict = Verdict::kWarn;
    finding.remedy = "nobody counts what workers report: start `tipoff serve`";
  } else {
    if (age > kRequestsWaitLong) finding.verdict = Verdict::kWarn;
    finding.remedy = "requests wait for workers: start more with `tipoff worker`";
  }
  if (finding.verdict == Verdict::kOk) finding.remedy.clear();
  return finding;
}

// "Wed, 28 Jan 2026 02:00:00 GMT"; never if it is not that.
Instant ParseHttpDate(const std::string& text) {
  std::tm time{};
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) == nullptr) return Instant();
  return Instant::FromMicros(static_cast<std::int64_t>(timegm(&time)) * 1'000'000);
}

}  // namespace

Finding JudgeBatches(const json::array& live, const json::array& stuck) {
  Finding finding{.name = "batches"};
  std::size_t overdue = 0;
  Duration idle{0};
  for (const json::value& batch : stuck) {
    overdue += FieldText(batch.as_object(), "status") == "overdue" ? 1 : 0;
    idle = std::max(idle, FieldSeconds(batch.as_object(), "idle_seconds"));
  }
  if (stuck.empty()) {
    finding.detail = fmt::format("{}, none of them stuck", Count(live.size(), "live", "live"));
  } else if (overdue > 0) {
    finding.verdict = Verdict::kFail;
    finding.detail =
        fmt::format("{} live, {} of them after their promised time", live.size(), overdue);
    finding.remedy = "a running `tipoff serve` ends them; or end them now: `tipoff batch cleanup`";
  } else {
    finding.verdict = Verdict::kWarn;
    finding.detail = fmt::format("{} live, {} without progress, the longest for {}", live.size(),
                                 stuck.size(), FormatDuration(idle));
    finding.remedy = "look: `tipoff batch list --stuck`; end them: `tipoff batch cleanup`";
  }
  return finding;
}

Finding JudgeWorkers(const json::array& workers, std::size_t live_batches, Instant now) {
  Finding finding{.name = "workers"};
  std::size_t here = 0, lost = 0;
  std::string refusal;
  std::set<std::string> versions;
  for (const json::value& value : workers) {
    const json::object& worker = value.as_object();
    if (!FieldText(worker, "stopped_at").empty()) continue;
    if (!IsAtWork(worker, now)) {
      ++lost;
      continue;
    }
    if (std::string why = FieldText(worker, "refusal"); !why.empty()) {
      refusal = fmt::format("{}: {}", FieldText(worker, "name"), why);
      continue;
    }
    ++here;
    versions.insert(FieldText(worker, "version"));
  }
  finding.detail = Count(here, "at work", "at work");
  if (lost > 0) finding.detail += fmt::format(", {} gone without a word", lost);
  if (here == 0) {
    finding.verdict = live_batches > 0 ? Verdict::kFail : Verdict::kWarn;
    if (live_batches > 0) {
      finding.detail +=
          fmt::format(", and {}", Count(live_batches, "batch to work", "batches to work"));
    }
    finding.remedy = "start some: `tipoff serve`, or `tipoff worker` beside it";
  }
  if (!refusal.empty()) {
    finding.verdict = Verdict::kFail;
    finding.detail += ", and refusing to work: " + refusal;
    finding.remedy = "mend what it says, and start that worker again";
  } else if (here > 0 && versions.size() > 1) {
    finding.verdict = Verdict::kWarn;
    finding.detail +=
        fmt::format(", of {} versions: {}", versions.size(), fmt::join(versions, ", "));
    finding.remedy = "restart the older ones, so that one batch is predicted by one version";
  }
  return finding;
}

std::vector<Finding> JudgeBacklog(const json::array& topics, Instant now) {
  std::vector<Finding> findings;
  for (const json::value& topic : topics) findings.push_back(JudgeTopic(topic.as_object(), now));
  return findings;
}

Finding JudgeQuarantine(const json::array& messages, Instant now) {
  Finding finding{.name = "quarantine"};
  if (messages.empty()) {
    finding.detail = "empty";
    return finding;
  }
  const json::object& newest = messages.front().as_object();
  finding.verdict = Verdict::kWarn;
  finding.detail =
      fmt::format("{}, the newest {} ago on {}: {}", Count(messages.size(), "message", "messages"),
                  FormatDuration(now - FieldInstant(newest, "at")), FieldText(newest, "topic"),
                  FieldText(newest, "reason"));
  finding.remedy = "mend who sends them; they are kept for reading and never come again";
  return finding;
}

Finding JudgeAnnouncements(const json::array& targets, Instant now) {
  Finding finding{.name = "announcements", .detail = "all sent"};
  std::int64_t pending = 0, dead = 0;
  std::string unknown, late;
  for (const json::value& value : targets) {
    const json::object& target = value.as_object();
    pending += FieldInteger(target, "pending");
    dead += FieldInteger(target, "dead");
    bool waits = FieldInteger(target, "pending") > 0;
    if (waits && !FieldTrue(target, "known")) unknown = FieldText(target, "target");
    Instant oldest = FieldInstant(target, "oldest_at");
    if (waits && now - oldest > kAnnouncementsLate) late = FieldText(target, "target");
  }
  if (pending + dead == 0) return finding;
  finding.detail = fmt::format("{} not sent yet, {} given up", pending, dead);
  if (dead > 0) {
    finding.verdict = Verdict::kWarn;
    finding.remedy = "`tipoff announcements list --state dead`, mend the receiver, then resend";
  } else if (!unknown.empty()) {
    finding.verdict = Verdict::kWarn;
    finding.detail += fmt::format("; nobody here sends to '{}'", unknown);
    finding.remedy =
        "configure it under [announce] again, or leave it to the coordinator that has it";
  } else if (!late.empty()) {
    finding.verdict = Verdict::kWarn;
    finding.detail += fmt::format("; '{}' does not take them", late);
    finding.remedy = fmt::format("`tipoff announcements test {}`; is a coordinator running?", late);
  }
  return finding;
}

Finding JudgeCanary(const json::object& answer) {
  Finding finding{.name = "canary", .detail = FieldText(answer, "detail")};
  if (FieldInteger(answer, "losses") == 0) return finding;
  finding.verdict = FieldTrue(answer, "dead") ? Verdict::kFail : Verdict::kWarn;
  const json::value* canaries = answer.if_contains("canaries");
  std::string hop;
  if (canaries != nullptr && canaries->is_array()) {
    for (const json::value& canary : canaries->as_array()) {
      if (hop.empty()) hop = FieldText(canary.as_object(), "lost_after");
    }
  }
  finding.remedy = hop == "worked"      ? "look at the coordinator's log for completions"
                   : hop == "published" ? "start a worker: `tipoff worker`; see workers above"
                                        : "look at the bus: it did not confirm a message";
  return finding;
}

Finding JudgeAlerts(const json::object& answer) {
  Finding finding{.name = "alerts",
                  .verdict = Verdict::kWarn,
                  .detail = "unknown: they can't be read",
                  .remedy = "see what is said of the store"};
  const json::value* checks = answer.if_contains("checks");
  if (checks == nullptr || !checks->is_array()) return finding;
  for (const json::value& value : checks->as_array()) {
    const json::object& check = value.as_object();
    if (FieldText(check, "name") != "alerts") continue;
    if (FieldTrue(check, "ok")) return {.name = "alerts", .detail = "none within the hour"};
    finding.detail = FieldText(check, "detail");
    finding.remedy = "look for one cause: what else is said here, and `tipoff batch why`";
  }
  return finding;
}

std::vector<Finding> JudgeReadiness(int status, const json::object& answer) {
  std::vector<Finding> findings;
  const json::value* checks = answer.if_contains("checks");
  if (checks != nullptr && checks->is_array()) {
    for (const json::value& value : checks->as_array()) {
      const json::object& check = value.as_object();
      if (FieldTrue(check, "ok")) continue;
      findings.push_back({.name = "server " + FieldText(check, "name"),
                          .verdict = status == 200 ? Verdict::kWarn : Verdict::kFail,
                          .detail = FieldText(check, "detail"),
                          .remedy = "the server's log says more"});
    }
  }
  if (!findings.empty()) return findings;
  if (status == 200) return {{.name = "server", .detail = "ready"}};
  return {{.name = "server",
           .verdict = Verdict::kFail,
           .detail = fmt::format("/readyz answers {}", status),
           .remedy = "the server's log says more"}};
}

Finding JudgeClock(Instant wall, Instant seen, const std::string& whose) {
  Finding finding{.name = "clock"};
  if (seen.never()) {
    finding.detail = "nothing to compare it with";
    return finding;
  }
  Duration behind = seen - wall;
  if (behind <= kClockOff) {
    finding.detail = fmt::format("not behind {}", whose);
    return finding;
  }
  finding.verdict = behind > kClockWrong ? Verdict::kFail : Verdict::kWarn;
  finding.detail = fmt::format("{} behind {}", FormatDuration(behind), whose);
  finding.remedy = "set the clock (NTP); until it has caught up, promised times come late or early";
  return finding;
}

Finding JudgeServerClock(const HttpResponse& response, Instant wall) {
  for (const auto& [name, value] : response.headers) {
    Instant at = name == "date" ? ParseHttpDate(value) : Instant();
    if (!at.never()) return JudgeClock(wall, at, "the server's");
  }
  return {.name = "clock",
          .verdict = Verdict::kWarn,
          .detail = "the server tells no time, so the clocks were not compared",
          .remedy = "compare them by hand: `date -u` on both machines"};
}

std::string FormatFindings(const std::vector<Finding>& findings, Output output) {
  if (output == Output::kJson) {
    json::array checks;
    for (const Finding& finding : findings) {
      json::value remedy = nullptr;
      if (!finding.remedy.empty()) remedy = finding.remedy;
      checks.push_back({{"name", finding.name},
                        {"status", ToString(finding.verdict)},
                        {"detail", finding.detail},
                        {"remedy", std::move(remedy)}});
    }
    return DumpJsonPretty(json::object{{"ok", ExitForFindings(findings) == kExitSucceeded},
                                       {"checks", std::move(checks)}}) +
           '\n';
  }
  if (output == Output::kCsv) {
    TextTable table({"name", "status", "detail", "remedy"});
    for (const Finding& finding : findings) {
      table.Row(
          {finding.name, std::string(ToString(finding.verdict)), finding.detail, finding.remedy});
    }
    return table.Csv();
  }
  std::string out;
  for (const Finding& finding : findings) {
    out +=
        fmt::format("{:<5} {:<18} {}\n", ToString(finding.verdict), finding.name, finding.detail);
    if (!finding.remedy.empty()) out += fmt::format("{:24} -> {}\n", "", finding.remedy);
  }
  return out;
}

int ExitForFindings(const std::vector<Finding>& findings) {
  bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.verdict == Verdict::kFail;
  });
  return failed ? kExitError : kExitSucceeded;
}

}  // namespace tipoff
