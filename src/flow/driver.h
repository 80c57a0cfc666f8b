// The one way to change a batch. Everybody hands events to the driver; it gathers those of one
// batch while a commit is under way, decides about all of them together, and commits them at once:
// the group commit. An event is answered only when what it caused is durable.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/random.h"
#include "core/batch.h"
#include "flow/commit.h"
#include "flow/trouble.h"
#include "store/store.h"

namespace tipoff {

// What became of an event.
struct Applied {
  Batch batch;                      // The header after the commit.
  std::vector<std::size_t> strays;  // Indices of completions of nobody in the batch.
};

class Driver {
 public:
  struct Options {
    std::string actor;                 // This process, for the journal.
    std::vector<std::string> targets;  // Who is told when a batch ends.
  };

  // All must outlive this; `troubles` keeps what the store does not do.
  Driver(Loop& loop, Store& store, Random& random, TroubleLog& troubles, Options options);
  ~Driver();

  // Applies `event`, whose `now` is set when it is decided about. `keys` names every row that it
  // touches. `done` runs on the loop, once:
  //   Applied            durable, or nothing had to change;
  //   kNotFound          there is no such batch;
  //   another error      not durable within limits::kCommitTime: don't ack, it may be tried again.
  // Events of one batch are decided in the order of the calls. Only a Tick may overtake: it goes
  // with the next group, so that a long line of results does not put off what the clock has to end.
  void Submit(BatchId batch, RowKeys keys, Event event, DoneWith<Applied> done);

  // Told after each commit, and after each event that changed nothing but asks for something.
  using Listener = std::function<void(const Batch& batch, const Effects& effects)>;
  void OnEffects(Listener listener) { listener_ = std::move(listener); }
  // The same, for a commit that was not the driver's: the creation of a batch.
  void Notify(const Batch& batch, const Effects& effects) {
    if (listener_ && effects != Effects{}) listener_(batch, effects);
  }

  // Events that are not answered yet.
  std::size_t pending() const { return pending_; }

  const Options& options() const { return options_; }

 private:
  struct Work;
  struct Lane;
  void StartGroup(const BatchId& id);
  void TryGroup(std::shared_ptr<Lane> lane);
  void Decided(std::shared_ptr<Lane> lane, Snapshot snapshot);
  void Committed(std::shared_ptr<Lane> lane, Status status, std::shared_ptr<CommitBuilder> builder,
                 Batch next);
  void CheckUnknown(std::shared_ptr<Lane> lane, std::shared_ptr<CommitBuilder> builder, Batch next);
  void Retry(std::shared_ptr<Lane> lane, Error error);
  void FinishGroup(std::shared_ptr<Lane> lane, const Batch& batch, const Effects& effects);
  void FailGroup(std::shared_ptr<Lane> lane, const Error& error);
  void NextGroup(std::shared_ptr<Lane> lane);

  Loop& loop_;
  Store& store_;
  Random& random_;
  TroubleLog& troubles_;
  Options options_;
  Listener listener_;
  std::map<BatchId, std::shared_ptr<Lane>> lanes_;
  std::size_t pending_ = 0;
};

}  // namespace tipoff
