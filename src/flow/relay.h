// Outbox to bus: publishes what is recorded and not yet confirmed. Recorded means it will be sent:
// whoever finds a batch with something in its outbox kicks the relay, and it resumes from there.
//
// With a source of history to prefetch from, a request leaves with its history as soon as the
// query that it is in has answered. It leaves without, and its worker loads it, if that query
// failed, or the source has given nothing for the batch for `wait_max`, or the batch has been
// waiting for `rules.timeout` in all: a source that hangs costs `wait_max` and nothing else.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/loop.h"
#include "base/random.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "flow/driver.h"
#include "history/loader.h"
#include "store/store.h"

namespace tipoff {

class Relay {
 public:
  struct Prefetch {
    History* source = nullptr;  // Null: workers load all history. Must outlive the relay.
    HistoryRules rules;
    Duration wait_max = std::chrono::seconds(2);
  };

  Relay(Loop& loop, Store& store, Bus& bus, Driver& driver, Random& random, TroubleLog& troubles,
        const Prefetch& prefetch);
  ~Relay();

  // Publishes everything in the batch's outbox. Kicked while it is at work it looks once more when
  // it is through; publishing a request twice is harmless.
  void Kick(const Batch& batch);

  // Batches it is at work on.
  std::size_t active() const { return runs_.size(); }

 private:
  struct Run;
  struct Page;
  void NextPage(const BatchId& id);
  void TakePage(const BatchId& id, std::vector<NewRequest> requests);
  void AskForHistory(std::shared_ptr<Page> page);
  void Loaded(const std::shared_ptr<Page>& page, const std::vector<PlayerId>& players,
              const Result<HistoryChunk>& chunk);
  Duration Patience(const Page& page) const;
  void Wait(std::shared_ptr<Page> page);
  void Waited(const std::shared_ptr<Page>& page);
  void Publish(std::shared_ptr<Page> page, std::vector<RequestMessage> messages);
  void Confirm(std::shared_ptr<Page> page, const std::vector<RequestMessage>& messages,
               const std::vector<std::string>& refusals);
  void Settled(const std::shared_ptr<Page>& page, const Status& status);
  void Pause(const BatchId& id, const Error& error);
  void NewRound(const BatchId& id);
  void Finish(const BatchId& id);

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  Driver& driver_;
  Random& random_;
  TroubleLog& troubles_;
  Duration wait_max_;
  std::unique_ptr<HistoryLoader> loader_;  // Null: nothing is prefetched.
  std::map<BatchId, Run> runs_;
};

}  // namespace tipoff
