#include "worker/worker.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "base/random.h"
#include "base/reply.h"
#include "base/utf8.h"
#include "core/retry.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr auto kWait = std::chrono::seconds(20);
// The first lease of a burst is small, so that several workers share a small batch; each full one
// doubles the next, so that a large batch costs few calls.
constexpr std::size_t kFirstLease = 32;
constexpr Backoff kPullBackoff{std::chrono::milliseconds(200), std::chrono::seconds(10)};
constexpr std::size_t kCompletionsPerMessage = 500;
constexpr auto kGiveUpWait = std::chrono::seconds(1);
const Topic kCompletions{Topic::Kind::kCompletions, ""};

}  // namespace

// One request that is held, and how far it has come.
struct Worker::Item : HeldRequest {
  std::shared_ptr<const HistoryBatch> loaded;  // Keeps what the pointers point to.
  // In `loaded`, or in the message that they came with. Null: not known.
  const PlayerHistory* history = nullptr;
  const std::vector<TeamForm>* teams = nullptr;
  std::string data_version;
  PredictedRequest predicted;
};

// What was taken together and travels together.
struct Worker::Hand {
  std::vector<Item> items;
  Loop::TimerId extend_timer = 0;
  bool over = false;  // Settled or given up: what still answers is too late.

  std::vector<HeldRequest*> All() {
    std::vector<HeldRequest*> all;
    for (Item& item : items) all.push_back(&item);
    return all;
  }
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
  std::vector<LeaseToken> Tokens() const {
    std::vector<LeaseToken> tokens;
    for (const Item& item : items) {
      if (!item.settle) tokens.push_back(item.delivery.token);
    }
    return tokens;
  }
};

Worker::Worker(Loop& loop, Store& store, Bus& bus, History& history, Predictor predict,
               Options options)
    : loop_(loop),
      store_(store),
      bus_(bus),
      predict_(std::move(predict)),
      options_(std::move(options)),
      loader_(loop, history, options_.history),
      topic_{Topic::Kind::kRequests, options_.group},
      presence_(loop, store, [this] { return Look(); }),
      troubles_(loop, store, options_.name),
      next_lease_(std::min(kFirstLease, options_.held_max)) {}

Worker::~Worker() {
  loop_.Cancel(timer_);
  loop_.Cancel(drain_timer_);
  for (auto& weak : hands_) {
    if (auto hand = weak.lock()) loop_.Cancel(hand->extend_timer);
  }
}

WorkerPresence Worker::Look() const {
  return {.name = options_.name,
          .process = options_.process.str(),
          .version = options_.version,
          .group = options_.group,
          .counts = WorkerCounts{held_, done_, failed_},
          .asked_at = asked_at_,
          .refusal = options_.refusal};
}

void Worker::Start() {
  started_ = true;
  StartPresence();
  if (!options_.refusal.empty()) {
    return Log(Severity::kError, "this worker takes no work",
               {{"worker", options_.name}, {"error", options_.refusal}});
  }
  Pull();
}

void Worker::Stop(std::function<void()> drained) {
  stopping_ = true;
  drained_ = std::move(drained);
  drain_timer_ = loop_.After(options_.drain, [this] { GiveUp(); });
  if (held_ == 0) loop_.Post([this] { Drained(); });
}

// The drain has taken too long: whoever comes next shall not wait for the leases to end.
void Worker::GiveUp() {
  std::vector<LeaseToken> tokens;
  for (auto& [delivery, settle] : std::exchange(pushed_, {})) settle(false);
  for (auto& weak : hands_) {
    auto hand = weak.lock();
    if (hand == nullptr || hand->over) continue;
    hand->over = true;
    loop_.Cancel(hand->extend_timer);
    for (LeaseToken& token : hand->Tokens()) tokens.push_back(std::move(token));
    for (Item& item : hand->items) {
      if (item.settle) item.settle(false);
    }
  }
  held_ = 0;
  if (tokens.empty()) return Drained();
  Log(Severity::kWarning, "requests are given back unfinished",
      {{"worker", options_.name}, {"count", std::to_string(tokens.size())}});
  auto reply = Reply<Done>::Start(loop_, kGiveUpWait, {Errc::kUnavailable, "the bus is slow"},
                                  [this](Status) { Drained(); });
  bus_.Nack(topic_, std::move(tokens), Duration::zero(),
            [reply](Status status) { reply->Post(std::move(status)); });
}

