// Tells the world that batches have ended, from the outbox that the ending commits filled. Never
// holds a batch up: a receiver that is down is tried again, with back-off, and given up in the end.
//
// Alerts go the same way: a Record of kind "alert", whose body is a sentence or an object with a
// `message`, is announced once to every target.
//
// Each target has a lane of its own: one that is slow delays no other. What is sent is sent at
// least once, under one id, in no particular order.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/loop.h"
#include "base/random.h"
#include "store/store.h"

namespace tipoff {

// What a target is told.
struct Notice {
  Announcement announcement;
  Batch batch;                      // As it is stored now. Of an alert perhaps only its id.
  std::vector<NewRequest> missing;  // The first few requests that have no result.
};

struct AnnounceAnswer {
  Status status = Ok();
  bool gone = false;        // The receiver wants nothing any more: given up at once.
  Duration retry_after{0};  // The receiver asks not to be tried before; kept within limits.
};

// Sends one announcement and says whether it arrived. Called on the loop; answers there, once.
using Announce =
    std::function<void(const Notice& notice, std::function<void(AnnounceAnswer)> done)>;

// The sink that is always there: one line in the log.
Announce LogAnnouncement();

// One announcement of the same thing for each target. `id` is the thing's.
std::vector<Announcement> MakeAnnouncements(const std::string& id, const Announcement& about,
                                            const std::vector<std::string>& targets, Instant now);

class Announcer {
 public:
  // `targets` by name, as named by the ending commits. What is for another target is left alone:
  // another coordinator may know it. After a week it is given up.
  Announcer(Loop& loop, Store& store, Random& random, std::map<std::string, Announce> targets);
  ~Announcer();

  // Looks for due announcements now, then every few seconds, until destroyed.
  void Start();
  // An announcement may be due: looks at once.
  void Kick();

  // Nothing is being looked for or sent.
  bool idle() const;

  const std::vector<std::string>& targets() const { return names_; }

 private:
  struct Lane {
    std::string target;
    Announce send;
    std::set<std::string> sending;  // Ids.
    bool looking = false;
    bool again = false;
  };
  void LookForAlerts();
  void LookForForgotten();
  void GiveUpForgotten(const std::string& target, Instant from);
  void PutDown(Announcement announcement);
  void Look(Lane& lane);
  void Take(Lane& lane, std::vector<Announcement> due);
  void Gather(Lane& lane, Announcement announcement);
  void NameMissing(Lane& lane, std::shared_ptr<Notice> notice);
  void Send(Lane& lane, const Notice& notice);
  void Sent(Lane& lane, Announcement announcement, const AnnounceAnswer& answer);

  Loop& loop_;
  Store& store_;
  Random& random_;
  std::vector<std::string> names_;
  std::map<std::string, Lane> lanes_;
  std::set<std::string> alerts_seen_;  // Ids of records.
  Loop::TimerId timer_ = 0;
};

}  // namespace tipoff
