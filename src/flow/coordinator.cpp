#include "flow/coordinator.h"

namespace tipoff {
namespace {

constexpr auto kIdleLook = std::chrono::milliseconds(10);

std::vector<std::string> Names(const std::map<std::string, Announce>& targets) {
  std::vector<std::string> names;
  for (const auto& [name, send] : targets) names.push_back(name);
  return names;
}

}  // namespace

Coordinator::Coordinator(Loop& loop, Store& store, Bus& bus, Random& random, Options options)
    : loop_(loop),
      troubles_(loop, store, options.process.str()),
      driver_(loop, store, random, troubles_, {options.process.str(), Names(options.targets)}),
      relay_(loop, store, bus, driver_, random, troubles_, options.prefetch),
      intake_(loop, store, bus, driver_, troubles_, options.process),
      fan_in_(loop, store, driver_),
      sweep_(loop, store, driver_, fan_in_, options.process, options.sweep),
      announcer_(loop, store, random, std::move(options.targets)),
      canary_(loop, store, bus, random, options.process, options.canary),
      starter_(loop, store, driver_, random, options.rows_per_chunk),
      standing_(loop, store, troubles_, options.process.str(),
                [this] { return sweep_.standing().swept_age; }) {
  driver_.OnEffects([this](const Batch& batch, const Effects& effects) { SeeTo(batch, effects); });
}

void Coordinator::Start() {
  intake_.Start();
  sweep_.Start();
  announcer_.Start();
  canary_.Start();
  standing_.Start();
}

void Coordinator::Stop(std::function<void()> stopped) {
  standing_.Stop();
  sweep_.Stop([this, stopped = std::move(stopped)] { intake_.Stop(stopped); });
}

void Coordinator::SweepNow(Duration limit, std::function<void(Status)> done) {
  sweep_.SweepNow([this, give_up = loop_.Steady() + limit, done](Status swept) {
    WhenIdle(give_up, [swept, done] { done(swept); });
  });
}

void Coordinator::WhenIdle(Duration give_up, std::function<void()> done) {
  if (idle() || loop_.Steady() >= give_up) return done();
  idle_timer_ = loop_.After(kIdleLook, [this, give_up, done] { WhenIdle(give_up, done); });
}

void Coordinator::SeeTo(const Batch& batch, const Effects& effects) {
  if (effects.announce && on_end_) on_end_(batch);
  if (effects.relay) relay_.Kick(batch);
  if (effects.finalize) fan_in_.Finalize(batch.id);
  if (effects.redrive) sweep_.Redrive(batch.id);
  if (effects.settle) fan_in_.Settle(batch.id);
  if (effects.announce) announcer_.Kick();
}

}  // namespace tipoff
