// A lease on a name belongs to one life of one process, and a new holder has a higher token.
#pragma once

#include <map>
#include <string>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class LeaseChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnLease(const std::string& name, const Incarnation& owner, const LeaseGrant& grant,
               Instant at, const std::string& who) override;

 private:
  struct Book {
    std::string who;  // The life that holds it.
    std::uint64_t token = 0;
    Instant until;
  };
  std::map<std::string, Book> books_;
};

}  // namespace tipoff::sim
