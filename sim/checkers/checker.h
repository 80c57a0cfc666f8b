// What a checker of the simulated world sees, and how it says what is wrong. Checkers keep books of
// their own, fed from what passes between processes, store, bus and the people outside; they never
// believe a counter of the product.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/bus.h"
#include "core/diagnose.h"
#include "flow/start.h"
#include "store/memory/memory_store.h"
#include "store/store.h"

namespace tipoff::sim {

class Sometimes;

struct Violation {
  std::string law;  // "1 every batch ends"
  std::string what;
};

// What all checkers may look at and write to.
struct Notebook {
  const MemoryDatabase& database;
  Sometimes& sometimes;
  std::vector<Violation> violations;
  // Since when nothing has hindered coordinators and the store, as far as a promise of time goes.
  Instant untroubled_since;
  Instant healed_at;  // never: faults may still strike.

  void Violated(std::string law, std::string what) {
    violations.push_back({std::move(law), std::move(what)});
  }
};

class Checker {
 public:
  explicit Checker(Notebook& notes) : notes_(notes) {}
  virtual ~Checker() = default;

  // The store has applied it, at true time `at`, asked by process `who`.
  virtual void OnCommit(const BatchCommit&, Instant /*at*/, const std::string& /*who*/) {}
  // Now stored; `first` says whether it is this one that was stored.
  virtual void OnStaged(const StagedResult&, bool /*first*/) {}
  // The bus has taken a message; `lost`: nobody will ever see it.
  virtual void OnPublished(const Topic&, const std::string& /*body*/, bool /*lost*/) {}
  virtual void OnRefused(const Topic&, const std::string& /*body*/) {}
  // A message is removed for good because `who` said that it is done with.
  virtual void OnAcked(const Topic&, const std::string& /*body*/, const std::string& /*who*/) {}
  virtual void OnLease(const std::string& /*name*/, const Incarnation& /*owner*/, const LeaseGrant&,
                       Instant /*at*/, const std::string& /*who*/) {}
  // A caller hears what became of his start.
  virtual void OnStarted(const StartRequest&, const StartOutcome&, Instant /*asked_at*/) {}
  // Somebody who asked for one batch at `asked_at` is told this.
  virtual void OnRead(const Batch&, Instant /*asked_at*/) {}
  virtual void OnAnnounced(const Batch&, const Announcement&, Instant /*at*/) {}
  // Something goes wrong in a layer from then to then; for one batch, or for whoever comes by.
  virtual void OnFault(Layer, const BatchId&, Instant /*from*/, Instant /*until*/) {}
  // An operator has a hand in what becomes of the batch.
  virtual void OnOrder(const BatchId&) {}
  // What somebody who asked why is told.
  virtual void OnWhy(const Facts&, const Diagnosis&, Instant /*asked_at*/) {}
  // What readers of a slot see once all is quiet.
  virtual void OnPublishedRead(const Slot&, const std::vector<struct SeenPlayer>&) {}
  // Everything is quiet, or was given the time to be.
  virtual void AtEnd(Instant /*at*/) {}

 protected:
  void Violated(std::string law, std::string what) {
    notes_.Violated(std::move(law), std::move(what));
  }
  Notebook& notes_;
};

// One player as readers of a slot see him.
struct SeenPlayer {
  PlayerId player;
  BatchId batch;
  std::uint32_t publication = 0;
  bool skipped = false;
  std::size_t predictions = 0;
};

// All of them, in a fixed order.
std::vector<std::unique_ptr<Checker>> MakeCheckers(Notebook& notes);

}  // namespace tipoff::sim
