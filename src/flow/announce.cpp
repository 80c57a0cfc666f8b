#include "flow/announce.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/limits.h"
#include "core/retry.h"
#include "flow/alerts.h"
#include "flow/queries.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr auto kPeriod = std::chrono::seconds(5);
constexpr Backoff kSendBackoff{std::chrono::seconds(2), std::chrono::minutes(10)};
// With the back-off above about four hours; then it is a dead letter that `doctor` shows.
constexpr int kTriesMax = 30;
// Longer than any target's own time limit.
constexpr auto kSendTime = std::chrono::seconds(60);
constexpr Duration kRetryAfterMax = std::chrono::hours(1);
// What is for a target that no coordinator has known for so long is given up.
constexpr auto kUnknownKept = std::chrono::hours(24 * 7);
// Alerts older than that are not announced any more, such as to a receiver that is new.
constexpr auto kAlertIsNews = std::chrono::hours(1);
constexpr std::size_t kAlertsLookedAt = 10;
// Named in what is told; the number of all is told, too.
constexpr std::size_t kMissingNamed = 10;

bool AboutAnEnd(const Announcement& announcement) { return announcement.kind == "batch.ended"; }

void LogEnd(const Batch& batch) {
  Log(Severity::kInfo, "batch ended",
      {{"batch_id", batch.id.str()},
       {"status", std::string(ToString(batch.phase))},
       {"reason", std::string(ToString(batch.reason))},
       {"expected", std::to_string(batch.expected())},
       {"succeeded", std::to_string(batch.counts[RequestState::kSucceeded])},
       {"skipped", std::to_string(batch.counts[RequestState::kSkipped])},
       {"predictions", std::to_string(batch.predictions)},
       {"took", FormatDuration(batch.terminal_at - batch.created_at)}});
}

}  // namespace

Announce LogAnnouncement() {
  return [](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
    // Whoever raises an alert has logged it.
    if (AboutAnEnd(notice.announcement)) LogEnd(notice.batch);
    done({});
  };
}

std::vector<Announcement> MakeAnnouncements(const std::string& id, const Announcement& about,
                                            const std::vector<std::string>& targets, Instant now) {
  std::vector<Announcement> announcements;
  for (const std::string& target : targets) {
    Announcement& announcement = announcements.emplace_back(about);
    announcement.id = id + "." + target;
    announcement.target = target;
    announcement.recorded_at = now;
    announcement.due_at = now;
  }
  return announcements;
}

Announcer::Announcer(Loop& loop, Store& store, Random& random,
                     std::map<std::string, Announce> targets)
    : loop_(loop), store_(store), random_(random) {
  for (auto& [target, send] : targets) {
    names_.push_back(target);
    lanes_[target] = Lane{target, std::move(send), {}};
  }
}

Announcer::~Announcer() { loop_.Cancel(timer_); }

void Announcer::Start() {
  Kick();
  LookForAlerts();
  LookForForgotten();
  timer_ = loop_.After(kPeriod, [this] { Start(); });
}

void Announcer::Kick() {
  for (auto& [target, lane] : lanes_) Look(lane);
}

// The records are the outbox of alerts: whichever coordinator finds one that is not announced yet
// puts its announcements down.
void Announcer::LookForAlerts() {
  ListAlerts(store_, kAlertsLookedAt, [this](Result<std::vector<Alert>> alerts) {
    if (!alerts.ok()) return;
    for (const Alert& alert : *alerts) {
      if (store_.Now() - alert.at > kAlertIsNews || !alerts_seen_.insert(alert.id).second) continue;
      Announcement about{.kind = "alert.systemic", .detail = alert.message};
      for (Announcement& announcement :
           MakeAnnouncements("alert-" + alert.id, about, names_, alert.at)) {
        PutDown(std::move(announcement));
      }
    }
  });
}

void Announcer::PutDown(Announcement announcement) {
  AnnouncementFilter same{.id = announcement.id};
  auto written = [this](const Status& status) { status.ok() ? Kick() : alerts_seen_.clear(); };
  auto listed = [this, announcement, written](const Result<std::vector<Announcement>>& found) {
    if (!found.ok()) return alerts_seen_.clear();  // The next round tries again.
    if (!found->empty()) return;
    TIPOFF_CRASH_POINT("announce/alert");
    store_.UpdateAnnouncement(announcement, Watched<Done>(loop_, NotKnown(), written));
  };
  store_.ListAnnouncements(
      std::move(same), Watched<std::vector<Announcement>>(loop_, NoAnswer(), std::move(listed)));
}

// A target that was taken out of every configuration would keep its announcements for ever, and
// their batches with them.
void Announcer::LookForForgotten() {
  store_.CountAnnouncements([this](Result<std::vector<AnnouncementCount>> counts) {
    if (!counts.ok()) return;
    Instant from = store_.Now() - kUnknownKept;
    for (const AnnouncementCount& count : *counts) {
      bool old = !count.oldest.never() && count.oldest < from;
      if (old && !lanes_.contains(count.target)) GiveUpForgotten(count.target, from);
    }
  });
}

