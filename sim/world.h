// A simulated world: one true time, one database, one broker, several processes that die and stand
// still, people who start and order, and checkers that watch. All of it follows from the seed.
//
// It lives in two phases. In the first, faults strike. Then everything is healed: no fault strikes
// any more, and the dead or, by the seed's choice, all processes are started again; from there on
// every promise must be kept.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bus/memory/memory_bus.h"
#include "predict/pipeline.h"
#include "sim/checkers/checker.h"
#include "sim/clockwork.h"
#include "sim/faults.h"
#include "sim/sometimes.h"
#include "store/memory/memory_store.h"

namespace tipoff::sim {

class Process;
class Askers;
class Callers;
class Operators;
class Readers;
class Weather;

// What a run leaves out of what its seed would do, and whether it tells its story.
struct WorldOptions {
  std::uint64_t seed = 1;
  std::set<std::uint64_t> only_faults;  // With `limited`: no others strike.
  bool limited = false;
  int requests_max = 1'000'000;  // Of one batch.
  int batches_max = 1'000;       // Starts of different slots.
  bool tell = false;
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();

  // Both phases; stops at the first violation.
  void Run();

  // --- what there is ---------------------------------------------------------------------------
  const WorldOptions options;
  Clockwork clock;
  Faults faults;
  MemoryDatabase database;
  MemoryBroker broker;
  Sometimes sometimes;
  Notebook notes;
  Duration sweep_period;
  std::size_t rows_per_chunk;

 private:
  bool stays_;  // Healed, processes go on as they are; else all of them are started again.
  // The database's own port answers at once; what its callers see of it is SimStore.
  class AtOnce final : public Loop {
   public:
    explicit AtOnce(Clockwork& clock) : clock_(clock) {}
    Instant Now() override { return clock_.now(); }
    Duration Steady() override { return Duration(clock_.now().micros()); }
    void Post(Task task) override { task(); }
    TimerId After(Duration, Task) override { Panic(__FILE__, __LINE__, "a store with timers"); }
    void Cancel(TimerId) override {}

   private:
    Clockwork& clock_;
  };
  AtOnce at_once_;

 public:
  MemoryStore server;

  // --- what happens in it, seen by the checkers ------------------------------------------------
  void Committed(const BatchCommit& commit, const std::string& who);
  void Staged(const StagedResult& result, bool first);
  void Leased(const std::string& name, const Incarnation& owner, const LeaseGrant& grant,
              const std::string& who);
  void Acked(const Topic& topic, const std::string& body, const std::string& who);
  void Announced(const Batch& batch, const Announcement& announcement);
  void Started(const StartRequest& request, const StartOutcome& outcome, Instant asked_at);
  void Read(const Batch& batch, Instant asked_at);
  void Ordered(const BatchId& batch);
  void Why(const Facts& facts, const Diagnosis& diagnosis, Instant asked_at);
  // Something goes wrong in this layer; with one batch, or ("") with whatever comes by.
  void Blame(Layer layer, Duration how_long = {}, const BatchId& batch = BatchId());

  // A message on its way into the bus: "" or why it is refused for good.
  std::string Publish(const Topic& topic, const std::string& body, std::uint64_t entity);

  // --- what is the case ------------------------------------------------------------------------
  bool StoreDown() const { return store_down_until_ > clock.now(); }
  bool SubscriptionGone(const Topic& topic) const;
  bool HasPlayed(const PlayerId& player) const;
  std::vector<PredictedRequest> Predict(const BatchId& batch,
                                        std::span<const PredictionInput> inputs,
                                        std::uint64_t entity);
  // A coordinator that is awake, chosen by `choice`; nullptr if there is none.
  Process* AwakeCoordinator(std::uint64_t choice);
  const std::vector<std::unique_ptr<Process>>& processes() const { return processes_; }

  // --- what befalls it -------------------------------------------------------------------------
  // A process has died; it is started again after a while.
  void Died(Process& process);
  // A second process of its name, while it stands still.
  void StartTwin(const Process& process);
  void StoreDownFor(Duration how_long);
  void DeleteSubscription(const Topic& topic, Duration for_how_long);
  // All but one coordinator and one worker, of those that are awake, are taken away.
  std::pair<Process*, Process*> LeaveOnly(std::uint64_t choice);
  // Something hindered coordinators or the store until now.
  void Troubled() { notes.untroubled_since = clock.now(); }

  // --- the record ------------------------------------------------------------------------------
  bool telling() const { return options.tell; }
  void Tell(const std::string& who, const std::string& what);
  const std::vector<std::string>& story() const { return story_; }
  void Trace(std::uint64_t where, std::uint64_t what);
  std::uint64_t trace() const { return trace_; }
  Duration lived() const { return clock.now() - started_at_; }

 private:
  // Where a process is started again and again.
  struct Seat {
    std::string name;
    bool coordinates = false;
    bool twin = false;
    int lives = 0;
  };
  void StartProcess(std::size_t seat);
  void Heal();
  bool Quiet() const;
  void RunUntil(Instant until, bool until_quiet);
  void ReadPublished();
  template <class Call>
  void EachChecker(Call call);

  void Look(const Fault& fault);
  void BlameWay(const Topic& topic, const std::string& body, Duration how_long);

  Instant started_at_;
  std::size_t faults_seen_ = 0;
  std::vector<std::unique_ptr<Checker>> checkers_;
  std::vector<Seat> seats_;
  std::vector<std::unique_ptr<Process>> processes_;  // By seat; may be null.
  std::unique_ptr<Askers> askers_;
  std::unique_ptr<Callers> callers_;
  std::unique_ptr<Operators> operators_;
  std::unique_ptr<Readers> readers_;
  std::unique_ptr<Weather> weather_;
  Instant store_down_until_;
  std::map<Topic, Instant> subscription_gone_until_;
  std::vector<std::string> story_;
  std::uint64_t trace_ = 0;
};

}  // namespace tipoff::sim
