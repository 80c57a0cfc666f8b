// Writes that a coordinator is there, and when a sweep last went through, every few seconds; so
// that `why` knows later, too, when nobody was. Best effort: nothing waits for it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/loop.h"
#include "flow/trouble.h"
#include "store/store.h"

namespace tipoff {

class Standing {
 public:
  // `swept_ago`: how long ago a sweep went through, as far as this process knows. All must outlive
  // this.
  Standing(Loop& loop, Store& store, TroubleLog& troubles, std::string process,
           std::function<Duration()> swept_ago);
  ~Standing();

  void Start();
  // Writes that it has stopped, if it had started. Does not wait for the answer.
  void Stop();

 private:
  void Beat();
  void Write(Instant stopped_at);

  Loop& loop_;
  Store& store_;
  TroubleLog& troubles_;
  std::string process_;
  std::function<Duration()> swept_ago_;
  Instant started_at_;
  bool writing_ = false;
  std::uint64_t beats_ = 0;
  Loop::TimerId timer_ = 0;
};

}  // namespace tipoff
