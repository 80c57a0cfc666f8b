#include "sim/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "bus/messages.h"
#include "core/limits.h"
#include "flow/published.h"
#include "sim/askers.h"
#include "sim/callers.h"
#include "sim/operators.h"
#include "sim/probe.h"
#include "sim/process.h"
#include "sim/readers.h"
#include "sim/weather.h"

namespace tipoff::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant kEpoch = Instant::FromMicros(1'736'942'400'000'000);  // 2025-01-15T12:00Z
// A seed that takes more is caught in a circle.
constexpr std::uint64_t kStepsMax = 4'000'000;
constexpr std::size_t kSeatsMax = 12;
// Everything that was promised has come by then; the longest deadline is an hour.
constexpr Duration kHealing = hours(2);

WorldOptions Checked(WorldOptions options) {
  options.limited |= !options.only_faults.empty();
  return options;
}

}  // namespace

World::World(WorldOptions chosen)
    : options(Checked(std::move(chosen))),
      clock(kEpoch),
      faults(options.seed),
      notes{database, sometimes, {}, kEpoch, {}},
      sweep_period(seconds(faults.Pick("sweep period", 2) == 0 ? 5 : 12)),
      rows_per_chunk(faults.Pick("chunk", 4) == 0 ? 7 : limits::kRowsPerChunk),
      stays_(faults.Pick("healed in place", 2) == 0),
      at_once_(clock),
      server(database, at_once_),
      started_at_(kEpoch),
      checkers_(MakeCheckers(notes)) {
  if (options.limited) faults.AllowOnly(options.only_faults);
}

World::~World() = default;

void World::Run() {
  PanicCapture panics;
  LogCapture log(
      [this](Severity severity, std::string_view message, std::initializer_list<LogField> fields) {
        if (message.starts_with("a commit was given up")) sometimes.Saw("commit given up");
        if (message == "publishing is held up") sometimes.Saw("publishing held up");
        if (!telling() || severity < Severity::kWarning) return;
        Tell("  log", FormatLogLine(LogFormat::kText, severity, {}, message, fields));
      });
  try {
    static constexpr Duration kTrouble[] = {minutes(1), minutes(3), minutes(8), minutes(20)};
    Duration trouble = kTrouble[faults.Pick("trouble", 4)];
    std::uint64_t coordinators = 1 + faults.Pick("coordinators", 3);
    std::uint64_t workers = 1 + faults.Pick("workers", 3);
    for (std::uint64_t i = 1; i <= coordinators; ++i) {
      seats_.push_back({fmt::format("c{}", i), true});
    }
    for (std::uint64_t i = 1; i <= workers; ++i) seats_.push_back({fmt::format("w{}", i), false});
    processes_.resize(seats_.size());
    callers_ = std::make_unique<Callers>(*this, trouble);
    operators_ = std::make_unique<Operators>(*this, *callers_);
    askers_ = std::make_unique<Askers>(*this);
    readers_ = std::make_unique<Readers>(*this);
    weather_ = std::make_unique<Weather>(*this);
    bool no_workers = faults.Strike(Site::kNoWorkers, 0).has_value();
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      if (seats_[i].coordinates || !no_workers) StartProcess(i);
      if (!seats_[i].coordinates && no_workers) Blame(Layer::kWorker, trouble + seconds(2));
    }
    RunUntil(clock.now() + trouble, true);
    if (!notes.violations.empty()) return;
    Heal();
    RunUntil(clock.now() + kHealing, true);
    if (!notes.violations.empty()) return;
    if (!Quiet()) notes.Violated("10 every state has an owner", "something never came to rest");
    if (stays_) {
      Probe(*this);
      RunUntil(clock.now() + minutes(30), true);
      if (!notes.violations.empty()) return;
      if (!Quiet()) notes.Violated("10 every state has an owner", "something never came to rest");
    }
    ReadPublished();
    askers_->AskAtEnd();
    EachChecker([&](Checker& checker) { checker.AtEnd(clock.now()); });
  } catch (const CaughtPanic& panic) {
    notes.Violated("0 no invariant is broken", panic.what());
  }
}

void World::RunUntil(Instant until, bool until_quiet) {
  Instant look_at = clock.now() + seconds(5);
  while (notes.violations.empty()) {
    if (until_quiet && clock.now() >= look_at) {
      look_at = clock.now() + seconds(1);
      if (callers_->done() && Quiet()) return;
    }
    if (!clock.Step(until)) return;
    if (clock.steps() > kStepsMax) {
      notes.Violated("10 every state has an owner", "the world goes round in a circle");
    }
  }
}

