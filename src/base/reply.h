// The answer to one asynchronous call: given exactly once, on the loop, in time.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/loop.h"
#include "base/result.h"

namespace tipoff {

template <class T>
class Reply : public std::enable_shared_from_this<Reply<T>> {
 public:
  // A reply that answers `late` by itself if nobody has answered within `limit`.
  // From the loop's thread only.
  static std::shared_ptr<Reply> Start(Loop& loop, Duration limit, Error late,
                                      std::function<void(Result<T>)> done) {
    auto reply = std::shared_ptr<Reply>(new Reply(loop, std::move(done)));
    reply->Arm(limit, std::move(late), true);
    return reply;
  }

  // Posts the answer to the loop. The first one counts. Callable from any thread.
  void Post(Result<T> result) {
    loop_.Post([self = this->shared_from_this(), result = std::move(result)]() mutable {
      self->Answer(std::move(result));
    });
  }

 private:
  static constexpr Duration kStoodStill = std::chrono::seconds(1);

  Reply(Loop& loop, std::function<void(Result<T>)> done) : loop_(loop), done_(std::move(done)) {}

  // Where the whole process stood still, what was answered meanwhile comes first: nobody is to be
  // blamed for being late. Once: a loop that is always late must not wait for ever.
  void Arm(Duration limit, Error late, bool may_wait) {
    Duration due = loop_.Steady() + limit;
    timer_ = loop_.After(
        limit, [self = this->shared_from_this(), due, late = std::move(late), may_wait] {
          bool stood_still = self->loop_.Steady() - due > kStoodStill;
          stood_still&& may_wait ? self->Arm(kStoodStill, late, false) : self->Answer(late);
        });
  }

  void Answer(Result<T> result) {
    if (done_ == nullptr) return;
    loop_.Cancel(timer_);
    auto done = std::exchange(done_, nullptr);
    done(std::move(result));
  }

  Loop& loop_;
  Loop::TimerId timer_ = 0;
  std::function<void(Result<T>)> done_;
};

}  // namespace tipoff
