// Against empty proofs: how often each phase, reason, state, fault site and retry path was really
// reached. A run in which one of them stays at zero has proven nothing about it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"
#include "sim/faults.h"

namespace tipoff::sim {

class Sometimes {
 public:
  // Every name of AllSometimes, at zero.
  Sometimes();

  void Saw(std::string_view name, std::uint64_t times = 1);
  void Saw(Phase phase) { ++phases_[static_cast<std::size_t>(phase)]; }
  void Saw(Reason reason) { ++reasons_[static_cast<std::size_t>(reason)]; }
  void Saw(RequestState state, std::uint64_t times = 1) {
    states_[static_cast<std::size_t>(state)] += times;
  }
  void Saw(Site site) { ++sites_[static_cast<std::size_t>(site)]; }

  void Add(const Sometimes& other);
  // "phase running", "reason Stalled", "request expired", "fault pause", "path redrive"...
  std::map<std::string, std::uint64_t> All() const;

 private:
  std::uint64_t phases_[kPhases] = {};
  std::uint64_t reasons_[kReasons] = {};
  std::uint64_t states_[kRequestStates] = {};
  std::uint64_t sites_[kSites] = {};
  std::map<std::string, std::uint64_t, std::less<>> paths_;
};

}  // namespace tipoff::sim
