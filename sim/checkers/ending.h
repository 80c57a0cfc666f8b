// Laws 1, 2 and 7: every batch ends by its time, an end is an end, and what a clock decides is
// decided by the true time and by real progress, not by an arrival or a skewed clock.
#pragma once

#include <map>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class EndingChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnRead(const Batch& batch, Instant asked_at) override;
  void AtEnd(Instant at) override;

 private:
  struct Book {
    Batch first;               // As it was created.
    Instant terminal_by;       // The earliest that was promised.
    Instant counted_at;        // When no request was open any more.
    Instant progress_at;       // When a request last got further, as far as commits showed.
    Instant told_progress_at;  // By the header.
    std::map<std::uint32_t, int> furthest;  // Hop by request.
    std::optional<Batch> end;
  };
  void CheckEnd(const Book& book, const BatchCommit& commit, Instant at);
  void NoteProgress(Book& book, const BatchCommit& commit, Instant at);
  Instant LatestEnd(const Book& book) const;

  std::map<BatchId, Book> books_;
};

}  // namespace tipoff::sim
