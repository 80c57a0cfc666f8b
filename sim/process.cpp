#include "sim/process.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/receivers.h"
#include "sim/world.h"

namespace tipoff::sim {

using std::chrono::minutes;
using std::chrono::seconds;

Process::Process(World& world, std::string name, bool coordinates, std::uint64_t number, int lives)
    : world_(world),
      name_(std::move(name)),
      number_(number),
      incarnation_(fmt::format("{}-{}.{}", name_, number, lives)),
      loop_(world.clock, life_),
      store_(world, *this),
      bus_(world, *this),
      history_(world, *this),
      random_(world.faults.Draw(incarnation_.str())) {
  if (auto skew = world.faults.Strike(Site::kClockSkew, Entity("clock"))) {
    Duration by = skew->Between(-minutes(10), minutes(10));
    loop_.SkewWallClock(by);
    world.Tell(name_, fmt::format("its clock is {} s wrong", by / seconds(1)));
  }
  coordinates ? MakeCoordinator() : MakeWorker();
}

Process::~Process() { Kill(); }

void Process::MakeCoordinator() {
  Coordinator::Options options;
  options.process = incarnation_;
  options.sweep.period = world_.sweep_period;
  options.rows_per_chunk = world_.rows_per_chunk;
  for (const char* target : kTargets) {
    options.targets.emplace(target, Receiver(world_, *this, target));
  }
  // In every other world requests bring their history along, if it comes in time.
  if (world_.faults.Pick("prefetch", 2) == 1) options.prefetch.source = &history_;
  coordinator_ = std::make_unique<Coordinator>(loop_, store_, bus_, random_, std::move(options));
  loop_.Post([this] { coordinator_->Start(); });  // Once the world knows it: it may die at once.
}

void Process::MakeWorker() {
  static constexpr std::size_t kHeld[] = {1, 7, 40, 500};
  Worker::Options options;
  options.process = incarnation_;
  options.name = name_;
  options.version = std::string("1");
  options.held_max = kHeld[world_.faults.Pick("held", 4)];
  auto predict = [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
    return world_.Predict(batch, inputs, Entity("predict"));
  };
  worker_ = std::make_unique<Worker>(loop_, store_, bus_, history_, std::move(predict), options);
  loop_.Post([this] { worker_->Start(); });
}

bool Process::Awake() const { return alive() && life_->still_until <= world_.clock.now(); }

std::uint64_t Process::Entity(std::string_view place, std::uint64_t which) const {
  return MixText(Mix(number_, which), place);
}

void Process::Crash(std::string_view call, std::string_view how) {
  if (!alive()) return;
  world_.Tell(name_, fmt::format("dies {} {}", how, call));
  world_.Died(*this);
}

void Process::Kill() { life_->alive = false; }

void Process::StandStill(Duration how_long) {
  life_->still_until = std::max(life_->still_until, world_.clock.now() + how_long);
}

}  // namespace tipoff::sim
