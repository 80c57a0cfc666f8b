#include "api/lease_desk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "view/worker_presence.h"

namespace tipoff {
namespace {

// So long a worker that has left, or the end of the process, is not noticed.
constexpr Duration kWaitSlice = std::chrono::seconds(2);
constexpr std::size_t kSeenMax = 1000;
constexpr std::uint64_t kPresencesPerSweep = 360;

Topic RequestsOf(const std::string& group) { return {Topic::Kind::kRequests, group}; }

}  // namespace

// What was leased in one call.
struct LeaseDesk::Hand {
  LeaseOrder order;
  Instant expires_at;
  std::vector<HeldRequest> items;
  DoneWith<std::vector<HandedOut>> done;

  std::vector<HeldRequest*> All() {
    std::vector<HeldRequest*> all;
    for (HeldRequest& item : items) all.push_back(&item);
    return all;
  }
};

// One report on its way.
struct LeaseDesk::Case {
  LeaseTicket ticket;
  RequestSpec spec;
  WorkReport report;
  DoneWith<ReportedRequest> done;

  Completion ToCompletion() const {
    Completion completion;
    completion.ordinal = ticket.ordinal;
    completion.player = spec.player;
    completion.group = spec.group;
    completion.status = report.status;
    completion.predictions = static_cast<std::int32_t>(report.predictions.size());
    completion.attempt = ticket.attempt;
    completion.reason = report.reason;
    completion.worker = ticket.worker;
    completion.worker_version = ticket.worker_version;
    return completion;
  }
};

LeaseDesk::LeaseDesk(const ApiParts& parts)
    : parts_(parts), loader_(parts.loop, parts.history, parts.options.lease_history) {}

void LeaseDesk::Take(LeaseOrder order, DoneWith<std::vector<HandedOut>> done) {
  Seen(order.worker, order.worker_version, order.group);
  Duration until = parts_.loop.Steady() + order.wait;
  Ask(std::move(order), until, std::move(done));
}

void LeaseDesk::Ask(LeaseOrder order, Duration until, DoneWith<std::vector<HandedOut>> done) {
  Duration left = std::max(until - parts_.loop.Steady(), Duration(0));
  LeaseOptions options{.max = std::min(order.max, kLeasesMax),
                       .lease = order.lease,
                       .wait = order.may_wait() ? std::min(left, kWaitSlice) : Duration(0)};
  // Not this process: when it ends, those who work for it elsewhere go on.
  Incarnation owner("api/" + order.worker);
  auto taken = [this, order, until, done](Result<std::vector<Delivery>> deliveries) {
    if (!deliveries.ok()) {
      // A subscription that is missing is no path that is: workers ask again until it is mended.
      Error error = deliveries.error();
      if (error.code == Errc::kNotFound) error.code = Errc::kUnavailable;
      return done(std::move(error));
    }
    if (deliveries->empty()) {
      bool over = parts_.loop.Steady() >= until || !order.wanted() || !order.may_wait();
      return over ? done(std::vector<HandedOut>()) : Ask(order, until, done);
    }
    auto hand = std::make_shared<Hand>();
    hand->order = order;
    hand->expires_at = parts_.store.Now() + order.lease;
    hand->done = done;
    hand->items.resize(deliveries->size());
    for (std::size_t i = 0; i < hand->items.size(); ++i) {
      Receive(std::move((*deliveries)[i]), hand->items[i]);
    }
    if (!order.wanted()) return TakeBack(hand);
    AnswerCanaries(parts_.store, parts_.bus, hand->All(), order.worker, order.worker_version);
    Screen(parts_.loop, parts_.store, hand->All(), [this, hand] { LoadHistory(hand); });
  };
  Topic topic = RequestsOf(order.group);
  parts_.bus.Lease(std::move(topic), std::move(owner), options, std::move(taken));
}

void LeaseDesk::LoadHistory(std::shared_ptr<Hand> hand) {
  if (!hand->order.history) return HandOut(hand);
  std::vector<HeldRequest*> missing;
  for (HeldRequest* item : Open(hand->All())) {
    if (!item->message.history || !item->message.teams) missing.push_back(item);
  }
  HistoryTakers takers;
  takers.loaded = [](HeldRequest& request, const std::shared_ptr<const HistoryBatch>& batch,
                     const PlayerHistory& history) {
    request.message.history = history;
    request.message.teams = batch->teams;
    request.message.data_version = batch->data_version;
  };
  LoadHistories(loader_, missing, std::move(takers), [this, hand] { HandOut(hand); });
}

void LeaseDesk::HandOut(std::shared_ptr<Hand> hand) {
  const LeaseOrder& order = hand->order;
  if (!order.wanted()) return TakeBack(std::move(hand));
  ReportLeases(parts_.bus, hand->All(), order.worker, order.worker_version);
  std::vector<HandedOut> handed_out;
  std::vector<HeldRequest*> useless;
  std::string trouble;
  for (HeldRequest& item : hand->items) {
    if (item.outcome) {
      if (item.outcome == WorkOutcome::kTransient) trouble = item.note;
      useless.push_back(&item);
      continue;
    }
    LeaseTicket ticket{.group = order.group,
                       .token = item.delivery.token,
                       .batch = item.message.batch,
                       .ordinal = static_cast<std::uint32_t>(item.message.ordinal),
                       .attempt = item.message.attempt,
                       .deliveries = item.delivery.deliveries,
                       .worker = order.worker,
                       .worker_version = order.worker_version};
    handed_out.push_back({std::move(ticket), hand->expires_at, std::move(item.message)});
  }
  SettleRequests(parts_.loop, parts_.store, parts_.bus, RequestsOf(order.group), useless);
  if (handed_out.empty() && !trouble.empty()) {
    return hand->done(Error{Errc::kUnavailable,
                            fmt::format("{}; the requests were given back, ask again", trouble)});
  }
  TIPOFF_CRASH_POINT("lease-desk/hand-out");
  hand->done(std::move(handed_out));
}

// Nobody would work them until their lease ends.
void LeaseDesk::TakeBack(std::shared_ptr<Hand> hand) {
  std::vector<LeaseToken> tokens;
  for (const HeldRequest& item : hand->items) tokens.push_back(item.delivery.token);
  parts_.bus.Nack(RequestsOf(hand->order.group), std::move(tokens), Duration(0),
                  [hand](Status) { hand->done(std::vector<HandedOut>()); });
}

void LeaseDesk::Extend(LeaseTicket ticket, Duration lease, DoneWith<Instant> done) {
  Seen(ticket);
  parts_.bus.Extend(RequestsOf(ticket.group), {ticket.token}, lease,
                    [this, lease, done](Result<std::size_t> held) {
                      if (!held.ok()) return done(held.error());
                      if (*held > 0) return done(parts_.store.Now() + lease);
                      done(Error{Errc::kNotFound,
                                 "the lease is lost: the request was settled, or somebody else "
                                 "holds it now; drop it"});
                    });
}

void LeaseDesk::Report(LeaseTicket ticket, WorkReport report, DoneWith<ReportedRequest> done) {
  Seen(ticket);
  auto work = std::make_shared<Case>();
  work->ticket = std::move(ticket);
  work->report = std::move(report);
  work->done = std::move(done);
  parts_.store.LoadSpecs(
      work->ticket.batch, {work->ticket.ordinal},
      [this, work](Result<std::vector<RequestSpec>> specs) {
        const LeaseTicket& held = work->ticket;
        if (!specs.ok()) {
          if (specs.error().code == Errc::kNotFound) {
            parts_.bus.Ack(RequestsOf(held.group), {held.token}, [](Status) {});
          }
          return work->done(specs.error());
        }
        work->spec = std::move(specs->front());
        if (work->spec.group != held.group) {
          return work->done(Error{Errc::kInvalid, "token: is of another group than its request"});
        }
        if (work->report.status == RequestState::kFailed) {
          return Submit(work, work->ToCompletion());
        }
        Stage(work);
      });
}

// Durable before it is counted. Somebody may have staged the request before: what is stored is what
// counts.
void LeaseDesk::Stage(std::shared_ptr<Case> work) {
  StagedResult result;
  result.batch = work->ticket.batch;
  result.outcome = work->ToCompletion();
  result.predictions = work->report.predictions;
  for (Prediction& prediction : result.predictions) {
    prediction.prediction_id = MakePredictionId(result.batch, work->spec, prediction.stat,
                                                prediction.system, prediction.line);
  }
  result.data_version = work->report.data_version;
  std::vector<StagedResult> results;
  results.push_back(std::move(result));
  parts_.store.Stage(std::move(results), [this, work](Result<std::vector<Completion>> stored) {
    if (!stored.ok()) return work->done(stored.error());
    TIPOFF_CRASH_POINT("lease-desk/staged");
    Submit(work, std::move(stored->front()));
  });
}

void LeaseDesk::Submit(std::shared_ptr<Case> work, Completion completion) {
  completion.reported_at = parts_.store.Now();
  RowKeys keys;
  keys.ordinals = {work->ticket.ordinal};
  Completions event;
  event.items.push_back(std::move(completion));
  parts_.coordinator.driver().Submit(
      work->ticket.batch, std::move(keys), std::move(event), [this, work](Result<Applied> applied) {
        if (!applied.ok()) return work->done(applied.error());
        TIPOFF_CRASH_POINT("lease-desk/counted");
        parts_.bus.Ack(RequestsOf(work->ticket.group), {work->ticket.token}, [](Status) {});
        Finish(work);
      });
}

// Tells what the store says about the request now, which may be what somebody else reported first.
void LeaseDesk::Finish(std::shared_ptr<Case> work) {
  RowKeys keys;
  keys.ordinals = {work->ticket.ordinal};
  parts_.store.Load(work->ticket.batch, std::move(keys), [work](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return work->done(snapshot.error());
    if (snapshot->rows.empty()) {
      return work->done(Error{Errc::kCorrupt, "a request that was counted has no row"});
    }
    const Request& row = snapshot->rows.front();
    work->done(ReportedRequest{.batch = snapshot->batch.id,
                               .player = row.player,
                               .state = StateUnder(snapshot->batch, row),
                               .predictions = row.predictions,
                               .reason = row.reason,
                               .late = !row.late_at.never()});
  });
}

void LeaseDesk::ReportError(LeaseTicket ticket, std::string reason,
                            DoneWith<ReportedRequest> done) {
  if (ticket.deliveries >= parts_.options.tries_max) {
    WorkReport report;
    report.status = RequestState::kFailed;
    report.reason = std::move(reason);
    return Report(std::move(ticket), std::move(report), std::move(done));
  }
  Duration delay = GiveBackDelay(ticket.deliveries);
  ReportedRequest open{.batch = ticket.batch, .given_back = true};
  GiveBack(std::move(ticket), delay, [open, done](Status status) {
    if (!status.ok()) return done(status.error());
    done(open);
  });
}

void LeaseDesk::GiveBack(LeaseTicket ticket, Duration delay, DoneWith<Done> done) {
  Seen(ticket);
  parts_.bus.Nack(RequestsOf(ticket.group), {ticket.token}, delay, std::move(done));
}

// Best effort, like the presence of tipoff's own workers.
void LeaseDesk::Seen(const LeaseTicket& ticket) {
  if (!ticket.worker.empty()) Seen(ticket.worker, ticket.worker_version, ticket.group);
}

void LeaseDesk::Seen(const std::string& worker, const std::string& version,
                     const std::string& group) {
  Duration now = parts_.loop.Steady();
  auto [seen, fresh] = seen_.emplace(worker, now);
  if (!fresh && now - seen->second < kPresencePeriod) return;
  seen->second = now;
  if (seen_.size() > kSeenMax) {
    std::erase_if(seen_, [&](const auto& entry) { return now - entry.second >= kPresencePeriod; });
  }
  WorkerPresence presence{.name = worker, .version = version, .group = group};
  Record record{std::string(kWorkerRecords), presence.name, {}, Encode(presence)};
  parts_.store.PutRecord(std::move(record), PutMode::kReplace, [](Result<Record>) {});
  if (presences_++ % kPresencesPerSweep != 1) return;
  parts_.store.DropRecords(std::string(kWorkerRecords), parts_.store.Now() - kPresenceKept,
                           [](Result<std::size_t>) {});
}

}  // namespace tipoff
