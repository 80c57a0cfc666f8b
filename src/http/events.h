// The text/event-stream format: writing events, reading them, and the bounded queue of a stream.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

// "id: 7\ndata: ...\n\n"; data of several lines becomes several data fields. Without an id if `id`
// is empty. A line break in `id` would begin another field, so everything after it is left out.
std::string FormatEvent(std::string_view id, std::string_view data);

// Bytes of a text/event-stream in, events out. Comments and fields other than id and data are
// ignored; an event without data is none. As the format says, an id holds until the next one.
class EventReader {
 public:
  // Events longer than `bytes_max` are kExhausted.
  explicit EventReader(std::size_t bytes_max);

  using OnEvent = std::function<bool(const std::string& id, const std::string& data)>;
  // Calls `event` for each event that is now complete, until it answers false: then it returns
  // false, and nothing more may be put.
  Result<bool> Put(std::string_view bytes, const OnEvent& event);

 private:
  bool EndLine(const OnEvent& event);

  std::size_t bytes_max_;
  std::string line_;
  std::string data_;
  std::string id_;
  bool has_data_ = false;
  bool after_cr_ = false;  // A "\n" would be the second half of "\r\n".
  bool first_line_ = true;
};

// What waits to be written to one stream's client. Callable from any thread.
class EventQueue {
 public:
  explicit EventQueue(std::size_t bytes_max);

  enum class Pushed {
    kQueued,    // Somebody has been told already that there is something to take.
    kFirst,     // The queue was empty: tell the writer.
    kClosed,    // Not queued.
    kOverflow,  // Not queued; the client is too slow, and the stream is now aborted.
  };
  Pushed Push(std::string event);
  // All that is queued; it counts against the limit until it is `Written`.
  std::string Take();
  void Written(std::size_t bytes);
  // No more comes; what is queued may still be taken. False if it was closed before.
  bool Close();
  // The same, and what is queued is dropped.
  void Abort();
  bool closed() const;

 private:
  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::string queued_;
  std::size_t writing_ = 0;
  bool closed_ = false;
};

}  // namespace tipoff