void Worker::Drained() {
  auto drained = std::exchange(drained_, nullptr);
  if (drained == nullptr) return;
  loop_.Cancel(drain_timer_);
  TIPOFF_CRASH_POINT("worker/drained");
  presence_.Stop(std::move(drained));
}

void Worker::Pull() {
  if (!started_ || pulling_ || stopping_ || !options_.refusal.empty() || held_ >= options_.held_max)
    return;
  pulling_ = true;
  LeaseOptions lease{.max = std::min(next_lease_, options_.held_max - held_),
                     .lease = options_.lease,
                     .wait = kWait};
  // What an answer that never came has leased comes back when its lease ends.
  auto leased = [this, lease](Result<std::vector<Delivery>> taken) {
    pulling_ = false;
    if (taken.ok()) asked_at_ = store_.Now();
    bool full = taken.ok() && taken->size() >= lease.max;
    next_lease_ = full ? std::min(next_lease_ * 2, options_.held_max)
                       : std::min(kFirstLease, options_.held_max);
    Taken(std::move(taken));
  };
  if (TIPOFF_MUTANT("lease-unwatched")) {
    return bus_.Lease(topic_, options_.process, lease, std::move(leased));
  }
  bus_.Lease(topic_, options_.process, lease,
             Watched<std::vector<Delivery>>(loop_, NoAnswer(), std::move(leased),
                                            kWait + limits::kWatchTime));
}

void Worker::Taken(Result<std::vector<Delivery>> deliveries) {
  if (stopping_) {
    // The call was under way when the stop came; others shall not wait for these.
    std::vector<LeaseToken> tokens;
    if (deliveries.ok()) {
      for (Delivery& delivery : *deliveries) tokens.push_back(std::move(delivery.token));
    }
    if (!tokens.empty()) bus_.Nack(topic_, std::move(tokens), Duration::zero(), [](Status) {});
    return;
  }
  if (!deliveries.ok()) {
    ++failures_;
    const Error& error = deliveries.error();
    troubles_.Note(error.code == Errc::kNotFound ? Layer::kSubscription : Layer::kBus,
                   ToString(error.code), error.message);
    Duration wait = BackoffDelay(kPullBackoff, failures_, MixText(0, options_.name));
    Log(Severity::kWarning, "requests can't be taken off the bus",
        {{"worker", options_.name}, {"retry_in", FormatDuration(wait)}, {"error", error.message}});
    timer_ = loop_.After(wait, [this] { Pull(); });
    return;
  }
  failures_ = 0;
  if (deliveries->empty()) return Pull();
  TIPOFF_CRASH_POINT("worker/leased");
  auto hand = std::make_shared<Hand>();
  held_ += deliveries->size();
  for (Delivery& delivery : *deliveries) Receive(std::move(delivery), hand->items.emplace_back());
  KeepLeases(hand);
  Work(hand);
  Pull();
}

void Worker::Push(std::string body, int deliveries, std::function<void(bool ack)> settle) {
  if (stopping_ || !options_.refusal.empty() || held_ >= options_.held_max) {
    return loop_.Post([settle = std::move(settle)] { settle(false); });
  }
  ++held_;
  Delivery delivery;
  delivery.body = std::move(body);
  delivery.deliveries = deliveries;
  pushed_.emplace_back(std::move(delivery), std::move(settle));
  if (pushed_.size() == 1) loop_.Post([this] { TakePushed(); });
}

