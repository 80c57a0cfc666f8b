#include "worker/held_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/retry.h"
#include "flow/watch.h"
#include "view/canary.h"

namespace tipoff {
namespace {

constexpr Backoff kGiveBackBackoff{std::chrono::seconds(1), std::chrono::minutes(1)};
constexpr std::size_t kQuarantineBytes = 4096;
const Topic kCompletions{Topic::Kind::kCompletions, ""};

using Requests = std::vector<HeldRequest*>;

bool Nameless(const HeldRequest& request) {
  return request.message.ordinal == Completion::kNoOrdinal;
}

void ScreenBatch(const Requests& requests, const BatchId& batch, const Result<Snapshot>& snapshot) {
  for (HeldRequest* item : requests) {
    if (!snapshot.ok()) {
      bool unknown = snapshot.error().code == Errc::kNotFound;
      item->outcome = unknown ? WorkOutcome::kBatchUnknown : WorkOutcome::kTransient;
      item->note = snapshot.error().message;
      continue;
    }
    if (IsTerminal(snapshot->batch.phase)) {
      item->outcome = WorkOutcome::kBatchOver;
      continue;
    }
    if (!Nameless(*item)) {
      if (item->message.ordinal < snapshot->batch.expected()) continue;
      item->outcome = WorkOutcome::kBatchUnknown;
      item->note = fmt::format("batch '{}' has no request {}", batch.str(), item->message.ordinal);
      continue;
    }
    auto row = std::find_if(snapshot->rows.begin(), snapshot->rows.end(), [&](const Request& r) {
      return r.player == item->message.spec.player && r.group == item->message.spec.group;
    });
    if (row != snapshot->rows.end()) {
      item->message.ordinal = row->ordinal;
    } else {
      item->outcome = WorkOutcome::kBatchUnknown;
      item->note = fmt::format("player '{}' is not in batch '{}'", item->message.spec.player.str(),
                               batch.str());
    }
  }
}

// What lets one message go, wherever it came from.
struct Letting {
  std::vector<LeaseToken> tokens;
  std::vector<std::function<void(bool ack)>> settles;

