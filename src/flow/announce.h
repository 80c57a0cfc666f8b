// Tells the world that batches have ended, from the outbox that the ending commits filled. Never
// holds a batch up: a receiver that is down is tried again, with back-off, and given up in the end.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/loop.h"
#include "base/random.h"
#include "store/store.h"

namespace tipoff {

// Sends one announcement and says whether it arrived. Called on the loop; answers there.
using Announce = std::function<void(const Batch& batch, const Announcement& announcement,
                                    std::function<void(Status)> done)>;

// The sink that is always there: one line in the log.
Announce LogAnnouncement();

class Announcer {
 public:
  // `targets` by name, as named by the ending commits.
  Announcer(Loop& loop, Store& store, Random& random, std::map<std::string, Announce> targets);
  ~Announcer();

  // Looks for due announcements now, then every few seconds, until destroyed.
  void Start();
  // An announcement may be due: looks at once.
  void Kick();

 private:
  void Look();
  void Send(Announcement announcement);
  void Sent(Announcement announcement, const Status& status);

  Loop& loop_;
  Store& store_;
  Random& random_;
  std::map<std::string, Announce> targets_;
  std::set<std::string> sending_;
  bool looking_ = false;
  bool again_ = false;
  Loop::TimerId timer_ = 0;
};

}  // namespace tipoff
