#include "sim/faults.h"

#include <array>

#include "base/random.h"

namespace tipoff::sim {
namespace {

struct SiteRow {
  std::string_view name;
  std::uint32_t per_million;  // Of a seed of middling strength, at each time somebody comes by.
};

constexpr std::array<SiteRow, kSites> kTable{{
    {"store refuses", 20'000},
    {"store loses a request", 15'000},
    {"store loses an answer", 15'000},
    {"store applies late", 5'000},
    {"store is slow", 15'000},
    {"store never answers", 4'000},
    {"store outage", 15'000},
    {"bus refuses", 20'000},
    {"bus loses an answer", 15'000},
    {"bus is slow", 15'000},
    {"bus never answers", 6'000},
    {"message refused for good", 10'000},
    {"message lost", 30'000},
    {"message repeated", 50'000},
    {"message late", 50'000},
    {"foreign message", 60'000},
    {"subscription deleted", 10'000},
    {"history fails", 60'000},
    {"history hangs", 40'000},
    {"history is slow", 60'000},
    {"history answers for others", 30'000},
    {"crash before a call", 2'000},
    {"crash after a call", 2'000},
    {"crash", 15'000},
    {"pause", 15'000},
    {"second instance", 500'000},
    {"clock skew", 500'000},
    {"clock step", 30'000},
    {"no workers", 100'000},
    {"predictor throws", 30'000},
    {"receiver fails", 150'000},
    {"receiver's answer is lost", 100'000},
    {"receiver is slow", 100'000},
    {"operator cancels", 4'000},
    {"operator clears", 4'000},
    {"operator finishes", 4'000},
    {"operator patches", 15'000},
    {"operator checks for a stall", 15'000},
    {"operator retries", 300'000},
    {"forced start", 15'000},
    {"caller repeats a start", 300'000},
    {"caller starts twice", 300'000},
}};

constexpr std::array<std::uint32_t, 6> kStrengthPercent{15, 40, 100, 100, 250, 600};

std::uint64_t Place(Site site, std::uint64_t entity) {
  return Mix(entity, 0x5173u + static_cast<std::uint64_t>(site));
}

}  // namespace

std::string_view ToString(Site site) { return kTable[static_cast<std::size_t>(site)].name; }

Duration Fault::Between(Duration least, Duration most) const {
  auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration(static_cast<std::int64_t>(Mix(bits, 0x77) % span));
}

std::uint64_t Fault::Pick(std::uint64_t n, std::uint64_t salt) const {
  return Mix(bits, 0x1000 + salt) % n;
}

Faults::Faults(std::uint64_t seed) : seed_(Mix(seed, 0x7170)) {
  // Calm seeds show that nothing goes wrong by itself; in the others each site is on or off.
  if (Draw("calm") % 16 == 0) return;
  // A few seeds have nearly everything, most have some.
  std::uint64_t on_percent = 15 + Draw("swarm") % 60;
  for (std::uint64_t i = 0; i < kSites; ++i) {
    if (Draw("site is on", i) % 100 >= on_percent) continue;
    std::uint64_t strength = kStrengthPercent[Draw("strength", i) % kStrengthPercent.size()];
    std::uint64_t chance = kTable[i].per_million * strength / 100;
    per_million_[i] = static_cast<std::uint32_t>(chance < 900'000 ? chance : 900'000);
  }
}

std::optional<Fault> Faults::Strike(Site site, std::uint64_t entity) {
  std::uint32_t chance = per_million_[static_cast<std::size_t>(site)];
  if (chance == 0 || healed_) return std::nullopt;
  std::uint64_t place = Place(site, entity);
  std::uint64_t key = Mix(place, Count(place));
  std::uint64_t bits = Mix(seed_, key);
  if (bits % 1'000'000 >= chance) return std::nullopt;
  if (allowed_ && !allowed_->contains(key)) return std::nullopt;
  return struck_.emplace_back(Fault{key, site, bits});
}

Duration Faults::Latency(std::uint64_t entity, Duration least, Duration most) {
  std::uint64_t place = Mix(entity, 0x1a7e);
  auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  std::uint64_t bits = Mix(seed_, Mix(place, Count(place)));
  return least + Duration(static_cast<std::int64_t>(bits % span));
}

std::uint64_t Faults::Draw(std::string_view what, std::uint64_t entity) const {
  return Mix(seed_, MixText(entity, what));
}

}  // namespace tipoff::sim
