// One among several coordinators, by a fenced lease in the store. The lease saves work; it protects
// nothing: who has lost it without knowing can do no harm, because every commit to a batch is
// guarded by the batch's version. docs/adr/0009-one-sweeping-leader.md.
#pragma once

#include <functional>
#include <string>

#include "base/loop.h"
#include "store/store.h"

namespace tipoff {

class Leadership {
 public:
  Leadership(Loop& loop, Store& store, std::string name, Incarnation owner, Duration ttl);

  // Takes the lease if it is free, extends it if it is held. Answers whether it is held now; if the
  // store does not say so in time it is not.
  void Take(std::function<void(bool held)> done);

  // For somebody who began something under `token`: whether he may go on. False if the lease was
  // lost since, even if it was won again. Asks the store only when half of the lease is over.
  void Keep(std::uint64_t token, std::function<void(bool held)> done);

  // Held by store time, and by the steady clock since it was asked for: whoever slept is no leader.
  bool held() const;
  // Grows each time that the lease changes hands or was let lapse.
  std::uint64_t token() const { return token_; }
  // Somebody holds it, this one or another, as far as the last answer tells.
  bool somebody() const;

  // Who holds it, as far as the last answer tells; "": nobody.
  std::string holder() const { return somebody() ? holder_ : ""; }

  // Lets another take it at once. `done` runs in any case, soon.
  void GiveUp(std::function<void()> done);

 private:
  void Granted(const Result<LeaseGrant>& grant, Duration asked_at);

  Loop& loop_;
  Store& store_;
  std::string name_;
  Incarnation owner_;
  Duration ttl_;
  bool granted_ = false;
  std::uint64_t token_ = 0;
  Instant until_;  // Store time; of whoever holds it.
  std::string holder_;
  Duration lapses_at_{};  // Steady time.
};

}  // namespace tipoff
