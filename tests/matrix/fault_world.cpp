#include "matrix/fault_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "flow/facts.h"
#include "predict/pipeline.h"
#include "support/world.h"
#include "worker/worker.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A bus that loses, refuses or fails as told.
class LossyBus final : public Bus {
 public:
  LossyBus(Bus& bus, Loop& loop) : bus_(bus), loop_(loop) {}

  std::function<bool(const Topic&)> fails = [](const Topic&) { return false; };
  std::function<bool(const Topic&)> swallows = [](const Topic&) { return false; };  // No answer.
  std::function<bool(const Topic&, const std::string& body)> loses =
      [](const Topic&, const std::string&) { return false; };
  std::function<bool(const Topic&)> refuses = [](const Topic&) { return false; };  // Of each body.
  std::function<bool(const Topic&)> doubles = [](const Topic&) { return false; };
  std::function<bool()> lease_fails = [] { return false; };
  bool missing = false;
  std::size_t swallowed_after = 0;  // So many bodies of a swallowed publish get through.

  void Publish(Topic topic, std::vector<std::string> bodies,
               std::function<void(Result<std::vector<std::string>>)> done) override {
    if (fails(topic)) {
      return loop_.Post([done] { done(Error{Errc::kUnavailable, "the bus is down"}); });
    }
    std::vector<std::string> answers(bodies.size());
    std::vector<std::string> through;
    bool swallowed = swallows(topic);
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      if (swallowed && i >= swallowed_after) continue;
      if (refuses(topic)) {
        answers[i] = "the message is too large";
        continue;
      }
      if (loses(topic, bodies[i])) continue;
      if (doubles(topic)) through.push_back(bodies[i]);
      through.push_back(std::move(bodies[i]));
    }
    bus_.Publish(topic, std::move(through),
                 [done, answers, swallowed](Result<std::vector<std::string>> sent) {
                   if (swallowed) return;
                   if (!sent.ok()) return done(sent.error());
                   done(answers);
                 });
  }
  void Lease(Topic topic, Incarnation owner, LeaseOptions options,
             std::function<void(Result<std::vector<Delivery>>)> done) override {
    if (lease_fails()) {
      return loop_.Post([done] { done(Error{Errc::kUnavailable, "a hiccup"}); });
    }
    bus_.Lease(topic, owner, options, std::move(done));
  }
  void Ack(Topic topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) override {
    bus_.Ack(topic, std::move(tokens), std::move(done));
  }
  void Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
            std::function<void(Status)> done) override {
    bus_.Nack(topic, std::move(tokens), delay, std::move(done));
  }
  void Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
              std::function<void(Result<std::size_t>)> done) override {
    bus_.Extend(topic, std::move(tokens), lease, std::move(done));
  }
  void Inspect(Topic topic, std::function<void(Result<Backlog>)> done) override {
    if (missing && topic.kind == Topic::Kind::kRequests) {
      return loop_.Post([done] { done(Error{Errc::kNotFound, "no subscription 'requests'"}); });
    }
    bus_.Inspect(topic, std::move(done));
  }

 private:
  Bus& bus_;
  Loop& loop_;
};

enum class HistoryFault {
  kNone,
  kHangs,
  kFails
};

// Twelve games for everybody, but for those of whom there are none, or a broken one.
class SeededHistory final : public History {
 public:
  SeededHistory(Loop& loop, const std::set<PlayerId>& unknown, const std::set<PlayerId>& broken)
      : loop_(loop), unknown_(unknown), broken_(broken) {}

  std::function<void()> on_load = [] {};
  HistoryFault fault = HistoryFault::kNone;
  bool hiccup = false;

  void Load(HistoryQuery query, LoadDone done) override {
    on_load();
    if (fault == HistoryFault::kHangs) return;
    if (fault == HistoryFault::kFails || std::exchange(hiccup, false)) {
      return loop_.Post([done] { done(Error{Errc::kUnavailable, "history is down"}); });
    }
    HistoryBatch batch;
    for (const PlayerId& player : query.players) {
      PlayerHistory history{player, {}};
      for (int i = 1; i <= 12 && !unknown_.contains(player); ++i) {
        GameRecord game;
        game.date = query.before - 2 * i;
        game.points = static_cast<std::int16_t>(15 + i);
        game.minutes = 30;
        if (i == 3 && broken_.contains(player)) game.minutes = 900;
        history.games.push_back(game);
      }
      batch.players.push_back(std::move(history));
    }
    batch.teams = {{"DEN", 30, 110, 108}, {"HOU", 30, 109, 111}};
    batch.data_version = "v1";
    loop_.Post([done, batch = std::move(batch)] { done(batch); });
  }

