#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "api/batch_list.h"
#include "base/reply.h"
#include "flow/alerts.h"

namespace tipoff {
namespace {

constexpr auto kCollectTime = std::chrono::seconds(3);

double Seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

void Gauge(std::string& text, std::string_view name, std::string_view help, double value) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name,
                 help, value);
}

void AddBatches(std::string& text, const Result<std::vector<Batch>>& live, Instant now) {
  Gauge(text, "tipoff_store_up", "1 if the store answers.", live.ok() ? 1 : 0);
  if (!live.ok()) return;
  LiveSummary summary = Summarise(*live, now);
  auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t count) {
    Gauge(text, name, help, static_cast<double>(count));
  };
  gauge("tipoff_live_batches", "Batches that have not ended.", summary.live);
  gauge("tipoff_live_batches_without_progress",
        "Live batches that are overdue or made no progress for their stall_after.", summary.stuck);
  gauge("tipoff_live_batches_overdue", "Live batches after their promised time.", summary.overdue);
  gauge("tipoff_live_requests_open", "Open requests of live batches.", summary.requests_open);
  Gauge(text, "tipoff_oldest_progress_age_seconds",
        "Longest time that a live batch has made no progress.", Seconds(summary.idle_max));
}

void AddBacklog(std::string& text, const Result<Backlog>& backlog, Instant now) {
  if (!backlog.ok()) return;
  Gauge(text, "tipoff_requests_waiting", "Request messages that nobody holds.",
        static_cast<double>(backlog->waiting));
  Gauge(text, "tipoff_requests_leased", "Request messages that workers hold.",
        static_cast<double>(backlog->leased));
  Duration age = backlog->oldest.never() ? Duration(0) : now - backlog->oldest;
  Gauge(text, "tipoff_requests_oldest_age_seconds", "Age of the oldest request message.",
        Seconds(age));
}

void AddSweep(std::string& text, const Sweep::Standing& standing) {
  Gauge(text, "tipoff_sweep_leader", "1 if this process sweeps.", standing.leader ? 1 : 0);
  Gauge(text, "tipoff_sweep_last_success_age_seconds",
        "Since a round of the sweep ended well here, or another was seen to hold its lease.",
        Seconds(standing.success_age));
  Gauge(text, "tipoff_sweep_troubled_rounds", "Rounds of this process that did not go through.",
        static_cast<double>(standing.troubles));
}

// Asked last: what is not known in time is left out.
void AddAlerts(const ApiParts& parts, std::shared_ptr<std::string> text,
               std::function<void(std::string)> done) {
  Store& store = parts.store;
  auto reply = Reply<std::vector<Alert>>::Start(
      parts.loop, kCollectTime, {Errc::kUnavailable, "no answer"},
      [&store, text, done = std::move(done)](const Result<std::vector<Alert>>& alerts) {
        if (alerts.ok()) {
          Gauge(*text, "tipoff_systemic_alert", "1 if a systemic alert was raised within the hour.",
                IsRecent(*alerts, store.Now()) ? 1 : 0);
        }
        done(std::move(*text));
      });
  ListAlerts(store, 1,
             [reply](Result<std::vector<Alert>> alerts) { reply->Post(std::move(alerts)); });
}

}  // namespace

void CollectMetrics(const ApiParts& parts, std::function<void(std::string)> done) {
  Store& store = parts.store;
  Bus& bus = parts.bus;
  Loop& loop = parts.loop;
  Error late{Errc::kUnavailable, "no answer"};
  auto live_reply = Reply<std::vector<Batch>>::Start(
      loop, kCollectTime, late,
      [parts, &store, &bus, &loop, late, done](Result<std::vector<Batch>> live) {
        auto text = std::make_shared<std::string>();
        AddSweep(*text, parts.coordinator.sweep().standing());
        AddBatches(*text, live, store.Now());
        auto bus_reply = Reply<Backlog>::Start(loop, kCollectTime, late,
                                               [parts, text, done](Result<Backlog> backlog) {
                                                 AddBacklog(*text, backlog, parts.store.Now());
                                                 AddAlerts(parts, text, done);
                                               });
        bus.Inspect({Topic::Kind::kRequests, ""},
                    [bus_reply](Result<Backlog> backlog) { bus_reply->Post(std::move(backlog)); });
      });
  FindLive(store,
           [live_reply](Result<std::vector<Batch>> live) { live_reply->Post(std::move(live)); });
}

}  // namespace tipoff
