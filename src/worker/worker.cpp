#include "worker/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/log.h"
#include "base/random.h"
#include "base/reply.h"
#include "core/limits.h"
#include "core/retry.h"

namespace tipoff {
namespace {

constexpr auto kWait = std::chrono::seconds(20);
// The first lease of a burst is small, so that several workers share a small batch; each full one
// doubles the next, so that a large batch costs few calls.
constexpr std::size_t kFirstLease = 32;
constexpr Backoff kPullBackoff{std::chrono::milliseconds(200), std::chrono::seconds(10)};
constexpr Backoff kNackBackoff{std::chrono::seconds(1), std::chrono::minutes(1)};
constexpr std::size_t kCompletionsPerMessage = 500;
constexpr std::size_t kQuarantineBytes = 4096;
const Topic kCompletions{Topic::Kind::kCompletions, ""};

}  // namespace

// One request that is held, and how far it has come.
struct Worker::Item {
  Delivery delivery;
  RequestMessage message;
  std::optional<WorkOutcome> outcome;
  std::string note;  // Why, for the quarantine, the log or the completion.
  PlayerHistory history;
  std::vector<TeamForm> own_teams;  // If they came with the message.
  const std::vector<TeamForm>* teams = nullptr;
  std::string data_version;
  bool has_history = false;
  PredictedRequest predicted;
};

// What was leased together and travels together.
struct Worker::Hand {
  std::vector<Item> items;
  std::list<HistoryBatch> loaded;  // Keeps what items point to.
  std::size_t waiting = 0;         // Calls under way.
  Loop::TimerId extend_timer = 0;

