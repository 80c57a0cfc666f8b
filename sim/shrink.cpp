#include "sim/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tipoff::sim {
namespace {

class Shrinker {
 public:
  Shrinker(const SeedResult& found, int runs_max)
      : law_(found.violations.front().law), runs_max_(runs_max) {
    best_.seed = found.seed;
    best_.limited = true;
    for (const Fault& fault : found.struck) best_.only_faults.insert(fault.key);
  }

  Shrunk Run() {
    FewerFaults();
    Fewer(&WorldOptions::batches_max, {1, 2});
    Fewer(&WorldOptions::requests_max, {1, 2, 3, 5, 9, 17, 33});
    FewerFaults();
    best_.tell = true;
    Shrunk shrunk;
    shrunk.options = best_;
    shrunk.result = RunSeed(best_);
    shrunk.runs = runs_;
    return shrunk;
  }

 private:
  bool Violates(const WorldOptions& options) {
    if (runs_ >= runs_max_) return false;
    ++runs_;
    SeedResult result = RunSeed(options);
    if (result.violations.empty() || result.violations.front().law != law_) return false;
    // What did not strike this time is not needed.
    best_ = options;
    best_.only_faults.clear();
    for (const Fault& fault : result.struck) best_.only_faults.insert(fault.key);
    return true;
  }

  // Leaves out ever smaller parts of the faults, for as long as it is violated without them.
  void FewerFaults() {
    for (std::size_t parts = 2; runs_ < runs_max_ && !best_.only_faults.empty();) {
      std::vector<std::uint64_t> keys(best_.only_faults.begin(), best_.only_faults.end());
      std::size_t size = std::max<std::size_t>(1, keys.size() / parts);
      bool less = false;
      for (std::size_t from = 0; from < keys.size() && !less; from += size) {
        WorldOptions fewer = best_;
        for (std::size_t i = from; i < std::min(from + size, keys.size()); ++i) {
          fewer.only_faults.erase(keys[i]);
        }
        less = Violates(fewer);
      }
      if (less) {
        parts = std::max<std::size_t>(2, parts - 1);
      } else if (size == 1) {
        return;
      } else {
        parts *= 2;
      }
    }
  }

  void Fewer(int WorldOptions::*what, std::initializer_list<int> from_least) {
    for (int n : from_least) {
      WorldOptions fewer = best_;
      fewer.*what = n;
      if (Violates(fewer)) return;
    }
  }

  std::string law_;
  int runs_max_;
  int runs_ = 0;
  WorldOptions best_;
};

}  // namespace

Shrunk Shrink(const SeedResult& found, int runs_max) { return Shrinker(found, runs_max).Run(); }

std::string Story(const Shrunk& shrunk, std::size_t lines_max) {
  const SeedResult& result = shrunk.result;
  std::string text;
  for (const Violation& violation : result.violations) {
    text += fmt::format("law {}: {}\n", violation.law, violation.what);
  }
  std::map<std::string_view, int> faults;
  for (const Fault& fault : result.struck) ++faults[ToString(fault.site)];
  text += fmt::format("with {} faults:", result.struck.size());
  for (const auto& [name, times] : faults) text += fmt::format(" {} x {};", times, name);
  text += '\n';
  std::size_t skipped = result.story.size() > lines_max ? result.story.size() - lines_max : 0;
  if (skipped > 0) text += fmt::format("... {} lines before\n", skipped);
  for (std::size_t i = skipped; i < result.story.size(); ++i) text += result.story[i] + '\n';
  return text;
}

}  // namespace tipoff::sim
