// Every receiver hears of every end, at least once, under one id, and hears the truth.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class AnnouncementChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnAnnounced(const Batch& batch, const Announcement& announcement, Instant at) override;
  void AtEnd(Instant at) override;

 private:
  std::map<BatchId, Batch> ends_;
  std::map<std::pair<BatchId, std::string>, std::set<std::string>> heard_;  // Ids by receiver.
};

}  // namespace tipoff::sim
