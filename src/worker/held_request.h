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
#include "history/loader.h"
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

// Who takes what comes of a load.
struct HistoryTakers {
  // What `request`'s player did; it lies in `batch`.
  std::function<void(HeldRequest& request, const std::shared_ptr<const HistoryBatch>& batch,
                     const PlayerHistory& history)>
      loaded;
  // One query failed, for all of these. They are kTransient then: not loaded is not "has none".
  std::function<void(const std::vector<HeldRequest*>& requests, const Error& error)> failed;
};

// Loads the history of all requests: one query for each game date and limits::kPlayersPerQuery
// players, however many requests are for one player. Then `done` runs. `requests` must live until
// then.
void LoadHistories(HistoryLoader& loader, const std::vector<HeldRequest*>& requests,
                   HistoryTakers takers, std::function<void()> done);

// Acks, gives back or quarantines each as its row of the ack matrix says. An ack may fail: the
// message comes again then, and changes nothing.
void SettleRequests(Loop& loop, Store& store, Bus& bus, const Topic& topic,
                    const std::vector<HeldRequest*>& requests);

// When a request that was given back is handed out again.
Duration GiveBackDelay(int deliveries);

}  // namespace tipoff
