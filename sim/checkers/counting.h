// Law 3: counts are those of the rows, each request is counted once, and as what a worker has said
// of it.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class CountingChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnStaged(const StagedResult& result, bool first) override;
  void OnPublished(const Topic& topic, const std::string& body, bool lost) override;
  void OnRefused(const Topic& topic, const std::string& body) override;

 private:
  struct Row {
    RequestState state = RequestState::kPending;
    std::int32_t predictions = 0;
    bool written = false;
    bool late = false;
    std::uint16_t attempt = 0;
  };
  struct Book {
    std::vector<Row> rows;
    std::map<PlayerId, std::uint32_t> ordinals;
    int publishes_max = 0;  // The most that its policy ever allowed.
    bool ended = false;
  };
  using Said = std::pair<RequestState, std::int32_t>;  // Status and predictions.
  struct Statements {
    std::map<std::uint32_t, std::set<Said>> staged;
    std::map<std::uint32_t, std::set<Said>> reported;
    std::map<PlayerId, std::set<Said>> of_player;
    std::set<std::uint32_t> refused;
  };
  void CheckRow(const Book& book, const Batch& next, const Row& before, const Request& row);
  bool Said_(const BatchId& batch, const Request& row);
  void CheckCounts(const Book& book, const Batch& next);
  void See(const BatchCommit& commit);

  std::map<BatchId, Book> books_;
  std::map<BatchId, Statements> statements_;
};

}  // namespace tipoff::sim
