#include "sim/sometimes.h"

#include "base/panic.h"

namespace tipoff::sim {
namespace {

// Ways through the product that only trouble leads to.
constexpr std::string_view kPaths[] = {
    "commit conflict",
    "commit of unknown outcome, applied",
    "commit of unknown outcome, not applied",
    "commit applied after its caller was told that nobody knows",
    "commit given up",
    "group of several events",
    "publishing held up",
    "request published again",
    "stalled batch redriven",
    "staged result reconciled",
    "completion repeated",
    "completion late",
    "completion of an older attempt",
    "completion stray",
    "message quarantined",
    "message redelivered",
    "message given back",
    "dead letter",
    "history not loaded in time",
    "request staged twice",
    "rows settled after the end",
    "batch sealed in several commits",
    "batch of nobody",
    "batch ended by its last request",
    "batch ended by a read",
    "start repeated with its key",
    "start found the slot held",
    "start superseded a batch",
    "retry named the same child",
    "retry found nothing to retry",
    "announcement tried again",
    "announcement received twice",
    "policy patched",
    "publication shadowed by a newer one",
    "published skip",
    "process paused past its leases",
    "why named none",
    "why did not know",
    "why guessed wrong",
    "why named coordinator",
    "why named store",
    "why named history",
    "why named bus",
    "why named subscription",
    "why named worker",
    "why named completion path",
    "why named data",
};

}  // namespace

Sometimes::Sometimes() {
  for (std::string_view name : kPaths) paths_.emplace(name, 0);
}

void Sometimes::Saw(std::string_view name, std::uint64_t times) {
  auto found = paths_.find(name);
  TIPOFF_CHECK(found != paths_.end(), "a path that is not in the list of paths");
  found->second += times;
}

void Sometimes::Add(const Sometimes& other) {
  for (std::size_t i = 0; i < kPhases; ++i) phases_[i] += other.phases_[i];
  for (std::size_t i = 0; i < kReasons; ++i) reasons_[i] += other.reasons_[i];
  for (std::size_t i = 0; i < kRequestStates; ++i) states_[i] += other.states_[i];
  for (std::size_t i = 0; i < kSites; ++i) sites_[i] += other.sites_[i];
  for (const auto& [name, times] : other.paths_) paths_[name] += times;
}

std::map<std::string, std::uint64_t> Sometimes::All() const {
  std::map<std::string, std::uint64_t> all;
  auto add = [&all](std::string_view kind, std::string_view name, std::uint64_t times) {
    all[std::string(kind) + " " + std::string(name)] = times;
  };
  for (int i = 0; i < kPhases; ++i) add("phase", ToString(static_cast<Phase>(i)), phases_[i]);
  for (int i = 0; i < kReasons; ++i) add("reason", ToString(static_cast<Reason>(i)), reasons_[i]);
  for (int i = 0; i < kRequestStates; ++i) {
    add("request", ToString(static_cast<RequestState>(i)), states_[i]);
  }
  for (int i = 0; i < kSites; ++i) add("fault", ToString(static_cast<Site>(i)), sites_[i]);
  for (const auto& [name, times] : paths_) add("path", name, times);
  return all;
}

}  // namespace tipoff::sim