void Worker::TakePushed() {
  if (pushed_.empty()) return;
  auto hand = std::make_shared<Hand>();
  for (auto& [delivery, settle] : std::exchange(pushed_, {})) {
    Item& item = hand->items.emplace_back();
    Receive(std::move(delivery), item);
    item.settle = std::move(settle);
  }
  Work(hand);
}

void Worker::Work(std::shared_ptr<Hand> hand) {
  hands_.remove_if([](const std::weak_ptr<Hand>& weak) { return weak.expired(); });
  hands_.push_back(hand);
  AnswerCanaries(store_, bus_, hand->All(), options_.name, options_.version);
  Screen(loop_, store_, hand->All(), [this, hand] {
    for (const Item& item : hand->items) {
      if (item.outcome != WorkOutcome::kTransient) continue;
      troubles_.NoteStore({Errc::kUnavailable, item.note}, item.message.batch);
    }
    if (hand->Open().empty()) return Settle(hand);
    TIPOFF_CRASH_POINT("worker/screened");
    ReportLeases(bus_, hand->All(), options_.name, options_.version);
    LoadHistory(hand);
  });
}

// Extends what the hand holds for as long as it is worked on.
void Worker::KeepLeases(std::shared_ptr<Hand> hand) {
  hand->extend_timer = loop_.After(options_.lease / 3, [this, weak = std::weak_ptr<Hand>(hand)] {
    auto held = weak.lock();
    if (held == nullptr || held->over) return;
    bus_.Extend(topic_, held->Tokens(), options_.lease,
                [](Result<std::size_t>) { TIPOFF_CRASH_POINT("worker/extended"); });
    KeepLeases(held);
  });
}

// Of everybody whose history did not come with the message, in few queries.
void Worker::LoadHistory(std::shared_ptr<Hand> hand) {
  std::vector<HeldRequest*> missing;
  for (Item* item : hand->Open()) {
    RequestMessage& message = item->message;
    if (!message.history || !message.teams) {
      missing.push_back(item);
      continue;
    }
    item->history = &*message.history;
    item->teams = &*message.teams;
    item->data_version = message.data_version;
  }
  HistoryTakers takers;
  takers.loaded = [](HeldRequest& request, const std::shared_ptr<const HistoryBatch>& batch,
                     const PlayerHistory& history) {
    Item& item = static_cast<Item&>(request);
    item.loaded = batch;
    item.history = &history;
    item.teams = &batch->teams;
    item.data_version = batch->data_version;
  };
  takers.failed = [this](const std::vector<HeldRequest*>& items, const Error& error) {
    // One load may have been for several batches; it failed for each of them.
    std::set<BatchId> batches;
    for (const HeldRequest* item : items) batches.insert(item->message.batch);
    for (const BatchId& batch : batches) {
      troubles_.Note(Layer::kHistory, ToString(error.code), error.message, batch);
    }
  };
  LoadHistories(loader_, missing, std::move(takers), [this, hand] {
    TIPOFF_CRASH_POINT("worker/history-loaded");
    Predict(hand);
  });
}

void Worker::Predict(std::shared_ptr<Hand> hand) {
  for (const BatchId& batch : hand->OpenBatches()) {
    std::vector<Item*> items;
    for (Item* item : hand->Open()) {
      if (item->message.batch == batch) items.push_back(item);
    }
    PredictBatch(batch, items);
  }
  TIPOFF_CRASH_POINT("worker/predicted");
  if (TIPOFF_MUTANT("reported-unstaged")) return Report(hand);
  Stage(hand);
}