  void Add(const HeldRequest& request) {
    if (request.settle) {
      settles.push_back(request.settle);
    } else {
      tokens.push_back(request.delivery.token);
    }
  }
  void Ack(Bus& bus, const Topic& topic) const {
    if (!tokens.empty()) bus.Ack(topic, tokens, [](Status) { TIPOFF_CRASH_POINT("worker/acked"); });
    for (const auto& settle : settles) settle(true);
  }
};

}  // namespace

void Receive(Delivery delivery, HeldRequest& request) {
  request.delivery = std::move(delivery);
  auto message = DecodeWork(request.delivery.body);
  if (!message.ok()) {
    request.outcome = WorkOutcome::kMalformed;
    request.note = message.error().message;
  } else if (auto* canary = std::get_if<CanaryMessage>(&*message)) {
    request.canary = std::move(*canary);
    request.outcome = WorkOutcome::kCanary;
  } else {
    request.message = std::move(std::get<RequestMessage>(*message));
  }
}

void AnswerCanaries(Store& store, Bus& bus, const Requests& requests, const std::string& worker,
                    const std::string& version) {
  for (HeldRequest* request : requests) {
    if (!request->canary) continue;
    Instant now = store.Now();
    bool stale = now > request->canary->expires_at;
    if (stale) request->outcome = WorkOutcome::kCanaryStale;
    CanaryAnswer answer{request->canary->id, now, worker, version};
    Record passed{
        std::string(kCanaryWorkedRecords), answer.id, {}, Encode(CanaryHop{now, worker, version})};
    store.PutRecord(std::move(passed), PutMode::kFirstStays,
                    [&bus, stale, body = Encode(answer)](const Result<Record>&) {
                      TIPOFF_CRASH_POINT("worker/canary-noted");
                      if (stale) return;
                      bus.Publish(kCompletions, {body}, [](Result<std::vector<std::string>>) {});
                    });
  }
}

Requests Open(const Requests& requests) {
  Requests open;
  for (HeldRequest* request : requests) {
    if (!request->outcome) open.push_back(request);
  }
  return open;
}

void Screen(Loop& loop, Store& store, Requests requests, std::function<void()> done) {
  std::map<BatchId, Requests> batches;
  for (HeldRequest* request : Open(requests)) batches[request->message.batch].push_back(request);
  if (batches.empty()) return done();
  auto waiting = std::make_shared<std::size_t>(batches.size());
  for (auto& [batch, items] : batches) {
    RowKeys keys;
    for (const HeldRequest* item : items) {
      if (Nameless(*item))
        keys.players.push_back({item->message.spec.player, item->message.spec.group});
    }
    auto loaded = [batch = batch, items = std::move(items), waiting,
                   done](const Result<Snapshot>& snapshot) {
      ScreenBatch(items, batch, snapshot);
      if (--*waiting == 0) done();
    };
    store.Load(batch, std::move(keys), Watched<Snapshot>(loop, NoAnswer(), std::move(loaded)));
  }
}

void ReportLeases(Bus& bus, const Requests& requests, const std::string& worker,
                  const std::string& version) {
  std::map<BatchId, LeaseReport> reports;
  for (const HeldRequest* item : Open(requests)) {
    LeaseReport& report = reports[item->message.batch];
    report.batch = item->message.batch;
    report.worker = worker;
    report.worker_version = version;
    report.ordinals.push_back(static_cast<std::uint32_t>(item->message.ordinal));
  }
  std::vector<std::string> bodies;
  for (const auto& [batch, report] : reports) bodies.push_back(Encode(report));
  if (bodies.empty()) return;
  bus.Publish(kCompletions, std::move(bodies),
              [](Result<std::vector<std::string>>) { TIPOFF_CRASH_POINT("worker/leases-told"); });
}

void LoadHistories(HistoryLoader& loader, const Requests& requests, HistoryTakers takers,
                   std::function<void()> done) {
  using Players = std::map<PlayerId, Requests>;
  std::map<Day, Players> dates;
  for (HeldRequest* request : requests) {
    dates[request->message.spec.game_date][request->message.spec.player].push_back(request);
  }
  if (dates.empty()) return done();
  auto waiting = std::make_shared<std::size_t>(0);  // Players of whom nothing has been heard.
  for (const auto& [date, players] : dates) *waiting += players.size();
  for (auto& [date, players] : dates) {
    std::vector<PlayerId> asked;
    for (const auto& [player, items] : players) asked.push_back(player);
    auto take = [players = std::move(players), waiting, takers, done](
                    const std::vector<PlayerId>& some, Result<HistoryChunk> chunk) {
      if (!chunk.ok() && TIPOFF_MUTANT("unknown-is-empty")) {
        static const PlayerHistory kEmpty;
        chunk = HistoryChunk{std::make_shared<const HistoryBatch>(),
                             std::vector<const PlayerHistory*>(some.size(), &kEmpty)};
      }
      Requests failed;
      for (std::size_t i = 0; i < some.size(); ++i) {
        for (HeldRequest* request : players.at(some[i])) {
          if (chunk.ok()) {
            takers.loaded(*request, chunk->batch, *chunk->players[i]);
            continue;
          }
          request->outcome = WorkOutcome::kTransient;
          request->note = chunk.error().message;
          failed.push_back(request);
        }
      }
      if (!failed.empty() && takers.failed) takers.failed(failed, chunk.error());
      *waiting -= some.size();
      if (*waiting == 0) done();
    };
    loader.Load(date, asked, std::move(take));
  }
}

void SettleRequests(Loop& loop, Store& store, Bus& bus, const Topic& topic,
                    const Requests& requests) {
  Letting done;
  auto kept = std::make_shared<Letting>();  // Acked only once the quarantine has them.
  std::vector<Quarantined> quarantined;
  std::map<Duration, std::vector<LeaseToken>> nacks;
  for (const HeldRequest* item : requests) {
    const AckRule& rule = RuleFor(*item->outcome);
    if (rule.quarantine) {
      quarantined.push_back(
          {{}, ToString(topic), item->note, item->delivery.body.substr(0, kQuarantineBytes)});
    }
    if (rule.ack || TIPOFF_MUTANT("transient-acked")) {
      (rule.quarantine ? *kept : done).Add(*item);
      continue;
    }
    Log(Severity::kWarning, "a request is given back",
        {{"batch_id", item->message.batch.str()},
         {"player", item->message.spec.player.str()},
         {"why", std::string(rule.name)},
         {"error", item->note}});
    if (item->settle) {
      item->settle(false);
    } else {
      nacks[GiveBackDelay(item->delivery.deliveries)].push_back(item->delivery.token);
    }
  }
  for (auto& [delay, tokens] : nacks) bus.Nack(topic, std::move(tokens), delay, [](Status) {});
  done.Ack(bus, topic);
  if (quarantined.empty()) return;
  Log(Severity::kWarning, "requests were quarantined",
      {{"count", std::to_string(quarantined.size())}, {"first", quarantined.front().reason}});
  auto put = [kept, &bus, topic](const Status& status) {
    TIPOFF_CRASH_POINT("worker/quarantined");
    if (status.ok()) return kept->Ack(bus, topic);
    for (const auto& settle : kept->settles) settle(false);
  };
  store.Quarantine(std::move(quarantined), Watched<Done>(loop, NotKnown(), std::move(put)));
}

Duration GiveBackDelay(int deliveries) {
  return BackoffDelay(kGiveBackBackoff, std::max(deliveries, 1), 0);
}

}  // namespace tipoff
