// A worker: takes requests off the bus or is pushed them, predicts them, stages what it predicted,
// reports, and only then acks. It may die at any instruction: what it held comes back to others,
// and doing a step twice is harmless.
//
//   lease ─┬─► is the batch live? ─► history of all that are held, in one query ─► predict
//   push  ─┘   ─► stage (one atomic write a request) ─► report ─► ack
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "flow/trouble.h"
#include "history/history.h"
#include "store/store.h"
#include "worker/held_request.h"
#include "worker/predictor.h"
#include "worker/presence.h"

namespace tipoff {

class Worker {
 public:
  struct Options {
    Incarnation process;         // Owns the leases.
    std::string name;            // In completions: which worker it was.
    std::string version;         // Of this program and its models.
    std::string group;           // Of systems; "" is tipoff's own.
    std::size_t held_max = 1000;  // Requests held at once.
    Duration lease = std::chrono::seconds(60);
    int tries_max = 3;  // Deliveries of a request that fails deterministically.
    HistoryRules history;
    std::string refusal;  // Not empty: it shows itself, takes no work, and this is why.
    Duration drain = std::chrono::seconds(7);  // For what is held when it is stopped.
  };

  // All must outlive this.
  Worker(Loop& loop, Store& store, Bus& bus, History& history, Predictor predict, Options options);
  ~Worker();

  // Takes requests off the bus until stopped. One that is only pushed to needs StartPresence alone.
  void Start();
  // Writes every few seconds that it is there.
  void StartPresence() { presence_.Start(); }
  // Takes nothing more, finishes what it holds; then `drained` runs. What is not finished within
  // `drain` is given back.
  void Stop(std::function<void()> drained);

  // Works one message that somebody else holds, for as long as he waits. What comes in one turn of
  // the loop is worked together. `settle(true)`: done with, or of no use; `settle(false)`: send it
  // again, later: it failed, or this worker holds as much as it may, or is stopping.
  // `deliveries` counts how often it was sent; 0 where the sender does not count, and then a
  // deterministic error is given up at once. `settle` runs once, on the loop, not inside this call.
  void Push(std::string body, int deliveries, std::function<void(bool ack)> settle);

  std::size_t held() const { return held_; }

 private:
  struct Item;
  struct Hand;
  void Pull();
  void Taken(Result<std::vector<Delivery>> deliveries);
  void TakePushed();
  void Work(std::shared_ptr<Hand> hand);
  void LoadHistory(std::shared_ptr<Hand> hand);
  void Predict(std::shared_ptr<Hand> hand);
  void PredictBatch(const BatchId& batch, const std::vector<Item*>& items);
  void Stage(std::shared_ptr<Hand> hand);
  void Report(std::shared_ptr<Hand> hand);
  void Settle(std::shared_ptr<Hand> hand);
  void KeepLeases(std::shared_ptr<Hand> hand);
  void GiveUp();
  void Drained();
  WorkerPresence Look() const;

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  Predictor predict_;
  Options options_;
  HistoryLoader loader_;
  Topic topic_;
  Presence presence_;
  TroubleLog troubles_;
  Instant asked_at_;  // When the bus last answered.
  std::size_t held_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
  std::vector<std::pair<Delivery, std::function<void(bool ack)>>> pushed_;  // Not yet taken up.
  std::size_t next_lease_;
  bool started_ = false;
  bool pulling_ = false;
  bool stopping_ = false;
  int failures_ = 0;
  Loop::TimerId timer_ = 0;
  Loop::TimerId drain_timer_ = 0;
  std::list<std::weak_ptr<Hand>> hands_;
  std::function<void()> drained_;
};

}  // namespace tipoff
