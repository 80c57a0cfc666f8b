// Port: durable at-least-once messages. A message is delivered, perhaps late, perhaps more than
// once, in no particular order, until it is acked or given up as a dead letter.
//
// Asynchronous like Store: `done` is posted to the loop, exactly once, within limits::kCallTime (a
// lease: after its wait). From the loop's thread only. tests/contract/bus_contract.cpp is this
// header as a test, run over every backend.
//
// A backend that is somebody else's service may promise less; its header says so (pubsub_bus.h):
//   - stale tokens: they may settle a message that somebody else holds, and Extend may count them.
//     So nothing may rest on the bus alone: what is counted is fenced in the store;
//   - deliveries: counted on topics of requests only;
//   - delays and leases: in coarser steps, and a little longer;
//   - Inspect: kUnsupported.
// Where the piece that a topic is kept on is missing there, a lease answers kNotFound and a publish
// kUnavailable (it waits until somebody has mended it); both name the piece and the remedy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

struct Topic {
  enum class Kind : std::uint8_t {
    kRequests,       // Coordinator to workers; one topic per group of systems.
    kCompletions,    // Workers to coordinators: results and lease reports.
    kAnnouncements,  // The platform's other services.
    kDeadLetters,    // Requests that were delivered too often without an ack.
  };
  Kind kind = Kind::kRequests;
  std::string group;  // Only for kRequests.

  friend auto operator<=>(const Topic&, const Topic&) = default;
};

// "requests", "requests.mymodel", "completions", ...
std::string ToString(const Topic& topic);

// What a lease is settled with. Opaque; a lease that has expired no longer settles anything.
struct LeaseToken {
  std::string id;
  std::uint64_t epoch = 0;
};

struct Delivery {
  LeaseToken token;
  std::string body;
  Instant published_at;  // By the bus's clock.
  int deliveries = 1;    // How often it was handed out, this time included.
};

struct LeaseOptions {
  std::size_t max = 100;  // At most limits::kMessagesPerCall.
  Duration lease = std::chrono::seconds(60);
  Duration wait{0};  // How long to wait for the first message; then the answer is empty.
};

struct Backlog {
  std::uint64_t waiting = 0;  // Ready or delayed, held by nobody.
  std::uint64_t leased = 0;
  Instant oldest;  // When the oldest of both was published; never: none.
};

class Bus {
 public:
  virtual ~Bus() = default;

  // Publishes each body. Answers for each, in order: "" once it is durable, or why it was refused
  // for good (too large). Error: nothing is known to be published; publishing again is harmless.
  virtual void Publish(Topic topic, std::vector<std::string> bodies,
                       std::function<void(Result<std::vector<std::string>>)> done) = 0;

  // Hands out up to `max` messages to `owner`, none of which anybody else holds. They come back to
  // others when the lease ends unsettled. After limits::kDeliveriesMax deliveries a request goes to
  // the dead letters instead.
  virtual void Lease(Topic topic, Incarnation owner, LeaseOptions options,
                     std::function<void(Result<std::vector<Delivery>>)> done) = 0;

  // Removes messages for good. A stale token is ignored: somebody else holds the message now.
  virtual void Ack(Topic topic, std::vector<LeaseToken> tokens,
                   std::function<void(Status)> done) = 0;

  // Gives messages back, to be handed out again after `delay`. A stale token is ignored.
  virtual void Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
                    std::function<void(Status)> done) = 0;

  // Holds messages for `lease` longer, from now. Answers how many of them were still held.
  virtual void Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
                      std::function<void(Result<std::size_t>)> done) = 0;

  // What lies on a topic. kUnsupported where the backend can't tell; kNotFound where nothing that
  // is published on it reaches anybody.
  virtual void Inspect(Topic topic, std::function<void(Result<Backlog>)> done) = 0;
};

}  // namespace tipoff
