#include "flow/alerts.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crash_point.h"
#include "base/log.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr char kAlertRecords[] = "alert";
// Interventions that one alert counts and batches that it names; there may be thousands.
constexpr std::size_t kCountedMax = 1000;
constexpr std::size_t kNamedMax = 5;
constexpr auto kDropPeriod = std::chrono::hours(1);

using Records = std::vector<Record>;

std::string Sentence(const Records& interventions, Duration window) {
  std::size_t redrives = 0, stall_ends = 0, deadline_ends = 0;
  std::set<std::string> batches;
  for (const Record& record : interventions) {
    std::size_t colon = record.body.find(": ");
    std::string_view what = std::string_view(record.body).substr(0, colon);
    redrives += what == ToString(Intervention::kRedrive) ? 1 : 0;
    stall_ends += what == ToString(Intervention::kStallEnd) ? 1 : 0;
    deadline_ends += what == ToString(Intervention::kDeadlineEnd) ? 1 : 0;
    if (colon != std::string::npos) batches.insert(record.body.substr(colon + 2));
  }
  std::vector<std::string> named(batches.begin(), batches.end());
  std::size_t more = named.size() - std::min(named.size(), kNamedMax);
  named.resize(named.size() - more);
  return fmt::format(
      "systemic: the clock had to intervene {} times within {}, in {} {} ({}{}): {} published "
      "again, "
      "{} ended for want of progress, {} ended at the promised time. Look for one cause: `tipoff "
      "doctor`",
      interventions.size(), FormatDuration(window), batches.size(),
      batches.size() == 1 ? "batch" : "batches", fmt::join(named, ", "),
      more > 0 ? fmt::format(" and {} more", more) : "", redrives, stall_ends, deadline_ends);
}

}  // namespace

Record InterventionRecord(const BatchId& batch, Intervention what, Instant now) {
  return {kInterventionRecords,
          fmt::format("{:020}/{}", now.micros(), batch.str()),
          {},
          fmt::format("{}: {}", ToString(what), batch.str())};
}

void ListAlerts(Store& store, std::size_t limit, DoneWith<std::vector<Alert>> done) {
  RecordFilter newest{.kind = kAlertRecords, .newest_first = true, .after = "", .limit = limit};
  store.ListRecords(newest, [done = std::move(done)](Result<Records> records) {
    if (!records.ok()) return done(records.error());
    std::vector<Alert> alerts;
    for (Record& record : *records)
      alerts.push_back({std::move(record.id), record.at, std::move(record.body)});
    done(std::move(alerts));
  });
}

void Alerts::Check(std::function<void(Status)> done) {
  if (options_.interventions <= 0) return loop_.Post([done] { done(Ok()); });
  DropOld();
  auto wanted = static_cast<std::size_t>(options_.interventions);
  RecordFilter newest{
      .kind = kInterventionRecords, .newest_first = true, .after = "", .limit = wanted};
  store_.ListRecords(
      newest, Watched<Records>(loop_, NoAnswer(), [this, wanted, done](Result<Records> r) {
        if (!r.ok()) return done(r.error());
        bool due = r->size() == wanted && store_.Now() - r->back().at <= options_.window;
        if (!due) return done(Ok());
        CheckCooldown(r->front().id, done);
      }));
}

void Alerts::CheckCooldown(std::string newest, std::function<void(Status)> done) {
  ListAlerts(store_, 1,
             Watched<std::vector<Alert>>(
                 loop_, NoAnswer(), [this, newest, done](Result<std::vector<Alert>> alerts) {
                   if (!alerts.ok()) return done(alerts.error());
                   bool quiet =
                       !alerts->empty() && store_.Now() - alerts->front().at < options_.cooldown;
                   if (quiet) return done(Ok());
                   Raise(newest, done);
                 }));
}

void Alerts::Raise(std::string newest, std::function<void(Status)> done) {
  RecordFilter all{
      .kind = kInterventionRecords, .newest_first = true, .after = "", .limit = kCountedMax};
  store_.ListRecords(all,
                     Watched<Records>(loop_, NoAnswer(), [this, newest, done](Result<Records> r) {
                       if (!r.ok()) return done(r.error());
                       Instant from = store_.Now() - options_.window;
                       std::erase_if(*r, [from](const Record& record) { return record.at < from; });
                       Write(newest, Sentence(*r, options_.window), done);
                     }));
}

// Under the id of the intervention that raised it: two coordinators write the same one.
void Alerts::Write(std::string newest, std::string message, std::function<void(Status)> done) {
  Record alert{kAlertRecords, newest, {}, message};
  TIPOFF_CRASH_POINT("alerts/raise");
  store_.PutRecord(alert, PutMode::kFirstStays,
                   Watched<Record>(loop_, NotKnown(), [message, done](Result<Record> stored) {
                     if (!stored.ok()) return done(stored.error());
                     TIPOFF_CRASH_POINT("alerts/raised");
                     Log(Severity::kError, message, {{"alert", "systemic"}});
                     done(Ok());
                   }));
}

void Alerts::DropOld() {
  if (loop_.Steady() < drop_at_) return;
  drop_at_ = loop_.Steady() + kDropPeriod;
  Duration kept = std::max<Duration>(options_.window, kDropPeriod);
  store_.DropRecords(kInterventionRecords, store_.Now() - kept, [](Result<std::size_t>) {});
  store_.DropRecords(kAlertRecords, store_.Now() - limits::kAlertsKept, [](Result<std::size_t>) {});
}

}  // namespace tipoff
