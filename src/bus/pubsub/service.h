// Pub/Sub's calls as the bus needs them: plain values in, plain values out, answers on the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "bus/pubsub/names.h"
#include "core/limits.h"

namespace tipoff::pubsub {

struct Received {
  std::string ack_id;
  std::string body;
  Instant published_at;
  int deliveries = 1;
};

// What of a subscription matters to who reads from it.
struct Subscribed {
  std::int32_t ack_seconds = 0;
};

// From the loop's thread only; each `done` is run on the loop, exactly once, within its limit and
// never inside the call; after the destructor no more. What does not exist is kNotFound, named,
// with the remedy.
class Service {
 public:
  // kInvalid, kDenied: what is wrong with the options or the credentials.
  static Result<std::unique_ptr<Service>> Connect(const PubsubOptions& options, Loop& loop);
  // Ends what is under way, and gives back what was pulled and never claimed.
  virtual ~Service() = default;

  // All of it or nothing, as one request; kInvalid: Pub/Sub will never take it.
  virtual void Publish(const std::string& topic, std::vector<std::string> bodies,
                       std::function<void(Status)> done) = 0;

  enum class PullMode {
    kNow,   // What is there.
    kWait,  // Waits on Pub/Sub's side for the first message; then the answer is empty.
  };
  virtual void Pull(const std::string& subscription, std::size_t max, PullMode mode, Duration limit,
                    std::function<void(Result<std::vector<Received>>)> done) = 0;
  // These have been handed out: whoever has them settles them.
  virtual void Claim(const std::vector<Received>& messages) = 0;

  // For one request's worth of ids: see chunks.h. kInvalid: one of them is none of Pub/Sub's.
  virtual void Hold(const std::string& subscription, std::vector<std::string> ack_ids,
                    std::int32_t seconds, Duration limit, std::function<void(Status)> done) = 0;
  virtual void Acknowledge(const std::string& subscription, std::vector<std::string> ack_ids,
                           std::function<void(Status)> done) = 0;

  // kNotFound, too, where nothing that is published can reach it any more.
  virtual void LookAt(const std::string& subscription, Duration limit,
                      std::function<void(Result<Subscribed>)> done) = 0;
  virtual void LookAtTopic(const std::string& topic, Duration limit,
                           std::function<void(Status)> done) = 0;
};

}  // namespace tipoff::pubsub
