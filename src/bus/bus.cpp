#include "bus/bus.h"

namespace tipoff {

std::string ToString(const Topic& topic) {
  switch (topic.kind) {
    case Topic::Kind::kRequests:
      return topic.group.empty() ? "requests" : "requests." + topic.group;
    case Topic::Kind::kCompletions: return "completions";
    case Topic::Kind::kAnnouncements: return "announcements";
    case Topic::Kind::kDeadLetters: return "dead-letters";
  }
  Panic(__FILE__, __LINE__, "unnamed topic");
}

}  // namespace tipoff