 private:
  Loop& loop_;
  const std::set<PlayerId>& unknown_;
  const std::set<PlayerId>& broken_;
};

struct Scene;

struct CoordinatorProcess {
  CoordinatorProcess(Scene& scene, const std::string& name);
  ~CoordinatorProcess() { loop.Kill(); }

  ProcessLoop loop;
  MemoryStore memory;
  FaultyStore store;
  MemoryBus queue;
  LossyBus bus;
  SeededRandom random;
  Coordinator coordinator;
};

struct WorkerProcess {
  WorkerProcess(Scene& scene, const std::string& name, const std::string& refusal);
  ~WorkerProcess() { loop.Kill(); }

  ProcessLoop loop;
  MemoryStore memory;
  FaultyStore store;
  MemoryBus queue;
  LossyBus bus;
  SeededHistory history;
  Worker worker;
};

// One batch's day.
struct Scene {
  explicit Scene(std::uint64_t a_seed) : random(a_seed) {
    players = Between(8, 60);
    workers_wanted = Between(1, 3);
    policy.deadline = minutes(Between(15, 60));
    policy.stall_after = minutes(Between(2, 5));
    asks_ended = Chance(50);
  }

  std::uint64_t Draw(std::uint64_t n) { return random.Next() % n; }
  int Between(int low, int high) {
    return low + static_cast<int>(Draw(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool Chance(unsigned percent) { return Draw(100) < percent; }
  void Note(const std::string& what) {
    story += fmt::format("{} {}\n", FormatInstant(world.loop.Now()), what);
  }

  static PlayerId Player(int number) { return PlayerId(fmt::format("player-{:04}", number)); }

  // What happens in the best of services, and must not mislead.
  void AddNoise(bool failure_too) {
    for (int i = Between(0, 2); i > 0; --i) unknown.insert(Player(Between(0, players - 1)));
    if (failure_too && Chance(30)) {
      fails.insert(Player(Between(0, players - 1)));
      Note("one request fails");
    }
    doubled_percent = Chance(50) ? 10 : 0;
    hiccups = Chance(50);
  }

  void Coordinators(const std::string& name) {
    coordinators.push_back(std::make_unique<CoordinatorProcess>(*this, name));
    CoordinatorProcess& process = *coordinators.back();
    process.bus.doubles = [this](const Topic&) { return Chance(doubled_percent); };
    if (hiccups) {
      process.store.fault = [left = 1](const std::string& call) mutable {
        return call == "Commit" && left-- == 1 ? Fault::kRefused : Fault::kNone;
      };
    }
  }
  CoordinatorProcess& coordinator() { return *coordinators.back(); }

  void Workers(const std::string& refusal = "") {
    for (int i = 0; i < workers_wanted; ++i) {
      workers.push_back(
          std::make_unique<WorkerProcess>(*this, fmt::format("worker-{}", i), refusal));
      if (hiccups && i == 0) {
        workers.back()->bus.lease_fails = [left = 1]() mutable { return left-- == 1; };
      }
    }
  }
  void StartWorkers() {
    for (auto& worker : workers) worker->worker.Start();
    world.loop.Advance(seconds(Between(1, 30)));
  }

  void Begin() {
    world.AddSlate(players);
    Coordinators("c1");
    coordinator().coordinator.Start();
    Workers();
    StartWorkers();
  }

  void StartBatch() {
    StartRequest request = World::For("2025-01-15");
    request.policy = policy;
    request.skip_completeness_check = skip_check;
    std::optional<Result<StartOutcome>> outcome;
    coordinator().coordinator.starter().Start(request, [&](auto answer) { outcome = answer; });
    world.loop.RunUntil([&] { return outcome.has_value(); });
    batch = (**outcome).batch;
    Note(fmt::format("{} requests, {} workers, ends by {}", players, workers.size(),
                     FormatInstant(batch.terminal_by)));
  }

  void KillCoordinator() {
    coordinator().loop.Kill();
    Note("the coordinator dies");
  }

  // The instant at which somebody asks; a batch that is over sooner is asked about then.
  void LetTimePass() {
    Duration step = seconds(5);
    Duration most = asks_ended ? policy.deadline + minutes(3) : policy.stall_after - seconds(10);
    if (!asks_ended && Chance(60)) most = policy.stall_after + seconds(Between(5, 100));
    Instant until = world.loop.Now() + most;
    while (world.loop.Now() < until && !IsTerminal(world.Stored(batch.id).phase)) {
      world.loop.Advance(step);
    }
    if (asks_ended || IsTerminal(world.Stored(batch.id).phase)) {
      world.loop.Advance(seconds(Between(5, 600)));
    }
  }

  Asked Ask(const TroubleLog* troubles = nullptr) {
    Note(fmt::format("asked; it is {}", ToString(world.Stored(batch.id).phase)));
    std::optional<Result<Facts>> facts;
    FactsQuery query{.batch = batch.id, .probe_writes = true};
    GatherFacts(world.loop, reader, reader_bus, troubles, query,
                [&](Result<Facts> found) { facts = std::move(found); });
    for (int i = 0; i < 300 && !facts; ++i) world.loop.Advance(std::chrono::milliseconds(100));
    TIPOFF_CHECK(facts.has_value() && facts->ok(), "the facts could not be gathered");
    return {Diagnose(**facts), story, **facts};
  }

  SeededRandom random;
  World world;
  int players, workers_wanted;
  Policy policy;
  bool asks_ended;
  bool skip_check = false;
  unsigned doubled_percent = 0;
  bool hiccups = false;
  std::set<PlayerId> unknown, broken, fails;
  std::vector<std::unique_ptr<CoordinatorProcess>> coordinators;
  std::vector<std::unique_ptr<WorkerProcess>> workers;
  MemoryStore reader_memory{world.database, world.loop};
  FaultyStore reader{reader_memory, world.loop};
  MemoryBus reader_queue{world.broker, world.loop};
  LossyBus reader_bus{reader_queue, world.loop};
  Batch batch;
  std::string story;
};

CoordinatorProcess::CoordinatorProcess(Scene& scene, const std::string& name)
    : loop(scene.world.loop),
      memory(scene.world.database, loop),
      store(memory, loop),
      queue(scene.world.broker, loop),
      bus(queue, loop),
      random(MixText(scene.random.Next(), name)),
      coordinator(loop, store, bus, random, {Incarnation(name), {}, {{"log", LogAnnouncement()}}}) {
}

WorkerProcess::WorkerProcess(Scene& scene, const std::string& name, const std::string& refusal)
    : loop(scene.world.loop),
      memory(scene.world.database, loop),
      store(memory, loop),
      queue(scene.world.broker, loop),
      bus(queue, loop),
      history(loop, scene.unknown, scene.broken),
      worker(loop, store, bus, history,
             [&scene](const BatchId& batch, std::span<const PredictionInput> inputs) {
               static const Pipeline pipeline;
               for (const PredictionInput& input : inputs) {
                 if (scene.fails.contains(input.request->player)) throw std::runtime_error("odd");
               }
               return pipeline.Predict(batch, inputs);
             },
             {.process = Incarnation(name), .name = name, .version = "1", .refusal = refusal}) {}

bool Requests(const Topic& topic) { return topic.kind == Topic::Kind::kRequests; }
bool Results(const Topic& topic) { return topic.kind == Topic::Kind::kCompletions; }

// --- the faults ---------------------------------------------------------------------------------

// F01, F02: it dies after `k` are on the bus, and perhaps another goes on.
Asked CoordinatorDies(Scene& s, std::size_t k) {
  s.AddNoise(true);
  s.hiccups = false;
  s.Begin();
  s.coordinator().bus.swallows = Requests;
  s.coordinator().bus.swallowed_after = k;
  s.StartBatch();
  s.world.loop.RunIdle();
  s.Note(fmt::format("{} are on the bus", k));
  s.KillCoordinator();
  if (!s.asks_ended) {
    s.LetTimePass();
    return s.Ask();
  }
  bool in_time = s.Chance(30);
  Duration pause = in_time ? Duration(seconds(s.Between(60, 300)))
                           : s.policy.deadline + seconds(s.Between(1, 300));
  s.world.loop.Advance(pause);
  s.Coordinators("c2");
  s.coordinator().coordinator.Start();
  s.Note("another coordinator starts");
  s.LetTimePass();
  return s.Ask();
}

Asked F01(Scene& s) { return CoordinatorDies(s, 0); }
Asked F02(Scene& s) {
  return CoordinatorDies(s, 1 + s.Draw(static_cast<std::uint64_t>(s.players - 1)));
}

Asked F03(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  if (s.Chance(50)) {
    auto wanted = static_cast<int>(s.Between(1, 4));
    s.coordinator().bus.refuses = [wanted](const Topic& topic) mutable {
      return Requests(topic) && wanted-- > 0;
    };
    s.Note("the bus refuses some for good");
    s.asks_ended = true;
  } else {
    s.coordinator().bus.fails = Requests;
    s.Note("the bus refuses all");
  }
  s.StartBatch();
  s.LetTimePass();
  return s.Ask(&s.coordinator().coordinator.troubles());
}

Asked F06(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  HistoryFault fault = s.Chance(50) ? HistoryFault::kHangs : HistoryFault::kFails;
  for (auto& worker : s.workers) worker->history.fault = fault;
  s.Note(fault == HistoryFault::kHangs ? "history hangs" : "history fails");
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F07(Scene& s) {
  s.AddNoise(true);
  for (int i = s.Between(1, 3); i > 0; --i) s.broken.insert(Scene::Player(s.Between(0, 7)));
  for (const PlayerId& player : s.broken) {
    s.unknown.erase(player);
    s.fails.erase(player);
  }
  s.Begin();
  s.asks_ended = true;
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F46(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  Slate& slate = s.world.database.slates.begin()->second;
  slate.recent_games = s.Between(20, 50);
  slate.recent_games_with_rows = slate.recent_games * s.Between(0, 75) / 100;
  s.skip_check = true;
  s.asks_ended = true;
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F12(Scene& s) {
  s.AddNoise(true);
  s.world.AddSlate(s.players);
  s.Coordinators("c1");
  s.coordinator().coordinator.Start();
  if (s.Chance(50)) {
    s.Workers();
    for (auto& worker : s.workers) worker->worker.StartPresence();
    s.Note("workers are connected and never pull");
  }
  s.world.loop.Advance(seconds(5));
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F43(Scene& s) {
  s.AddNoise(true);
  s.world.AddSlate(s.players);
  s.Coordinators("c1");
  s.coordinator().coordinator.Start();
  s.Workers("model 'points-7.onnx' has 33 features, this program makes 41");
  s.StartWorkers();
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F13(Scene& s) {
  s.AddNoise(true);
  s.players = s.Between(40, 60);
  s.workers_wanted = s.Between(1, 2);
  s.Begin();
  WorkerProcess& victim = *s.workers.front();
  auto die = [&] {
    victim.loop.Kill();
    s.Note("a worker dies with what it holds");
  };
  switch (s.Draw(3)) {
    case 0: victim.history.on_load = die; break;
    case 1:
      victim.store.fault = [die](const std::string& call) {
        if (call != "Stage") return Fault::kNone;
        die();
        return Fault::kHang;
      };
      break;
    default:
      victim.bus.swallows = [die, n = 0](const Topic& topic) mutable {
        bool dies = Results(topic) && ++n == 2;  // The first one tells of the lease.
        if (dies) die();
        return dies;
      };
  }
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F14(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  unsigned percent = s.Chance(50) ? 100 : static_cast<unsigned>(s.Between(10, 90));
  bool refused = s.Chance(30);
  int lost = 0;
  for (auto& worker : s.workers) {
    if (refused) {
      worker->bus.fails = Results;
    } else {
      worker->bus.loses = [&s, percent, &lost](const Topic& topic, const std::string& body) {
        bool loses = Results(topic) && (s.Chance(percent) || lost == 0);
        bool result = std::holds_alternative<CompletionMessage>(DecodeReady(body).value());
        lost += loses && result ? 1 : 0;
        return loses;
      };
    }
  }
  s.Note(refused ? "the completion topic is misnamed"
                 : fmt::format("{} % of the completions are lost", percent));
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F15(Scene& s) {
  s.AddNoise(false);
  for (int i = s.Between(1, s.players / 2); i > 0; --i) {
    s.unknown.insert(Scene::Player(s.Between(0, s.players - 1)));
  }
  s.Begin();
  s.asks_ended = true;
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F20(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  s.coordinator().bus.loses = [](const Topic& topic, const std::string&) {
    return Requests(topic);
  };
  s.reader_bus.missing = s.Chance(50);
  s.Note("the subscription was deleted");
  s.StartBatch();
  s.LetTimePass();
  return s.Ask();
}

Asked F25(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  s.StartBatch();
  Fault fault = std::array{Fault::kRefused, Fault::kLostRequest}[s.Draw(2)];
  Instant heals = s.world.loop.Now() +
                  (s.asks_ended ? Duration(seconds(s.Between(30, 600))) : Duration(minutes(100)));
  s.coordinator().store.fault = [&s, fault, heals](const std::string& call) {
    bool failing = s.world.loop.Now() < heals && call == "Commit";
    return failing ? fault : Fault::kNone;
  };
  s.Note("commits fail until " + FormatInstant(heals));
  s.LetTimePass();
  return s.Ask(&s.coordinator().coordinator.troubles());
}

Asked F34(Scene& s) {
  s.AddNoise(true);
  s.Begin();
  s.StartBatch();
  bool read_only = s.Chance(50);
  Instant heals = s.world.loop.Now() + minutes(s.asks_ended ? 10 : 100);
  auto fault = [&s, read_only, heals](const std::string& call) {
    bool reads = call.starts_with("Load") || call.starts_with("List") || call.starts_with("Get") ||
                 call.starts_with("Read");
    bool failing = s.world.loop.Now() < heals && !(read_only && reads);
    return failing ? Fault::kRefused : Fault::kNone;
  };
  s.coordinator().store.fault = s.reader.fault = fault;
  for (auto& worker : s.workers) worker->store.fault = fault;
  s.Note(read_only ? "the store is read-only" : "the store is away");
  s.LetTimePass();
  return s.Ask(&s.coordinator().coordinator.troubles());
}

// The sweep hangs on a store call, and what an earlier life left undone stays so.
Asked F31(Scene& s) {
  s.AddNoise(true);
  s.hiccups = false;
  s.Begin();
  s.coordinator().bus.swallows = Requests;
  s.coordinator().bus.swallowed_after = s.Draw(static_cast<std::uint64_t>(s.players));
  s.StartBatch();
  s.world.loop.RunIdle();
  s.KillCoordinator();
  s.Coordinators("c2");
  s.coordinator().store.fault = [](const std::string& call) {
    return call == "ListBatches" ? Fault::kHang : Fault::kNone;
  };
  s.coordinator().coordinator.Start();
  s.Note("another coordinator starts; its sweep hangs");
  if (s.asks_ended) {
    s.world.loop.Advance(s.policy.deadline + seconds(s.Between(90, 900)));
    s.Coordinators("c3");
    s.coordinator().coordinator.Start();
    s.Note("a third coordinator starts");
  }
  s.LetTimePass();
  return s.Ask();
}

struct Fate {
  FaultTruth truth;
  Asked (*meet)(Scene& scene);
};

const std::vector<Fate>& Fates() {
  static const std::vector<Fate> fates{
      {{"F01", Layer::kCoordinator}, F01},    {{"F02", Layer::kCoordinator}, F02},
      {{"F31", Layer::kCoordinator}, F31},    {{"F03", Layer::kBus}, F03},
      {{"F06", Layer::kHistory}, F06},        {{"F07", Layer::kData}, F07},
      {{"F46", Layer::kData}, F46},           {{"F12", Layer::kWorker}, F12},
      {{"F13", Layer::kWorker}, F13},         {{"F43", Layer::kWorker}, F43},
      {{"F14", Layer::kCompletionPath}, F14}, {{"F15", Layer::kNone}, F15},
      {{"F20", Layer::kSubscription}, F20},   {{"F25", Layer::kStore}, F25},
      {{"F34", Layer::kStore}, F34}};
  return fates;
}

}  // namespace

const std::vector<FaultTruth>& FaultTruths() {
  static const std::vector<FaultTruth> truths = [] {
    std::vector<FaultTruth> all;
    for (const Fate& fate : Fates()) all.push_back(fate.truth);
    return all;
  }();
  return truths;
}

Asked AskAbout(const std::string& fault, std::uint64_t seed) {
  auto fate = std::find_if(Fates().begin(), Fates().end(),
                           [&](const Fate& candidate) { return candidate.truth.id == fault; });
  TIPOFF_CHECK(fate != Fates().end(), "no such fault");
  Scene scene(MixText(seed, fault));
  return fate->meet(scene);
}

}  // namespace tipoff
