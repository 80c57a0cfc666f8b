// Last errors by kind, as facts: what a process met is kept in windows of so many from then to
// then, and written into the store so that `why` knows it later, also about what has passed.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/loop.h"
#include "core/diagnose.h"
#include "store/store.h"

namespace tipoff {

inline constexpr char kTroubleRecords[] = "trouble";
// Troubles older than that are forgotten.
inline constexpr auto kTroubleKept = std::chrono::hours(24 * 14);

// One for each process, or thread with a loop of its own. What it notes while the store is away is
// written when the store is back: that is how a fault of the store is known afterwards.
class TroubleLog {
 public:
  // All must outlive this.
  TroubleLog(Loop& loop, Store& store, std::string process);
  ~TroubleLog();

  // One more error of this layer and kind. Cheap; never fails; `message` is cut to a sane length.
  // Errors less than a minute apart are one window.
  void Note(Layer layer, std::string_view kind, std::string_view message,
            const BatchId& batch = BatchId());
  // A store call failed: conflicts are none of the store's troubles, and are left out.
  void NoteStore(const Error& error, const BatchId& batch = BatchId());

  // What is not in the store yet: asked of a process whose store can't be written.
  std::vector<Trouble> Unwritten() const;

 private:
  using Key = std::tuple<Layer, std::string, BatchId>;
  struct Window {
    Trouble trouble;
    std::uint64_t number = 0;
    std::uint64_t written = 0;  // Of trouble.count.
  };
  void Plan(Duration wait);
  void WriteNext();
  void Written(std::uint64_t number, std::uint64_t count, const Status& status);

  Loop& loop_;
  Store& store_;
  std::string process_;
  std::map<Key, Window> open_;  // The last window of each kind.
  std::vector<Window> closed_;  // Older ones that are not written yet.
  std::uint64_t next_number_ = 1;
  bool writing_ = false;
  int failures_ = 0;
  Instant dropped_at_;
  Loop::TimerId timer_ = 0;
};

// All windows that overlap `from`..`to`, in no order; at most limits::kTroublesRead.
void ListTroubles(Store& store, Instant from, Instant to, DoneWith<std::vector<Trouble>> done);

}  // namespace tipoff
