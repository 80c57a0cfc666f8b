#include "http/events.h"

#include <fmt/format.h>

namespace tipoff {

std::string FormatEvent(std::string_view id, std::string_view data) {
  std::string event;
  id = id.substr(0, id.find_first_of(std::string_view("\r\n\0", 3)));
  if (!id.empty()) event += fmt::format("id: {}\n", id);
  while (true) {
    std::size_t end = data.find_first_of("\r\n");
    event += fmt::format("data: {}\n", data.substr(0, end));
    if (end == data.npos) break;
    bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  return event + "\n";
}

EventReader::EventReader(std::size_t bytes_max) : bytes_max_(bytes_max) {}

Result<bool> EventReader::Put(std::string_view bytes, const OnEvent& event) {
  for (char c : bytes) {
    bool second_half = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (second_half) continue;
    if (c == '\r' || c == '\n') {
      if (!EndLine(event)) return false;
      continue;
    }
    if (line_.size() + data_.size() >= bytes_max_) {
      return Error{Errc::kExhausted,
                   fmt::format("an event of the stream is longer than {} bytes", bytes_max_)};
    }
    line_ += c;
  }
  return true;
}

// False if the caller wants no more.
bool EventReader::EndLine(const OnEvent& event) {
  std::string line = std::move(line_);
  line_.clear();
  if (first_line_ && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  first_line_ = false;
  if (line.empty()) {
    bool complete = has_data_;
    std::string data = std::move(data_);
    data_.clear();
    has_data_ = false;
    return !complete || event(id_, data);
  }
  std::size_t colon = line.find(':');
  std::string_view name = std::string_view(line).substr(0, colon);
  std::string_view value;
  if (colon != line.npos) value = std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (name == "id" && value.find('\0') == value.npos) {
    id_ = value;
  }
  return true;
}

EventQueue::EventQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

EventQueue::Pushed EventQueue::Push(std::string event) {
  std::scoped_lock guard(mutex_);
  if (closed_) return Pushed::kClosed;
  if (queued_.size() + writing_ + event.size() > bytes_max_) {
    closed_ = true;
    queued_.clear();
    return Pushed::kOverflow;
  }
  bool first = queued_.empty();
  queued_ += event;
  return first ? Pushed::kFirst : Pushed::kQueued;
}

std::string EventQueue::Take() {
  std::scoped_lock guard(mutex_);
  std::string taken = std::move(queued_);
  queued_.clear();
  writing_ += taken.size();
  return taken;
}

void EventQueue::Written(std::size_t bytes) {
  std::scoped_lock guard(mutex_);
  writing_ -= bytes;
}

bool EventQueue::Close() {
  std::scoped_lock guard(mutex_);
  bool closes = !closed_;
  closed_ = true;
  return closes;
}

void EventQueue::Abort() {
  std::scoped_lock guard(mutex_);
  closed_ = true;
  queued_.clear();
}

bool EventQueue::closed() const {
  std::scoped_lock guard(mutex_);
  return closed_;
}

}  // namespace tipoff