bool World::Quiet() const {
  if (!callers_->done()) return false;
  for (const auto& [number, stored] : database.batches()) {
    if (!IsTerminal(stored.batch.phase) || stored.batch.rows_open_at_end > 0) return false;
  }
  for (const auto& [id, announcement] : database.announcements) {
    if (announcement.sent_at.never() && !announcement.dead) return false;
  }
  for (Topic::Kind kind :
       {Topic::Kind::kRequests, Topic::Kind::kCompletions, Topic::Kind::kDeadLetters}) {
    if (!broker.NextDue({kind, ""}).never()) return false;
  }
  return true;
}

void World::Heal() {
  Tell("world", stays_ ? "is healed: no fault strikes any more, the dead are started again"
                       : "is healed: no fault strikes any more, every process is started again");
  faults.Heal();
  store_down_until_ = {};
  subscription_gone_until_.clear();
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    bool goes_on = stays_ && !seats_[i].twin && processes_[i] != nullptr && processes_[i]->Awake();
    if (goes_on) continue;
    processes_[i].reset();
    Blame(seats_[i].coordinates ? Layer::kCoordinator : Layer::kWorker, seconds(2));
    if (seats_[i].twin) continue;
    clock.After(faults.Latency(Mix(i, 0x4ea1), milliseconds(1), seconds(2)),
                [this, i] { StartProcess(i); });
  }
  // What is under way now may still come to nothing, or be applied late.
  notes.healed_at = clock.now() + (stays_ ? seconds(45) : seconds(2));
  notes.untroubled_since = notes.healed_at;
}

void World::StartProcess(std::size_t seat) {
  Seat& place = seats_[seat];
  ++place.lives;
  if (place.lives > 1) Tell(place.name, "is started again");
  processes_[seat] =
      std::make_unique<Process>(*this, place.name, place.coordinates, seat, place.lives);
}

void World::Died(Process& process) {
  process.Kill();
  Troubled();
  std::size_t seat = 0;
  while (processes_[seat].get() != &process) ++seat;
  clock.After({}, [this, seat, life = process.life()] {
    // Not while one of its own functions still runs.
    if (processes_[seat] != nullptr && processes_[seat]->life() == life) processes_[seat].reset();
  });
  if (seats_[seat].twin) return;
  Duration after = faults.Latency(process.Entity("restart"), milliseconds(50), minutes(1));
  Blame(seats_[seat].coordinates ? Layer::kCoordinator : Layer::kWorker, after);
  clock.After(after, [this, seat] {
    if (processes_[seat] == nullptr && !faults.healed()) StartProcess(seat);
  });
}

void World::StartTwin(const Process& process) {
  if (seats_.size() >= kSeatsMax) return;
  bool coordinates = const_cast<Process&>(process).coordinator() != nullptr;
  seats_.push_back({process.name(), coordinates, true});
  processes_.emplace_back();
  Tell(process.name(), "has a second instance started beside it");
  StartProcess(seats_.size() - 1);
}

std::pair<Process*, Process*> World::LeaveOnly(std::uint64_t choice) {
  std::pair<Process*, Process*> left{nullptr, nullptr};
  for (bool coordinates : {true, false}) {
    std::vector<std::size_t> seats;
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      bool there = processes_[i] != nullptr && processes_[i]->Awake();
      if (there && seats_[i].coordinates == coordinates) seats.push_back(i);
    }
    if (seats.empty()) continue;
    std::size_t chosen = seats[choice % seats.size()];
    for (std::size_t i : seats) {
      if (i == chosen) continue;
      processes_[i].reset();
      Blame(coordinates ? Layer::kCoordinator : Layer::kWorker, hours(1));
    }
    (coordinates ? left.first : left.second) = processes_[chosen].get();
  }
  return left;
}

void World::StoreDownFor(Duration how_long) {
  store_down_until_ = clock.now() + how_long;
  notes.untroubled_since = std::max(notes.untroubled_since, store_down_until_);
  Tell("store", "is down for " + FormatDuration(how_long));
}

void World::DeleteSubscription(const Topic& topic, Duration for_how_long) {
  subscription_gone_until_[topic] = clock.now() + for_how_long;
  broker.Drop(topic);
  Blame(topic.kind == Topic::Kind::kRequests ? Layer::kSubscription : Layer::kCompletionPath,
        for_how_long);
  Tell("bus", fmt::format("loses its subscription of {} for {}", ToString(topic),
                          FormatDuration(for_how_long)));
}

bool World::SubscriptionGone(const Topic& topic) const {
  auto found = subscription_gone_until_.find(topic);
  return found != subscription_gone_until_.end() && found->second > clock.now();
}

