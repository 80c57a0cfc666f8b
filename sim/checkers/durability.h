// Laws 4 and 5: what is recorded is sent, and what is acked is durable; nothing that a worker was
// promised to be heard of gets lost.
#pragma once

#include <map>
#include <set>
#include <string>

#include "bus/messages.h"
#include "sim/checkers/checker.h"

namespace tipoff::sim {

class DurabilityChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnPublished(const Topic& topic, const std::string& body, bool lost) override;
  void OnAcked(const Topic& topic, const std::string& body, const std::string& who) override;
  void AtEnd(Instant at) override;

 private:
  struct Key {
    BatchId batch;
    std::uint32_t ordinal = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  void CheckReconciled(const Batch& end, Instant at);
  void CheckReady(const CompletionMessage& message, const std::string& body,
                  const std::string& who);
  void CheckRequest(const RequestMessage& message, const std::string& who);
  bool InQuarantine(const std::string& body) const;
  const MemoryDatabase::StoredBatch* Find(const BatchId& batch) const;

  std::map<BatchId, std::uint64_t> numbers_;
  std::set<BatchId> ended_;
  std::set<Key> reported_;  // A completion was taken by the bus, lost or not.
  std::set<Key> sent_;      // A request was taken by the bus.
};

}  // namespace tipoff::sim
