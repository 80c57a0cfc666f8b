#include "sim/checkers/announcements.h"

#include <fmt/format.h>

#include "sim/receivers.h"
#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

constexpr char kLaw[] = "12 every end is announced";

}  // namespace

void AnnouncementChecker::OnCommit(const BatchCommit& commit, Instant, const std::string&) {
  if (IsTerminal(commit.next.phase)) ends_.try_emplace(commit.next.id, commit.next);
}

void AnnouncementChecker::OnAnnounced(const Batch& batch, const Announcement& announcement,
                                      Instant) {
  auto end = ends_.find(batch.id);
  if (end == ends_.end()) {
    return Violated(kLaw, fmt::format("{} is announced and has not ended", batch.id.str()));
  }
  if (batch.phase != end->second.phase || batch.reason != end->second.reason ||
      !(batch.counts == end->second.counts)) {
    Violated(kLaw, fmt::format("{} is announced as {}, it is {}", batch.id.str(),
                               ToString(batch.phase), ToString(end->second.phase)));
  }
  auto& ids = heard_[{batch.id, announcement.target}];
  if (!ids.insert(announcement.id).second) notes_.sometimes.Saw("announcement received twice");
  if (ids.size() > 1) {
    Violated(kLaw,
             fmt::format("{} hears of {} under several ids", announcement.target, batch.id.str()));
  }
}

void AnnouncementChecker::AtEnd(Instant) {
  for (const auto& [id, end] : ends_) {
    for (const char* target : kTargets) {
      if (heard_.contains({id, target})) continue;
      Violated(kLaw, fmt::format("{} never heard of the end of {}", target, id.str()));
    }
  }
}

}  // namespace tipoff::sim