Process* World::AwakeCoordinator(std::uint64_t choice) {
  std::vector<Process*> awake;
  for (const auto& process : processes_) {
    if (process != nullptr && process->coordinator() != nullptr && process->Awake()) {
      awake.push_back(process.get());
    }
  }
  return awake.empty() ? nullptr : awake[choice % awake.size()];
}

// --- the checkers' eyes -------------------------------------------------------------------------

template <class Call>
void World::EachChecker(Call call) {
  for (const auto& checker : checkers_) call(*checker);
}

void World::Look(const Fault& fault) {
  sometimes.Saw(fault.site);
  bool hinders = fault.site <= Site::kStoreOutage || fault.site == Site::kCrashBefore ||
                 fault.site == Site::kCrashAfter || fault.site == Site::kCrash ||
                 fault.site == Site::kPause;
  Duration until = fault.site == Site::kStoreSilent ? limits::kWatchTime : Duration(0);
  if (hinders) notes.untroubled_since = std::max(notes.untroubled_since, clock.now() + until);
}

void World::Committed(const BatchCommit& commit, const std::string& who) {
  while (faults_seen_ < faults.struck().size()) Look(faults.struck()[faults_seen_++]);
  trace_ = MixText(trace_, commit.next.journal_hash);
  if (telling()) {
    auto entry = DecodeJournal(commit.journal);
    const Counts& counts = commit.next.counts;
    Tell(who, fmt::format("commits {} v{}: {} -> {}{}, {} of {} done, {} open",
                          commit.next.id.str(), commit.next.version,
                          entry.ok() ? fmt::join(entry->events, ", ")
                                     : fmt::join(std::vector<std::string>{}, ""),
                          ToString(commit.next.phase),
                          commit.next.reason == Reason::kNone
                              ? ""
                              : fmt::format(" ({})", ToString(commit.next.reason)),
                          counts.done(), counts.expected(), counts.open()));
  }
  EachChecker([&](Checker& checker) { checker.OnCommit(commit, clock.now(), who); });
  operators_->OnCommit(commit.next);
  readers_->OnCommit(commit.next);
  askers_->OnCommit(commit.next);
  weather_->OnCommit(commit.next);
}

void World::Staged(const StagedResult& result, bool first) {
  if (!first) sometimes.Saw("request staged twice");
  EachChecker([&](Checker& checker) { checker.OnStaged(result, first); });
}

void World::Leased(const std::string& name, const Incarnation& owner, const LeaseGrant& grant,
                   const std::string& who) {
  EachChecker([&](Checker& checker) { checker.OnLease(name, owner, grant, clock.now(), who); });
}

void World::Acked(const Topic& topic, const std::string& body, const std::string& who) {
  EachChecker([&](Checker& checker) { checker.OnAcked(topic, body, who); });
}

void World::Announced(const Batch& batch, const Announcement& announcement) {
  if (telling()) {
    Tell(announcement.target, fmt::format("hears that {} is {} ({})", batch.id.str(),
                                          ToString(batch.phase), ToString(batch.reason)));
  }
  EachChecker([&](Checker& checker) { checker.OnAnnounced(batch, announcement, clock.now()); });
}

void World::Started(const StartRequest& request, const StartOutcome& outcome, Instant asked_at) {
  EachChecker([&](Checker& checker) { checker.OnStarted(request, outcome, asked_at); });
}

void World::Read(const Batch& batch, Instant asked_at) {
  EachChecker([&](Checker& checker) { checker.OnRead(batch, asked_at); });
}

void World::Ordered(const BatchId& batch) {
  EachChecker([&](Checker& checker) { checker.OnOrder(batch); });
}

void World::Why(const Facts& facts, const Diagnosis& diagnosis, Instant asked_at) {
  EachChecker([&](Checker& checker) { checker.OnWhy(facts, diagnosis, asked_at); });
}

void World::Blame(Layer layer, Duration how_long, const BatchId& batch) {
  Instant now = clock.now();
  EachChecker([&](Checker& checker) { checker.OnFault(layer, batch, now, now + how_long); });
}

// A message that does not arrive, or not in time, is its way's fault.
void World::BlameWay(const Topic& topic, const std::string& body, Duration how_long) {
  if (topic.kind != Topic::Kind::kRequests) return Blame(Layer::kCompletionPath, how_long);
  auto work = DecodeWork(body);
  auto* request = work.ok() ? std::get_if<RequestMessage>(&*work) : nullptr;
  if (request == nullptr) return;
  Blame(Layer::kBus, how_long, request->batch);
  Blame(Layer::kSubscription, how_long, request->batch);
}

