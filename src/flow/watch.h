// Nothing in flow/ waits for ever: not even for an adapter that breaks its promise to answer.
#pragma once

#include <utility>

#include "base/reply.h"
#include "core/limits.h"

namespace tipoff {

// A callback to hand to a port. `done` gets what the port answers, or `late` if that does not come
// within `limit`; the first of both, once.
template <class T>
std::function<void(Result<T>)> Watched(Loop& loop, Error late, std::function<void(Result<T>)> done,
                                       Duration limit = limits::kWatchTime) {
  auto reply = Reply<T>::Start(loop, limit, std::move(late), std::move(done));
  return [reply](Result<T> result) { reply->Post(std::move(result)); };
}

// What a read that never answered is taken for, and a write.
inline Error NoAnswer() { return {Errc::kUnavailable, "no answer in time"}; }
inline Error NotKnown() { return {Errc::kUnknownOutcome, "no answer in time"}; }

}  // namespace tipoff
