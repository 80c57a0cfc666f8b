// A worker: takes requests off the bus, predicts them, stages what it predicted, reports, and only
// then acks. It may die at any instruction: what it held comes back to others, and doing a step
// twice is harmless.
//
//   lease ─► is the batch live? ─► history of all that are held, in one query ─► predict
//         ─► stage (one atomic write a request) ─► report ─► ack
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "history/history.h"
#include "predict/pipeline.h"
#include "store/store.h"
#include "worker/ack_matrix.h"

namespace tipoff {

// Predicts many requests of one batch. Pure; what it throws counts as a deterministic error of the
// request that it was thrown for.
using Predictor = std::function<std::vector<PredictedRequest>(
    const BatchId& batch, std::span<const PredictionInput> inputs)>;

class Worker {
 public:
  struct Options {
    Incarnation process;         // Owns the leases.
    std::string name;            // In completions: which worker it was.
    std::string version;         // Of this program and its models.
    std::string group;           // Of systems; "" is tipoff's own.
    std::size_t held_max = 500;  // Requests held at once.
    Duration lease = std::chrono::seconds(60);
    int tries_max = 3;  // Deliveries of a request that fails deterministically.
    int history_games_max = 82;
    int history_lookback_days = 400;
    Duration history_timeout = std::chrono::seconds(30);  // Of one query.
  };

  // All must outlive this.
  Worker(Loop& loop, Store& store, Bus& bus, History& history, Predictor predict, Options options);
  ~Worker();

  void Start();
  // Takes nothing more, finishes what it holds; then `drained` runs.
  void Stop(std::function<void()> drained);

  std::size_t held() const { return held_; }

 private:
  struct Item;
  struct Hand;
  void Pull();
  void Taken(Result<std::vector<Delivery>> deliveries);
  void CheckBatches(std::shared_ptr<Hand> hand);
  void Sort(Hand& hand, const BatchId& batch, const Result<Snapshot>& snapshot);
  void ReportLeases(const Hand& hand);
  void LoadHistory(std::shared_ptr<Hand> hand);
  void Predict(std::shared_ptr<Hand> hand);
  void PredictBatch(Hand& hand, const BatchId& batch, std::vector<Item*> items);
  void Stage(std::shared_ptr<Hand> hand);
  void Report(std::shared_ptr<Hand> hand);
  void Settle(std::shared_ptr<Hand> hand);
  void KeepLeases(std::shared_ptr<Hand> hand);

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  History& history_;
  Predictor predict_;
  Options options_;
  Topic topic_;
  std::size_t held_ = 0;
  std::size_t next_lease_;
  bool pulling_ = false;
  bool stopping_ = false;
  int failures_ = 0;
  Loop::TimerId timer_ = 0;
  std::list<std::weak_ptr<Hand>> hands_;
  std::function<void()> drained_;
};

}  // namespace tipoff
