// The pieces that the bus needs on Pub/Sub: makes them, and tells what is wrong with them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "bus/pubsub/names.h"

namespace tipoff {

// What `setup` did about one piece.
struct PubsubStep {
  enum class Did {
    kCreated,
    kExists,   // As it should be.
    kChanged,  // It was there and wrong.
    kLeft,     // Wrong, and not for `setup` to change; `what` says what to do.
    kFailed,   // Pub/Sub refused; `what` says why.
  };
  std::string piece;  // "topic prediction-request-prod"
  Did did = Did::kExists;
  std::string what;
};

// What `doctor` and `why` say about one piece.
struct PubsubCheck {
  enum class State {
    kOk,
    kMissing,
    kWrong,
    kUnknown,  // It can't be seen from here: an emulator, or no permission to look.
  };
  std::string piece;
  State state = State::kOk;
  std::string what;    // What is wrong, or what was seen.
  std::string remedy;  // One line; "" where all is well.
};

std::string_view ToString(PubsubStep::Did did);
std::string_view ToString(PubsubCheck::State state);

class PubsubAdmin {
 public:
  // The loop must outlive this.
  PubsubAdmin(PubsubOptions options, Loop& loop);
  // Ends what is under way, without an answer.
  ~PubsubAdmin();

  // Makes every topic and subscription that is missing, and mends what is wrong with those that are
  // there; twice does nothing more. A subscription that has lost its topic is made anew; what lay
  // on it is lost, and comes again from the outbox. What other services depend on is left: where it
  // pushes to, and who owns its topic. `dry_run` only tells.
  // Error: Pub/Sub could not be asked; some pieces may have been made.
  void Setup(bool dry_run, std::function<void(Result<std::vector<PubsubStep>>)> done);

  // Every piece by its name. `slowest`: how long a request has taken at most; an ack deadline
  // must be longer. Error: Pub/Sub could not be asked at all; within limits::kCallTime where it
  // does not answer.
  void Verify(Duration slowest, std::function<void(Result<std::vector<PubsubCheck>>)> done);

 private:
  class Job;
  void Start(std::function<std::function<void()>(Job&)> work);

  PubsubOptions options_;
  Loop& loop_;
  std::vector<std::shared_ptr<Job>> jobs_;
};

}  // namespace tipoff