  // The items that are still to be worked on.
  std::vector<Item*> Open() {
    std::vector<Item*> open;
    for (Item& item : items) {
      if (!item.outcome) open.push_back(&item);
    }
    return open;
  }
  std::set<BatchId> OpenBatches() {
    std::set<BatchId> batches;
    for (Item* item : Open()) batches.insert(item->message.batch);
    return batches;
  }
};

Worker::Worker(Loop& loop, Store& store, Bus& bus, History& history, Predictor predict,
               Options options)
    : loop_(loop),
      store_(store),
      bus_(bus),
      history_(history),
      predict_(std::move(predict)),
      options_(std::move(options)),
      topic_{Topic::Kind::kRequests, options_.group},
      next_lease_(std::min(kFirstLease, options_.held_max)) {}

Worker::~Worker() {
  loop_.Cancel(timer_);
  for (auto& weak : hands_) {
    if (auto hand = weak.lock()) loop_.Cancel(hand->extend_timer);
  }
}

void Worker::Start() { Pull(); }

void Worker::Stop(std::function<void()> drained) {
  stopping_ = true;
  drained_ = std::move(drained);
  if (held_ == 0) {
    loop_.Post([this] {
      if (auto done = std::exchange(drained_, nullptr)) done();
    });
  }
}

void Worker::Pull() {
  if (pulling_ || stopping_ || held_ >= options_.held_max) return;
  pulling_ = true;
  LeaseOptions lease{.max = std::min(next_lease_, options_.held_max - held_),
                     .lease = options_.lease,
                     .wait = kWait};
  bus_.Lease(topic_, options_.process, lease, [this, lease](Result<std::vector<Delivery>> taken) {
    pulling_ = false;
    bool full = taken.ok() && taken->size() >= lease.max;
    next_lease_ = full ? std::min(next_lease_ * 2, options_.held_max)
                       : std::min(kFirstLease, options_.held_max);
    Taken(std::move(taken));
  });
}

void Worker::Taken(Result<std::vector<Delivery>> deliveries) {
  if (!deliveries.ok()) {
    ++failures_;
    Duration wait = BackoffDelay(kPullBackoff, failures_, MixText(0, options_.name));
    Log(Severity::kWarning, "requests can't be taken off the bus",
        {{"worker", options_.name},
         {"retry_in", FormatDuration(wait)},
         {"error", deliveries.error().message}});
    timer_ = loop_.After(wait, [this] { Pull(); });
    return;
  }
  failures_ = 0;
  if (deliveries->empty()) return Pull();
  auto hand = std::make_shared<Hand>();
  held_ += deliveries->size();
  for (Delivery& delivery : *deliveries) {
    Item item;
    item.delivery = std::move(delivery);
    auto message = DecodeRequest(item.delivery.body);
    if (message.ok()) {
      item.message = std::move(*message);
    } else {
      item.outcome = WorkOutcome::kMalformed;
      item.note = message.error().message;
    }
    hand->items.push_back(std::move(item));
  }
  hands_.remove_if([](const std::weak_ptr<Hand>& weak) { return weak.expired(); });
  hands_.push_back(hand);
  KeepLeases(hand);
  CheckBatches(hand);
  Pull();
}

// Extends what the hand holds for as long as it is worked on.
void Worker::KeepLeases(std::shared_ptr<Hand> hand) {
  hand->extend_timer = loop_.After(options_.lease / 3, [this, weak = std::weak_ptr<Hand>(hand)] {
    auto held = weak.lock();
    if (held == nullptr) return;
    std::vector<LeaseToken> tokens;
    for (const Item& item : held->items) tokens.push_back(item.delivery.token);
    bus_.Extend(topic_, std::move(tokens), options_.lease, [](Result<std::size_t>) {});
    KeepLeases(held);
  });
}

// Nobody should work for a batch that has ended, or that never was.
void Worker::CheckBatches(std::shared_ptr<Hand> hand) {
  std::set<BatchId> batches = hand->OpenBatches();
  if (batches.empty()) return Settle(hand);
  hand->waiting = batches.size();
  for (const BatchId& batch : batches) {
    RowKeys keys;
    for (const Item* item : hand->Open()) {
      bool nameless = item->message.ordinal == Completion::kNoOrdinal;
      if (item->message.batch == batch && nameless) {
        keys.players.push_back({item->message.spec.player, item->message.spec.group});
      }
    }
    store_.Load(batch, std::move(keys), [this, hand, batch](Result<Snapshot> snapshot) {
      Sort(*hand, batch, snapshot);
      if (--hand->waiting > 0) return;
      ReportLeases(*hand);
      LoadHistory(hand);
    });
  }
}

void Worker::Sort(Hand& hand, const BatchId& batch, const Result<Snapshot>& snapshot) {
  for (Item* item : hand.Open()) {
    if (item->message.batch != batch) continue;
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
    if (item->message.ordinal != Completion::kNoOrdinal) continue;
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

// Tells the coordinator who holds what. Only a hint: if it gets lost, nothing else does.
void Worker::ReportLeases(const Hand& hand) {
  std::map<BatchId, LeaseReport> reports;
  for (const Item& item : hand.items) {
    if (item.outcome) continue;
    LeaseReport& report = reports[item.message.batch];
    report.batch = item.message.batch;
    report.worker = options_.name;
    report.worker_version = options_.version;
    report.ordinals.push_back(static_cast<std::uint32_t>(item.message.ordinal));
  }
  std::vector<std::string> bodies;
  for (const auto& [batch, report] : reports) bodies.push_back(Encode(report));
  if (bodies.empty()) return;
  bus_.Publish(kCompletions, std::move(bodies), [](Result<std::vector<std::string>>) {});
}

// One query for everybody of a date whose history did not come with the message.
void Worker::LoadHistory(std::shared_ptr<Hand> hand) {
  std::map<Day, std::vector<Item*>> missing;
  for (Item* item : hand->Open()) {
    RequestMessage& message = item->message;
    if (message.history && message.teams) {
      item->history = std::move(*message.history);
      item->own_teams = std::move(*message.teams);
      item->teams = &item->own_teams;
      item->data_version = message.data_version;
      item->has_history = true;
    } else {
      missing[message.spec.game_date].push_back(item);
    }
  }
  if (missing.empty()) return Predict(hand);
  hand->waiting = missing.size();
  for (auto& [date, items] : missing) {
    HistoryQuery query{.before = date,
                       .max_games = options_.history_games_max,
                       .lookback_days = options_.history_lookback_days};
    for (const Item* item : items) query.players.push_back(item->message.spec.player);
    auto take = [this, hand, items = items](Result<HistoryBatch> loaded) {
      if (loaded.ok() && loaded->players.size() == items.size()) {
        hand->loaded.push_back(std::move(*loaded));
        HistoryBatch& batch = hand->loaded.back();
        for (std::size_t i = 0; i < items.size(); ++i) {
          items[i]->history = std::move(batch.players[i]);
          items[i]->teams = &batch.teams;
          items[i]->data_version = batch.data_version;
          items[i]->has_history = true;
        }
      } else {  // Not loaded is not "has none": nobody is predicted from it.
        for (Item* item : items) {
          item->outcome = WorkOutcome::kTransient;
          item->note = loaded.ok() ? "history answered for other players" : loaded.error().message;
        }
      }
      if (--hand->waiting == 0) Predict(hand);
    };
    auto reply = Reply<HistoryBatch>::Start(
        loop_, options_.history_timeout,
        {Errc::kUnavailable,
         "history did not answer within " + FormatDuration(options_.history_timeout)},
        std::move(take));
    history_.Load(std::move(query),
                  [reply](Result<HistoryBatch> loaded) { reply->Post(std::move(loaded)); });
  }
}

void Worker::Predict(std::shared_ptr<Hand> hand) {
  for (const BatchId& batch : hand->OpenBatches()) {
    std::vector<Item*> items;
    for (Item* item : hand->Open()) {
      if (item->message.batch == batch) items.push_back(item);
    }
    PredictBatch(*hand, batch, std::move(items));
  }
  Stage(hand);
}

void Worker::PredictBatch(Hand& hand, const BatchId& batch, std::vector<Item*> items) {
  std::vector<PredictionInput> inputs;
  for (const Item* item : items) {
    TIPOFF_CHECK(item->has_history, "predicting from history that was not loaded");
    inputs.push_back({&item->message.spec, &item->history, item->teams});
  }
  std::vector<PredictedRequest> predicted;
  std::string problem;
  try {
    predicted = predict_(batch, inputs);
  } catch (const std::exception& thrown) {
    problem = thrown.what();
  }
  if (predicted.size() != items.size() && items.size() > 1) {
    // One of them spoils the call: find out which by predicting each alone.
    for (Item* item : items) PredictBatch(hand, batch, {item});
    return;
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = *items[i];
    if (i < predicted.size()) item.predicted = std::move(predicted[i]);
    bool thrown = i >= predicted.size();
    if (!thrown && item.predicted.status != RequestState::kFailed) {
      bool skipped = item.predicted.status == RequestState::kSkipped;
      item.outcome = skipped ? WorkOutcome::kPermanentSkip : WorkOutcome::kPredicted;
      item.note = item.predicted.reason;
      continue;
    }
    item.note = thrown ? "SystemError: " + problem : item.predicted.reason;
    bool last = item.delivery.deliveries >= options_.tries_max;
    item.outcome = last ? WorkOutcome::kErrorGivenUp : WorkOutcome::kErrorAgain;
  }
}

// What a completion may be counted for must be durable before anybody hears of it. A failure is not
// staged: a later try may still succeed, and the first staged result stays.
void Worker::Stage(std::shared_ptr<Hand> hand) {
  std::vector<StagedResult> results;
  std::vector<Item*> staged;
  for (Item& item : hand->items) {
    if (item.outcome != WorkOutcome::kPredicted && item.outcome != WorkOutcome::kPermanentSkip) {
      continue;
    }
    StagedResult result;
    result.batch = item.message.batch;
    result.outcome.ordinal = item.message.ordinal;
    result.outcome.player = item.message.spec.player;
    result.outcome.group = item.message.spec.group;
    result.outcome.status = *RuleFor(*item.outcome).completion;
    result.outcome.predictions = static_cast<std::int32_t>(item.predicted.predictions.size());
    result.outcome.attempt = item.message.attempt;
    result.outcome.reason = item.note;
    result.outcome.worker = options_.name;
    result.outcome.worker_version = options_.version;
    result.predictions = std::move(item.predicted.predictions);
    result.data_version = item.data_version;
    results.push_back(std::move(result));
    staged.push_back(&item);
  }
  if (results.empty()) return Report(hand);
  store_.Stage(std::move(results), [this, hand, staged](Result<std::vector<Completion>> stored) {
    for (std::size_t i = 0; i < staged.size(); ++i) {
      Item& item = *staged[i];
      if (!stored.ok()) {
        item.outcome = WorkOutcome::kTransient;
        item.note = stored.error().message;
        continue;
      }
      // Somebody may have staged it before: what is stored is what is reported.
      const Completion& first = (*stored)[i];
      item.outcome = first.status == RequestState::kSkipped ? WorkOutcome::kPermanentSkip
                                                            : WorkOutcome::kPredicted;
      item.note = first.reason;
      item.predicted.predictions.resize(static_cast<std::size_t>(std::max(first.predictions, 0)));
    }
    Report(hand);
  });
}

void Worker::Report(std::shared_ptr<Hand> hand) {
  std::map<BatchId, std::vector<CompletionMessage>> messages;
  for (const Item& item : hand->items) {
    const AckRule& rule = RuleFor(*item.outcome);
    if (!rule.completion) continue;
    auto& parts = messages[item.message.batch];
    if (parts.empty() || parts.back().completions.size() == kCompletionsPerMessage) {
      parts.push_back({item.message.batch, {}});
    }
    Completion completion;
    completion.ordinal = item.message.ordinal;
    completion.player = item.message.spec.player;
    completion.group = item.message.spec.group;
    completion.status = *rule.completion;
    completion.predictions = static_cast<std::int32_t>(item.predicted.predictions.size());
    completion.attempt = item.message.attempt;
    completion.reason = item.note;
    completion.worker = options_.name;
    completion.worker_version = options_.version;
    parts.back().completions.push_back(std::move(completion));
  }
  std::vector<std::string> bodies;
  for (const auto& [batch, parts] : messages) {
    for (const CompletionMessage& message : parts) bodies.push_back(Encode(message));
  }
  if (bodies.empty()) return Settle(hand);
  bus_.Publish(kCompletions, std::move(bodies),
               [this, hand](Result<std::vector<std::string>> sent) {
                 if (!sent.ok()) {
                   // Not reported, so not acked: it comes again, finds itself staged, and is
                   // reported then.
                   for (Item& item : hand->items) {
                     if (RuleFor(*item.outcome).completion) item.outcome = WorkOutcome::kTransient;
                   }
                 }
                 Settle(hand);
               });
}

void Worker::Settle(std::shared_ptr<Hand> hand) {
  loop_.Cancel(hand->extend_timer);
  std::vector<LeaseToken> acks;
  std::vector<Quarantined> quarantined;
  std::map<Duration, std::vector<LeaseToken>> nacks;
  for (Item& item : hand->items) {
    const AckRule& rule = RuleFor(*item.outcome);
    if (rule.quarantine) {
      quarantined.push_back(
          {{}, ToString(topic_), item.note, item.delivery.body.substr(0, kQuarantineBytes)});
    }
    if (rule.ack) {
      acks.push_back(item.delivery.token);
      continue;
    }
    Log(Severity::kWarning, "a request is given back",
        {{"batch_id", item.message.batch.str()},
         {"player", item.message.spec.player.str()},
         {"why", std::string(rule.name)},
         {"error", item.note}});
    nacks[BackoffDelay(kNackBackoff, item.delivery.deliveries, 0)].push_back(item.delivery.token);
  }
  auto ignore = [](Status) {};  // A message that is not acked comes again, and changes nothing.
  for (auto& [delay, tokens] : nacks) bus_.Nack(topic_, std::move(tokens), delay, ignore);
  auto ack = [this, acks = std::move(acks), ignore] {
    if (!acks.empty()) bus_.Ack(topic_, acks, ignore);
  };
  if (quarantined.empty()) {
    ack();
  } else {
    Log(Severity::kWarning, "requests were quarantined",
        {{"count", std::to_string(quarantined.size())}, {"first", quarantined.front().reason}});
    store_.Quarantine(std::move(quarantined), [ack](Status status) {
      if (status.ok()) ack();
    });
  }
  held_ -= hand->items.size();
  if (held_ == 0 && stopping_) {
    if (auto drained = std::exchange(drained_, nullptr)) return drained();
  }
  Pull();
}

}  // namespace tipoff
