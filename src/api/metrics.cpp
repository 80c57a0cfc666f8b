#include "api/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "api/batch_list.h"
#include "api/canaries.h"
#include "base/reply.h"
#include "flow/alerts.h"

namespace tipoff {
namespace {

constexpr std::size_t kQuarantineMax = 1000;
constexpr auto kCollectTime = std::chrono::seconds(3);

double Seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

void Gauge(std::string& text, std::string_view name, std::string_view help, double value) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} gauge\n{0} {2}\n", name,
                 help, value);
}

void Begin(std::string& text, std::string_view name, std::string_view help, const char* type) {
  fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void Counter(std::string& text, std::string_view name, std::string_view help, std::uint64_t count) {
  Begin(text, name, help, "counter");
  fmt::format_to(std::back_inserter(text), "{} {}\n", name, count);
}

void Histogram(std::string& text, std::string_view name, std::string_view help,
               const TimeHistogram& found) {
  Begin(text, name, help, "histogram");
  auto out = std::back_inserter(text);
  for (std::size_t n = 0; n < found.counts.size(); ++n) {
    fmt::format_to(out, "{}_bucket{{le=\"{}\"}} {}\n", name, TimeHistogram::kBounds[n],
                   found.counts[n]);
  }
  fmt::format_to(out, "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2}\n{0}_count {1}\n", name,
                 found.count, found.sum);
}

void AddTally(std::string& text, const Tally& tally) {
  auto out = std::back_inserter(text);
  Begin(text, "tipoff_batches_ended_total", "Batches that this process has ended.", "counter");
  for (const auto& [how, count] : tally.batches_ended) {
    fmt::format_to(out, "tipoff_batches_ended_total{{status=\"{}\",reason=\"{}\"}} {}\n", how.first,
                   how.second, count);
  }
  Begin(text, "tipoff_requests_ended_total", "Requests of those batches.", "counter");
  for (const auto& [outcome, count] : tally.requests_ended) {
    fmt::format_to(out, "tipoff_requests_ended_total{{outcome=\"{}\"}} {}\n", outcome, count);
  }
  Counter(text, "tipoff_completions_late_total", "Completions after their batch's end.",
          tally.late);
  Counter(text, "tipoff_commits_failed_total",
          "Commits that failed; those that were tried again, too.", tally.commits_failed);
  Counter(text, "tipoff_commit_rows_total", "Request rows that were committed.",
          tally.rows_committed);
  Histogram(text, "tipoff_commit_duration_seconds", "Of a commit, from the call to its answer.",
            tally.commit);
  Histogram(text, "tipoff_request_wait_seconds", "Of a request, from its publish to its lease.",
            tally.wait);
  Histogram(text, "tipoff_request_run_seconds", "Of a request, from its lease to its report.",
            tally.run);
  Histogram(text, "tipoff_batch_overrun_seconds",
            "Of a batch that has ended, after its promised time; 0 within it.", tally.overrun);
}

void AddOutbox(std::string& text, const std::vector<Batch>& live, Instant now) {
  std::uint64_t pending = 0;
  Instant oldest;
  for (const Batch& batch : live) {
    std::uint64_t unsent = batch.counts[RequestState::kPending];
    if (unsent == 0) continue;
    pending += unsent;
    oldest = oldest.never() ? batch.created_at : std::min(oldest, batch.created_at);
  }
  Gauge(text, "tipoff_outbox_requests", "Requests of live batches that are not published yet.",
        static_cast<double>(pending));
  Gauge(text, "tipoff_outbox_age_seconds",
        "Since the oldest live batch with such requests was accepted.",
        Seconds(oldest.never() ? Duration(0) : now - oldest));
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
  AddOutbox(text, *live, now);
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

void AddCompletions(std::string& text, const Result<Backlog>& backlog, Instant now) {
  if (!backlog.ok()) return;
  Gauge(text, "tipoff_completions_waiting", "Completion messages that no coordinator holds.",
        static_cast<double>(backlog->waiting));
  Duration age = backlog->oldest.never() ? Duration(0) : now - backlog->oldest;
  Gauge(text, "tipoff_completions_oldest_age_seconds", "Age of the oldest completion message.",
        Seconds(age));
}

void AddQuarantine(std::string& text, const Result<std::vector<Quarantined>>& messages) {
  if (!messages.ok()) return;
  Gauge(text, "tipoff_quarantine_messages",
        "Messages in quarantine, counted up to 1000: those that nobody could use.",
        static_cast<double>(messages->size()));
}

void AddAnnouncements(std::string& text, const Result<std::vector<AnnouncementCount>>& counts,
                      Instant now) {
  if (!counts.ok()) return;
  std::uint64_t pending = 0, dead = 0;
  Instant oldest;
  for (const AnnouncementCount& count : *counts) {
    pending += count.pending;
    dead += count.dead;
    if (count.oldest.never()) continue;
    oldest = oldest.never() ? count.oldest : std::min(oldest, count.oldest);
  }
  Gauge(text, "tipoff_announcements_pending", "Announcements that are not sent yet.",
        static_cast<double>(pending));
  Gauge(text, "tipoff_announcements_dead", "Announcements that were given up.",
        static_cast<double>(dead));
  Gauge(text, "tipoff_announcements_oldest_age_seconds", "Age of the oldest pending announcement.",
        Seconds(oldest.never() ? Duration(0) : now - oldest));
}

void AddCanaries(std::string& text, const CanaryHealth& health, Instant now) {
  if (health.newest_at.never()) return;
  Gauge(text, "tipoff_canary_losses", "Periods in a row in which no canary came back.",
        health.losses);
  const Canary& back = health.newest_back;
  if (back.id.empty()) return;
  Gauge(text, "tipoff_canary_last_success_age_seconds", "Since a canary last came back.",
        Seconds(now - back.counted_at));
  Gauge(text, "tipoff_canary_to_worker_seconds", "Of that one, from sending to the worker.",
        Seconds(back.worked_at - back.sent_at));
  Gauge(text, "tipoff_canary_from_worker_seconds", "Of that one, from the worker to the count.",
        Seconds(back.counted_at - back.worked_at));
}

void AddSweep(std::string& text, const Sweep::Standing& standing) {
  Gauge(text, "tipoff_sweep_leader", "1 if this process sweeps.", standing.leader ? 1 : 0);
  Gauge(text, "tipoff_sweep_last_success_age_seconds",
        "Since a round of the sweep ended well here, or another was seen to hold its lease.",
        Seconds(standing.success_age));
  Gauge(text, "tipoff_sweep_rounds", "Rounds of this process, since its start, that went through.",
        static_cast<double>(standing.rounds));
  Gauge(text, "tipoff_sweep_troubled_rounds", "Rounds of this process that did not go through.",
        static_cast<double>(standing.troubles));
}

void AddAlerts(std::string& text, const std::vector<Alert>& alerts, Instant now) {
  Gauge(text, "tipoff_systemic_alert", "1 if a systemic alert was raised within the hour.",
        IsRecent(alerts, now) ? 1 : 0);
}

// Asks one question after the other; a question that has no answer in time is left out.
struct Collection : std::enable_shared_from_this<Collection> {
  Collection(const ApiParts& parts, std::function<void(std::string)> a_done)
      : sweep(parts.coordinator.sweep()),
        store(parts.store),
        bus(parts.bus),
        loop(parts.loop),
        done(std::move(a_done)) {}

  template <class T>
  DoneWith<T> Within(std::function<void(Result<T>)> take) {
    auto reply = Reply<T>::Start(loop, kCollectTime, {Errc::kUnavailable, "no answer"},
                                 [self = shared_from_this(), take = std::move(take)](
                                     Result<T> answer) { take(std::move(answer)); });
    return [reply](Result<T> answer) { reply->Post(std::move(answer)); };
  }

  void AskBatches() {
    FindLive(store, Within<std::vector<Batch>>([this](Result<std::vector<Batch>> live) {
               AddSweep(text, sweep.standing());
               AddBatches(text, live, store.Now());
               AskBacklog();
             }));
  }
  void AskBacklog() {
    bus.Inspect({Topic::Kind::kRequests, ""}, Within<Backlog>([this](Result<Backlog> backlog) {
                  AddBacklog(text, backlog, store.Now());
                  AskCompletions();
                }));
  }
  void AskCompletions() {
    bus.Inspect({Topic::Kind::kCompletions, ""}, Within<Backlog>([this](Result<Backlog> backlog) {
                  AddCompletions(text, backlog, store.Now());
                  AskQuarantine();
                }));
  }
  void AskQuarantine() {
    using Messages = std::vector<Quarantined>;
    store.ListQuarantine(kQuarantineMax, Within<Messages>([this](Result<Messages> messages) {
                           AddQuarantine(text, messages);
                           AskAnnouncements();
                         }));
  }
  void AskAnnouncements() {
    using Counts = std::vector<AnnouncementCount>;
    store.CountAnnouncements(Within<Counts>([this](Result<Counts> counts) {
      AddAnnouncements(text, counts, store.Now());
      AskCanaries();
    }));
  }
  void AskCanaries() {
    FindCanaryHealth(store, Within<CanaryHealth>([this](Result<CanaryHealth> health) {
                       if (health.ok()) AddCanaries(text, *health, store.Now());
                       AskAlerts();
                     }));
  }
  void AskAlerts() {
    using Alerts = std::vector<Alert>;
    ListAlerts(store, 1, Within<Alerts>([this](Result<Alerts> alerts) {
                 if (alerts.ok()) AddAlerts(text, *alerts, store.Now());
                 done(std::move(text));
               }));
  }

  const Sweep& sweep;
  Store& store;
  Bus& bus;
  Loop& loop;
  std::function<void(std::string)> done;
  std::string text;
};

}  // namespace

void CollectMetrics(const ApiParts& parts, std::function<void(std::string)> done) {
  auto collection = std::make_shared<Collection>(parts, std::move(done));
  if (parts.tally != nullptr) AddTally(collection->text, *parts.tally);
  collection->AskBatches();
}

}  // namespace tipoff
