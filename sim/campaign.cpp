#include "sim/campaign.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "sim/shrink.h"

namespace tipoff::sim {
namespace {

constexpr std::size_t kStoryLines = 400;

// What one thread has found.
struct Part {
  std::uint64_t seeds = 0;
  Duration lived{};
  std::uint64_t trace = 0;
  Sometimes sometimes;
  std::vector<SeedResult> bad;
};

}  // namespace

CampaignResult RunCampaign(const CampaignOptions& options,
                           const std::function<void(std::uint64_t done)>& on_progress) {
  std::atomic<std::uint64_t> next{0}, done{0}, bad{0};
  unsigned jobs = std::max(1u, options.jobs);
  std::vector<Part> parts(jobs);
  auto work = [&](Part& part, const std::function<void()>& after_each) {
    while (bad < options.violations_max && options.go_on()) {
      std::uint64_t index = next++;
      if (index >= options.count) return;
      WorldOptions world;
      world.seed = options.first_seed + index;
      SeedResult result = RunSeed(world);
      ++part.seeds;
      part.lived += result.lived;
      part.trace += Mix(result.seed, result.trace);
      part.sometimes.Add(result.sometimes);
      if (!result.violations.empty()) {
        ++bad;
        part.bad.push_back(std::move(result));
      }
      ++done;
      after_each();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < jobs; ++i) {
    others.emplace_back([&, i] { work(parts[i], [] {}); });
  }
  work(parts[0], [&] { on_progress(done); });
  for (std::thread& other : others) other.join();

  CampaignResult result;
  std::vector<SeedResult> found;
  Duration lived{};
  for (Part& part : parts) {
    result.seeds_run += part.seeds;
    result.trace += part.trace;
    result.sometimes.Add(part.sometimes);
    lived += part.lived;
    std::move(part.bad.begin(), part.bad.end(), std::back_inserter(found));
  }
  result.simulated_days = static_cast<double>(lived / std::chrono::seconds(1)) / 86'400.0;
  std::sort(found.begin(), found.end(),
            [](const SeedResult& a, const SeedResult& b) { return a.seed < b.seed; });
  for (const SeedResult& seed : found) {
    std::string law = seed.violations.front().law;
    result.violations.push_back(
        {seed.seed, law, Story(Shrink(seed, options.shrink_runs), kStoryLines)});
  }
  return result;
}

}  // namespace tipoff::sim
