// Where workers elsewhere get requests and report on them. Keeps nothing about a lease: what a
// worker holds is in its ticket and on the bus, so that any server may answer the next call.
// What becomes of a message is decided by the ack matrix, as for tipoff's own workers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/api.h"
#include "api/lease_ticket.h"
#include "worker/held_request.h"

namespace tipoff {

// Requests handed out in one call: with their history about 30 kB each.
inline constexpr std::size_t kLeasesMax = 200;

struct LeaseOrder {
  std::string group;
  std::size_t max = 10;
  Duration wait{0};
  Duration lease = std::chrono::seconds(60);
  std::string worker;
  std::string worker_version;
  bool history = true;  // Load what does not come with the message.
  // Both are asked again and again. False ends the waiting: whoever asked has left, and what comes
  // for him is given back; or this process is about to end.
  std::function<bool()> wanted = [] { return true; };
  std::function<bool()> may_wait = [] { return true; };
};

struct HandedOut {
  LeaseTicket ticket;
  Instant expires_at;
  RequestMessage request;  // With its ordinal.
};

// How work on a request ended.
struct WorkReport {
  RequestState status = RequestState::kSucceeded;  // kSucceeded, kSkipped or kFailed.
  std::string reason;
  std::vector<Prediction> predictions;  // Without ids.
  std::string data_version;
};

// What is now stored of it.
struct ReportedRequest {
  BatchId batch;
  PlayerId player;
  RequestState state = RequestState::kPending;
  std::int32_t predictions = 0;
  std::string reason;
  bool late = false;        // The batch had ended.
  bool given_back = false;  // Nothing is stored; somebody else will be handed it.
};

class LeaseDesk {
 public:
  explicit LeaseDesk(const ApiParts& parts);

  // Up to `max` requests, none if none came within `wait` or nobody wants them any more. What is of
  // no use to anybody is settled and not handed out. kUnavailable: bus or store did not answer, or
  // the history could not be loaded and the requests were given back; nothing is held then.
  void Take(LeaseOrder order, DoneWith<std::vector<HandedOut>> done);

  // Holds a request for `lease` longer; answers until when. kNotFound: the lease is lost.
  void Extend(LeaseTicket ticket, Duration lease, DoneWith<Instant> done);

  // Stages (unless it failed), counts, and acks once that is durable. A lost lease does not matter:
  // the first report of a request counts, and repeating one changes nothing. kNotFound: there is no
  // such request. Another error: perhaps not durable, repeat it.
  void Report(LeaseTicket ticket, WorkReport report, DoneWith<ReportedRequest> done);

  // A deterministic error: given back, or failed for good at the last try.
  void ReportError(LeaseTicket ticket, std::string reason, DoneWith<ReportedRequest> done);

  // Hands the request to somebody else after `delay`. A lost lease is ignored.
  void GiveBack(LeaseTicket ticket, Duration delay, DoneWith<Done> done);

 private:
  struct Hand;
  struct Case;
  void Ask(LeaseOrder order, Duration until, DoneWith<std::vector<HandedOut>> done);
  void LoadHistory(std::shared_ptr<Hand> hand);
  void HandOut(std::shared_ptr<Hand> hand);
  void TakeBack(std::shared_ptr<Hand> hand);
  void Stage(std::shared_ptr<Case> work);
  void Submit(std::shared_ptr<Case> work, Completion completion);
  void Finish(std::shared_ptr<Case> work);
  void Seen(const std::string& worker, const std::string& version, const std::string& group);
  void Seen(const LeaseTicket& ticket);

  ApiParts parts_;
  HistoryLoader loader_;
  std::map<std::string, Duration> seen_;  // When a worker's presence was written, steady time.
  std::uint64_t presences_ = 0;
};

}  // namespace tipoff
