#include "flow/canary.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

// How often one that is under way is looked for.
constexpr Duration kLook = std::chrono::seconds(1);
constexpr Duration kCanaryLease = std::chrono::seconds(30);
// Where nobody can tell whether the one before lies on the bus, another is sent after so long.
constexpr Duration kSendAnyway = std::chrono::hours(1);
constexpr char kLeaseName[] = "canary";

std::string LossOf(const Canary& canary) {
  if (canary.lost_after == "worked") {
    return fmt::format(
        "worker '{}' answered, and the answer was not counted: the way of "
        "completions back to the coordinator is broken",
        canary.worker);
  }
  if (canary.lost_after == "published") {
    return "the bus has it, and no worker has taken it: is a worker running?";
  }
  return "the bus did not confirm it" + (canary.message.empty() ? "" : ": " + canary.message);
}

}  // namespace

CanaryRunner::CanaryRunner(Loop& loop, Store& store, Bus& bus, Random& random, Incarnation owner,
                           Options options)
    : loop_(loop),
      store_(store),
      bus_(bus),
      random_(random),
      owner_(std::move(owner)),
      options_(options) {}

CanaryRunner::~CanaryRunner() { loop_.Cancel(timer_); }

void CanaryRunner::Start() {
  if (options_.period > Duration(0)) Round();
}

void CanaryRunner::Plan(Duration wait) {
  timer_ = loop_.After(std::max(wait, kLook), [this] { Round(); });
}

void CanaryRunner::Round() {
  auto looked_up = [this](Result<std::vector<Record>> found) {
    if (!found.ok()) return Plan(options_.period);
    Look(found->empty() ? nullptr : &found->front());
  };
  auto leased = [this, looked_up](Result<LeaseGrant> grant) {
    if (!grant.ok() || !grant->granted) return Plan(std::min(options_.period, kCanaryLease));
    RecordFilter newest{.kind = std::string(kCanaryRecords), .newest_first = true, .limit = 1};
    store_.ListRecords(std::move(newest),
                       Watched<std::vector<Record>>(loop_, NoAnswer(), looked_up));
  };
  store_.AcquireLease(kLeaseName, owner_, kCanaryLease,
                      Watched<LeaseGrant>(loop_, NotKnown(), std::move(leased)));
}

void CanaryRunner::Look(const Record* newest) {
  if (newest == nullptr) return Send();
  auto canary = DecodeCanary(newest->body);
  if (!canary.ok()) return Send();
  if (canary->state == CanaryState::kUnderWay) return Settle(std::move(*canary));
  // Whoever sent it: the next one is due a period after it.
  Instant counted_from = canary->lost_periods > 1 ? newest->at : canary->sent_at;
  Duration left = counted_from + options_.period - store_.Now();
  if (left > Duration(0)) return Plan(left);
  if (canary->state == CanaryState::kLost && canary->lost_after != "worked") {
    return StillLost(std::move(*canary));
  }
  Send();
}

void CanaryRunner::Settle(Canary canary) {
  std::string id = canary.id;
  auto conclude = [this, canary = std::move(canary)](Result<Record> counted) {
    auto found = [this, canary, counted = std::move(counted)](Result<Record> worked) {
      Conclude(canary, worked, counted);
    };
    store_.GetRecord(std::string(kCanaryWorkedRecords), canary.id,
                     Watched<Record>(loop_, NoAnswer(), std::move(found)));
  };
  store_.GetRecord(std::string(kCanaryCountedRecords), std::move(id),
                   Watched<Record>(loop_, NoAnswer(), std::move(conclude)));
}

void CanaryRunner::Conclude(Canary canary, const Result<Record>& worked,
                            const Result<Record>& counted) {
  auto unread = [](const Result<Record>& record) {
    return !record.ok() && record.error().code != Errc::kNotFound;
  };
  // What can't be read is not lost.
  if (unread(worked) || unread(counted)) return Plan(kLook);
  for (const Result<Record>* record : {&worked, &counted}) {
    if (!record->ok()) continue;
    auto hop = DecodeCanaryHop((*record)->body);
    if (!hop.ok()) continue;
    (record == &worked ? canary.worked_at : canary.counted_at) = hop->at;
    canary.worker = hop->worker;
    canary.worker_version = hop->worker_version;
  }
  if (!canary.counted_at.never()) {
    canary.state = CanaryState::kBack;
    canary.message.clear();
    return Keep(canary, canary.sent_at + options_.period - store_.Now());
  }
  if (store_.Now() < canary.expires_at) return Plan(kLook);
  canary.lost_after = !canary.worked_at.never()      ? "worked"
                      : !canary.published_at.never() ? "published"
                                                     : "recorded";
  CountLoss(std::move(canary));
}