std::string World::Publish(const Topic& topic, const std::string& body, std::uint64_t entity) {
  if (topic.kind == Topic::Kind::kRequests && faults.Strike(Site::kMessageRefused, entity)) {
    EachChecker([&](Checker& checker) { checker.OnRefused(topic, body); });
    BlameWay(topic, body, {});
    return "refused for good by the bus";
  }
  bool gone = SubscriptionGone(topic);
  bool lost = gone || faults.Strike(Site::kMessageLost, entity).has_value();
  if (lost && !gone) Tell("bus", "loses a message of " + ToString(topic));
  EachChecker([&](Checker& checker) { checker.OnPublished(topic, body, lost); });
  if (lost) BlameWay(topic, body, hours(1));  // Until it is published again.
  if (lost) return "";
  Duration delay{};
  if (auto late = faults.Strike(Site::kMessageLate, entity)) {
    delay = late->Pick(4) == 0 ? late->Between(seconds(30), minutes(10))
                               : late->Between(milliseconds(1), seconds(30));
    BlameWay(topic, body, delay);
    Tell("bus",
         fmt::format("is late by {} with a message of {}", FormatDuration(delay), ToString(topic)));
  }
  std::string refusal = broker.Publish(topic, body, clock.now(), delay);
  if (auto repeated = faults.Strike(Site::kMessageRepeated, entity)) {
    for (std::uint64_t i = 0; i <= repeated->Pick(3); ++i) {
      Duration after = repeated->Between(milliseconds(1), minutes(i == 2 ? 8 : 1));
      broker.Publish(topic, body, clock.now(), after);
    }
  }
  return refusal;
}

bool World::HasPlayed(const PlayerId& player) const {
  return faults.Draw("has played", MixText(0, player.str())) % 12 != 0;
}

std::vector<PredictedRequest> World::Predict(const BatchId& batch,
                                             std::span<const PredictionInput> inputs,
                                             std::uint64_t entity) {
  std::vector<PredictedRequest> predicted;
  for (const PredictionInput& input : inputs) {
    const PlayerId& player = input.request->player;
    std::uint64_t who = MixText(0, player.str());
    // Some players can't be predicted at all; on some days nobody can.
    std::uint64_t one_in = faults.Pick("all cursed", 6) == 0 ? 1 : 15;
    bool cursed = faults.On(Site::kPredictorThrows) && faults.Pick("cursed", one_in, who) == 0;
    if (cursed || faults.Strike(Site::kPredictorThrows, Mix(entity, who))) {
      Blame(Layer::kWorker);
      throw std::runtime_error("the model can't predict him");
    }
    if (input.history->games.empty() == HasPlayed(player)) {
      notes.Violated("9 unknown is not empty",
                     fmt::format("{} is predicted from a history that is not his", player.str()));
    }
    PredictedRequest& one = predicted.emplace_back();
    if (input.history->games.empty()) {
      one.status = RequestState::kSkipped;
      one.reason = "NoHistory";
      continue;
    }
    for (std::uint64_t i = 0; i <= who % 2; ++i) {
      Prediction& prediction = one.predictions.emplace_back();
      prediction.system = i == 0 ? "first" : "second";
      prediction.predicted_points = 20;
      prediction.prediction_id =
          MakePredictionId(batch, *input.request, prediction.stat, prediction.system, {});
    }
  }
  return predicted;
}

void World::ReadPublished() {
  std::set<Slot> slots;
  for (const auto& [number, stored] : database.batches()) slots.insert(stored.batch.slot);
  Process* process = AwakeCoordinator(0);
  if (process == nullptr) return;
  for (const Slot& slot : slots) {
    std::optional<std::vector<SeenPlayer>> seen;
    ListPublished(process->store(), slot, [&](Result<std::vector<PublishedPlayer>> published) {
      seen.emplace();
      if (!published.ok()) return;
      for (const PublishedPlayer& player : *published) {
        seen->push_back({player.spec.player, player.batch, player.publication, player.skipped,
                         player.predictions.size()});
      }
    });
    Instant until = clock.now() + minutes(1);
    while (!seen && clock.Step(until)) {
    }
    if (!seen) return notes.Violated("11 readers see the newest", "reading is not answered");
    EachChecker([&](Checker& checker) { checker.OnPublishedRead(slot, *seen); });
  }
}

void World::Tell(const std::string& who, const std::string& what) {
  if (!options.tell) return;
  std::int64_t millis = lived() / milliseconds(1);
  story_.push_back(fmt::format("{:>3}:{:02}.{:03}  {:<9} {}", millis / 60'000, millis / 1000 % 60,
                               millis % 1000, who, what));
}

void World::Trace(std::uint64_t where, std::uint64_t what) {
  trace_ = Mix(trace_, Mix(where, Mix(what, static_cast<std::uint64_t>(clock.now().micros()))));
}

}  // namespace tipoff::sim
