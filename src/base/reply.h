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
    reply->timer_ = loop.After(limit, [reply, late = std::move(late)] { reply->Answer(late); });
    return reply;
  }

  // Posts the answer to the loop. The first one counts. Callable from any thread.
  void Post(Result<T> result) {
    loop_.Post([self = this->shared_from_this(), result = std::move(result)]() mutable {
      self->Answer(std::move(result));
    });
  }

 private:
  Reply(Loop& loop, std::function<void(Result<T>)> done) : loop_(loop), done_(std::move(done)) {}

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
