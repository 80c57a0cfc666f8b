// A request that somebody holds, and what every holder does with it whatever he predicts with:
// tipoff's own worker, and the lease API on behalf of workers in other languages.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "history/history.h"
#include "store/store.h"
#include "worker/ack_matrix.h"

namespace tipoff {

struct HeldRequest {
  Delivery delivery;
  RequestMessage message;
  std::optional<CanaryMessage> canary;   // It is one, and no request.
  std::optional<WorkOutcome> outcome;    // Absent: it is still to be worked on.
  std::string note;                      // Why, for the quarantine, the log or the completion.
  std::function<void(bool ack)> settle;  // Of one that was pushed; the bus knows nothing of it.
};

// Reads the message: kMalformed if it can't be understood.
void Receive(Delivery delivery, HeldRequest& request);

// Answers the canaries among them, unless they are stale: first it is written down that they came
// so far, then the answer is sent. Nobody waits for either: a canary may get lost.
void AnswerCanaries(Store& store, Bus& bus, const std::vector<HeldRequest*>& requests,
                    const std::string& worker, const std::string& version);

// Those without an outcome.
std::vector<HeldRequest*> Open(const std::vector<HeldRequest*>& requests);

// Nobody should work for a batch that has ended or that never was: decides about those, and finds
// the ordinals that other publishers do not tell. `requests` must live until `done` has run.
void Screen(Loop& loop, Store& store, std::vector<HeldRequest*> requests,
            std::function<void()> done);

// Tells the coordinator who holds what. Only a hint: if it gets lost, nothing else does.
void ReportLeases(Bus& bus, const std::vector<HeldRequest*>& requests, const std::string& worker,
                  const std::string& version);

struct HistoryRules {
  int max_games = 82;
  int lookback_days = 400;
  Duration timeout = std::chrono::seconds(30);  // Of one query.
};

// Loads the history of all requests in one query for each game date; `loaded` runs once for each
// date with its requests. With an error they are kTransient: not loaded is not "has none".
void LoadHistories(
    Loop& loop, History& history, const HistoryRules& rules,
    const std::vector<HeldRequest*>& requests,
    std::function<void(const std::vector<HeldRequest*>&, Result<HistoryBatch>)> loaded,
    std::function<void()> done);

// Acks, gives back or quarantines each as its row of the ack matrix says. An ack may fail: the
// message comes again then, and changes nothing.
void SettleRequests(Loop& loop, Store& store, Bus& bus, const Topic& topic,
                    const std::vector<HeldRequest*>& requests);

// When a request that was given back is handed out again.
Duration GiveBackDelay(int deliveries);

}  // namespace tipoff