void Worker::PredictBatch(const BatchId& batch, const std::vector<Item*>& items) {
  std::vector<PredictionInput> inputs;
  for (const Item* item : items) {
    TIPOFF_CHECK(item->history != nullptr, "predicting from history that was not loaded");
    inputs.push_back({&item->message.spec, item->history, item->teams});
  }
  std::vector<PredictedRequest> predicted = PredictEach(predict_, batch, inputs);
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    Item& item = *items[i];
    item.predicted = std::move(predicted[i]);
    item.note = item.predicted.reason;
    if (item.predicted.status == RequestState::kSucceeded) {
      item.outcome = WorkOutcome::kPredicted;
    } else if (item.predicted.status == RequestState::kSkipped) {
      item.outcome = WorkOutcome::kPermanentSkip;
    } else {
      int deliveries = item.delivery.deliveries;
      bool last = deliveries == 0 || deliveries >= options_.tries_max;
      item.outcome = last ? WorkOutcome::kErrorGivenUp : WorkOutcome::kErrorAgain;
    }
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
    result.outcome.reason = CutUtf8(item.note, limits::kReasonBytes);
    result.outcome.worker = options_.name;
    result.outcome.worker_version = options_.version;
    result.predictions = std::move(item.predicted.predictions);
    result.data_version = item.data_version;
    results.push_back(std::move(result));
    staged.push_back(&item);
  }
  if (results.empty()) return Report(hand);
  auto stored_all = [this, hand, staged](Result<std::vector<Completion>> stored) {
    TIPOFF_CRASH_POINT("worker/staged");
    if (!stored.ok()) troubles_.NoteStore(stored.error(), staged.front()->message.batch);
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
  };
  store_.Stage(std::move(results),
               Watched<std::vector<Completion>>(loop_, NotKnown(), std::move(stored_all)));
}

void Worker::Report(std::shared_ptr<Hand> hand) {
  std::map<BatchId, std::vector<CompletionMessage>> messages;
  for (const Item& item : hand->items) {
    const AckRule& rule = RuleFor(*item.outcome);
    if (!rule.completion) continue;
    if (TIPOFF_MUTANT("skip-unreported") && *rule.completion == RequestState::kSkipped) continue;
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
    completion.reason = CutUtf8(item.note, limits::kReasonBytes);
    completion.worker = options_.name;
    completion.worker_version = options_.version;
    parts.back().completions.push_back(std::move(completion));
  }
  std::vector<std::string> bodies;
  for (const auto& [batch, parts] : messages) {
    for (const CompletionMessage& message : parts) bodies.push_back(Encode(message));
  }
  if (bodies.empty()) return Settle(hand);
  auto taken = [this, hand](Result<std::vector<std::string>> sent) {
    TIPOFF_CRASH_POINT("worker/reported");
    std::string problem(sent.ok() ? "" : ToString(sent.error().code));
    std::string note = sent.ok() ? "" : sent.error().message;
    if (sent.ok()) {
      for (const std::string& refusal : *sent) {
        if (refusal.empty()) continue;
        problem = "refused for good";
        note = refusal;
      }
    }
    if (!problem.empty()) {
      troubles_.Note(Layer::kCompletionPath, problem, note);
      // Not reported, so not acked: it comes again, finds itself staged, and is
      // reported then.
      for (Item& item : hand->items) {
        if (!RuleFor(*item.outcome).completion) continue;
        item.outcome = WorkOutcome::kTransient;
        item.note = note;
      }
    }
    Settle(hand);
  };
  bus_.Publish(kCompletions, std::move(bodies),
               Watched<std::vector<std::string>>(loop_, NoAnswer(), std::move(taken)));
}

void Worker::Settle(std::shared_ptr<Hand> hand) {
  if (hand->over) return;
  hand->over = true;
  loop_.Cancel(hand->extend_timer);
  for (const Item& item : hand->items) {
    auto completion = RuleFor(*item.outcome).completion;
    if (completion) ++(completion == RequestState::kFailed ? failed_ : done_);
  }
  held_ -= hand->items.size();
  SettleRequests(loop_, store_, bus_, topic_, hand->All());
  TIPOFF_CRASH_POINT("worker/settling");
  if (held_ == 0 && stopping_) return Drained();
  Pull();
}

}  // namespace tipoff