// No worker had taken the last one. If it still lies there, another would only pile up behind it.
void CanaryRunner::StillLost(Canary canary) {
  std::string id = canary.id;
  auto ask_bus = [this, canary = std::move(canary)](Result<Record> worked) {
    if (worked.ok()) return Send();
    auto inspected = [this, canary](Result<Backlog> backlog) {
      bool gone = backlog.ok() && backlog->waiting + backlog->leased == 0;
      bool blind = !backlog.ok() && backlog.error().code == Errc::kUnsupported;
      bool unsure = blind || canary.lost_after == "recorded";
      bool anyway = unsure && store_.Now() - canary.sent_at > kSendAnyway;
      gone || anyway ? Send() : CountLoss(canary);
    };
    bus_.Inspect({Topic::Kind::kRequests, ""},
                 Watched<Backlog>(loop_, NoAnswer(), std::move(inspected)));
  };
  store_.GetRecord(std::string(kCanaryWorkedRecords), std::move(id),
                   Watched<Record>(loop_, NoAnswer(), std::move(ask_bus)));
}

void CanaryRunner::CountLoss(Canary canary) {
  if (canary.state != CanaryState::kLost) canary.message = LossOf(canary);
  canary.state = CanaryState::kLost;
  ++canary.lost_periods;
  Log(Severity::kWarning, "the canary is lost",
      {{"canary", canary.id},
       {"last_hop", canary.lost_after},
       {"periods", std::to_string(canary.lost_periods)},
       {"what", canary.message}});
  Keep(canary,
       canary.lost_periods > 1 ? options_.period : canary.sent_at + options_.period - store_.Now());
}

void CanaryRunner::Send() {
  Canary canary;
  canary.sent_at = store_.Now();
  canary.expires_at = canary.sent_at + options_.timeout;
  // Ascends with time; unique where two coordinators believe that they send.
  canary.id = fmt::format("{:017}-{:08x}", canary.sent_at.micros(), random_.Next() & 0xffffffffu);
  auto stored = [this, canary](Result<Record> record) {
    if (!record.ok()) return Plan(options_.period);
    TIPOFF_CRASH_POINT("canary/recorded");
    Publish(canary);
  };
  store_.PutRecord({std::string(kCanaryRecords), canary.id, {}, Encode(canary)}, PutMode::kReplace,
                   Watched<Record>(loop_, NotKnown(), std::move(stored)));
}

void CanaryRunner::Publish(Canary canary) {
  std::string body = Encode(CanaryMessage{canary.id, canary.sent_at, canary.expires_at});
  auto published = [this, canary](Result<std::vector<std::string>> sent) mutable {
    TIPOFF_CRASH_POINT("canary/published");
    if (sent.ok() && sent->front().empty()) canary.published_at = store_.Now();
    canary.message = sent.ok() ? sent->front() : sent.error().message;
    Keep(canary, kLook);
  };
  bus_.Publish({Topic::Kind::kRequests, ""}, {std::move(body)},
               Watched<std::vector<std::string>>(loop_, NotKnown(), std::move(published)));
}

void CanaryRunner::Keep(const Canary& canary, Duration next) {
  store_.PutRecord(
      {std::string(kCanaryRecords), canary.id, {}, Encode(canary)}, PutMode::kReplace,
      Watched<Record>(loop_, NotKnown(), [this, next](const Result<Record>&) { Plan(next); }));
}

void CountCanary(Store& store, CanaryAnswer answer, std::function<void(bool ack)> settle) {
  std::string id = answer.id;
  store.GetRecord(
      std::string(kCanaryRecords), id,
      [&store, answer = std::move(answer), settle = std::move(settle)](Result<Record> known) {
        if (!known.ok()) return settle(known.error().code == Errc::kNotFound);
        CanaryHop hop{store.Now(), answer.worker, answer.worker_version};
        store.PutRecord({std::string(kCanaryCountedRecords), answer.id, {}, Encode(hop)},
                        PutMode::kFirstStays, [settle](const Result<Record>& stored) {
                          TIPOFF_CRASH_POINT("canary/counted");
                          settle(stored.ok());
                        });
      });
}

}  // namespace tipoff