void Announcer::GiveUpForgotten(const std::string& target, Instant from) {
  AnnouncementFilter due{.due = true, .target = target};
  store_.ListAnnouncements(std::move(due), [this, from](Result<std::vector<Announcement>> found) {
    if (!found.ok()) return;
    for (Announcement& announcement : *found) {
      if (announcement.recorded_at >= from) continue;
      announcement.dead = true;
      announcement.last_error = "no coordinator has known its target for 7 days";
      store_.UpdateAnnouncement(std::move(announcement), [](Status) {});
    }
  });
}

bool Announcer::idle() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& item) {
    return !item.second.looking && item.second.sending.empty();
  });
}

void Announcer::Look(Lane& lane) {
  lane.again = lane.looking;
  if (lane.looking || lane.sending.size() >= limits::kAnnouncementsInFlight) return;
  lane.looking = true;
  // Those that are being sent are still due, as far as the store knows.
  AnnouncementFilter due{
      .due = true, .target = lane.target, .limit = 2 * limits::kAnnouncementsInFlight};
  auto listed = [this, &lane](Result<std::vector<Announcement>> found) {
    lane.looking = false;
    if (found.ok()) Take(lane, std::move(*found));
    if (std::exchange(lane.again, false)) Look(lane);
  };
  store_.ListAnnouncements(
      std::move(due), Watched<std::vector<Announcement>>(loop_, NoAnswer(), std::move(listed)));
}

void Announcer::Take(Lane& lane, std::vector<Announcement> due) {
  for (Announcement& announcement : due) {
    if (lane.sending.size() >= limits::kAnnouncementsInFlight) return;
    if (lane.sending.insert(announcement.id).second) Gather(lane, std::move(announcement));
  }
}

// What is told is what is stored now; a batch that has ended does not change any more.
void Announcer::Gather(Lane& lane, Announcement announcement) {
  auto notice = std::make_shared<Notice>();
  notice->batch.id = announcement.batch;
  notice->announcement = std::move(announcement);
  auto loaded = [this, &lane, notice](Result<Snapshot> snapshot) {
    if (snapshot.ok()) notice->batch = std::move(snapshot->batch);
    if (!AboutAnEnd(notice->announcement)) return Send(lane, *notice);
    if (snapshot.ok()) return NameMissing(lane, notice);
    bool dropped = snapshot.error().code == Errc::kNotFound;
    Sent(lane, notice->announcement, {snapshot.error(), dropped});
  };
  store_.Load(notice->batch.id, {}, Watched<Snapshot>(loop_, NoAnswer(), std::move(loaded)));
}

void Announcer::NameMissing(Lane& lane, std::shared_ptr<Notice> notice) {
  auto listed = [this, &lane, notice](Result<RequestPage> page) {
    if (page.ok()) {
      for (RequestView& view : page->views) {
        notice->missing.push_back({std::move(view.row), std::move(view.spec)});
      }
    }
    Send(lane, *notice);
  };
  ListRequestViews(store_, notice->batch, {.states = MissingStates(), .limit = kMissingNamed},
                   Watched<RequestPage>(loop_, NoAnswer(), std::move(listed)));
}

void Announcer::Send(Lane& lane, const Notice& notice) {
  TIPOFF_CRASH_POINT("announce/send");
  auto sent = [this, &lane, announcement = notice.announcement](Result<AnnounceAnswer> answer) {
    Sent(lane, announcement, answer.ok() ? *answer : AnnounceAnswer{answer.error()});
  };
  lane.send(notice,
            Watched<AnnounceAnswer>(loop_, {Errc::kUnavailable, "the receiver did not answer"},
                                    std::move(sent), kSendTime));
}

void Announcer::Sent(Lane& lane, Announcement announcement, const AnnounceAnswer& answer) {
  TIPOFF_CRASH_POINT("announce/sent");
  ++announcement.tries;
  if (answer.status.ok() || TIPOFF_MUTANT("sent-unheard")) {
    announcement.sent_at = store_.Now();
    announcement.last_error.clear();
  } else {
    announcement.last_error = answer.status.error().message.substr(0, limits::kReasonBytes);
    announcement.dead = answer.gone || announcement.tries >= kTriesMax;
    Duration wait = BackoffDelay(kSendBackoff, announcement.tries, random_.Next());
    wait = std::max(wait, std::min(answer.retry_after, kRetryAfterMax));
    announcement.due_at = store_.Now() + wait;
    Log(Severity::kWarning,
        announcement.dead ? "an announcement was given up" : "an announcement was not delivered",
        {{"id", announcement.id},
         {"target", announcement.target},
         {"tries", std::to_string(announcement.tries)},
         {"error", announcement.last_error}});
  }
  std::string id = announcement.id;
  // If this write fails the announcement is sent once more: at least once, under one id.
  auto written = [this, &lane, id](Status) {
    TIPOFF_CRASH_POINT("announce/marked");
    bool full = lane.sending.size() >= limits::kAnnouncementsInFlight;
    lane.sending.erase(id);
    if (full) Look(lane);
  };
  store_.UpdateAnnouncement(std::move(announcement),
                            Watched<Done>(loop_, NotKnown(), std::move(written)));
}

}  // namespace tipoff
