#include "flow/announce.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/mutant.h"
#include "core/retry.h"

namespace tipoff {
namespace {

constexpr std::size_t kPage = 100;
constexpr auto kPeriod = std::chrono::seconds(5);
constexpr Backoff kSendBackoff{std::chrono::seconds(2), std::chrono::minutes(10)};
// With the back-off above about four hours; then it is a dead letter that `doctor` shows.
constexpr int kTriesMax = 30;

}  // namespace

Announce LogAnnouncement() {
  return [](const Batch& batch, const Announcement&, std::function<void(Status)> done) {
    Log(Severity::kInfo, "batch ended",
        {{"batch_id", batch.id.str()},
         {"status", std::string(ToString(batch.phase))},
         {"reason", std::string(ToString(batch.reason))},
         {"expected", std::to_string(batch.expected())},
         {"succeeded", std::to_string(batch.counts[RequestState::kSucceeded])},
         {"skipped", std::to_string(batch.counts[RequestState::kSkipped])},
         {"predictions", std::to_string(batch.predictions)},
         {"took", FormatDuration(batch.terminal_at - batch.created_at)}});
    done(Ok());
  };
}

Announcer::Announcer(Loop& loop, Store& store, Random& random,
                     std::map<std::string, Announce> targets)
    : loop_(loop), store_(store), random_(random), targets_(std::move(targets)) {}

Announcer::~Announcer() { loop_.Cancel(timer_); }

void Announcer::Start() {
  Kick();
  timer_ = loop_.After(kPeriod, [this] { Start(); });
}

void Announcer::Kick() {
  again_ = looking_;
  if (!looking_) Look();
}

void Announcer::Look() {
  looking_ = true;
  store_.ListAnnouncements(kPage, [this](Result<std::vector<Announcement>> due) {
    looking_ = false;
    if (due.ok()) {
      for (Announcement& announcement : *due) Send(std::move(announcement));
    }
    if (std::exchange(again_, false)) Look();
  });
}

void Announcer::Send(Announcement announcement) {
  auto target = targets_.find(announcement.target);
  // Another coordinator may know a target that this one does not: leave it to that one.
  if (target == targets_.end() || !sending_.insert(announcement.id).second) return;
  store_.Load(announcement.batch, {},
              [this, announcement, send = target->second](Result<Snapshot> snapshot) mutable {
                if (!snapshot.ok()) return Sent(std::move(announcement), snapshot.error());
                send(snapshot->batch, announcement,
                     [this, announcement](Status status) { Sent(announcement, status); });
              });
}

void Announcer::Sent(Announcement announcement, const Status& status) {
  ++announcement.tries;
  if (status.ok() || TIPOFF_MUTANT("sent-unheard")) {
    announcement.sent_at = store_.Now();
    announcement.last_error.clear();
  } else {
    announcement.last_error = status.error().message;
    announcement.dead = announcement.tries >= kTriesMax;
    announcement.due_at =
        store_.Now() + BackoffDelay(kSendBackoff, announcement.tries, random_.Next());
    Log(Severity::kWarning,
        announcement.dead ? "an announcement was given up" : "an announcement was not delivered",
        {{"batch_id", announcement.batch.str()},
         {"target", announcement.target},
         {"tries", std::to_string(announcement.tries)},
         {"error", announcement.last_error}});
  }
  std::string id = announcement.id;
  // If this write fails the announcement is sent once more: at least once, under one id.
  store_.UpdateAnnouncement(std::move(announcement), [this, id](Status) { sending_.erase(id); });
}

}  // namespace tipoff
