// `make why-matrix`: what `why` answers against the truth, over many seeds of each fault.
//   why_matrix [SEEDS] [FAULT]     with FAULT every wrong answer is told with its story
#include <fmt/format.h>

#include <cstdlib>
#include <map>
#include <string>

#include "base/log.h"
#include "matrix/fault_world.h"

namespace tipoff {
namespace {

constexpr double kWanted = 95;

struct Tally {
  std::map<Layer, std::map<Layer, int>> answers;        // Truth, then answer.
  std::map<std::string, std::pair<int, int>> by_fault;  // Right, all.
  int right = 0, all = 0;
};

void Tell(const Tally& tally) {
  fmt::print("{:<16}", "truth \\ answer");
  for (int i = 0; i < kLayers; ++i) fmt::print("{:>16}", ToString(static_cast<Layer>(i)));
  fmt::print("\n");
  for (const auto& [truth, answers] : tally.answers) {
    fmt::print("{:<16}", ToString(truth));
    for (int i = 0; i < kLayers; ++i) {
      auto found = answers.find(static_cast<Layer>(i));
      fmt::print("{:>16}", found == answers.end() ? "." : std::to_string(found->second));
    }
    fmt::print("\n");
  }
  fmt::print("\n");
  for (const auto& [fault, score] : tally.by_fault) {
    fmt::print("{} {:>3} of {}\n", fault, score.first, score.second);
  }
}

int Run(int seeds, const std::string& only) {
  Tally tally;
  for (const FaultTruth& truth : FaultTruths()) {
    if (!only.empty() && truth.id != only) continue;
    for (int seed = 1; seed <= seeds; ++seed) {
      Asked asked = AskAbout(truth.id, static_cast<std::uint64_t>(seed));
      bool right = asked.diagnosis.layer == truth.layer;
      ++tally.answers[truth.layer][asked.diagnosis.layer];
      tally.by_fault[truth.id].first += right ? 1 : 0;
      ++tally.by_fault[truth.id].second;
      tally.right += right ? 1 : 0;
      ++tally.all;
      if (right) continue;
      fmt::print("{} seed {}: {}: {}\n", truth.id, seed, ToString(asked.diagnosis.layer),
                 asked.diagnosis.sentence);
      if (only.empty()) continue;
      fmt::print("{}", asked.story);
      for (const Evidence& e : asked.diagnosis.evidence) fmt::print("  {}: {}\n", e.name, e.detail);
    }
  }
  Tell(tally);
  double percent = tally.all == 0 ? 0 : 100.0 * tally.right / tally.all;
  fmt::print("\n{} of {} right: {:.1f} % ({:.0f} % are wanted)\n", tally.right, tally.all, percent,
             kWanted);
  return percent >= kWanted ? 0 : 1;
}

}  // namespace
}  // namespace tipoff

int main(int argc, char** argv) {
  tipoff::ConfigureLog(tipoff::Severity::kError, tipoff::LogFormat::kText);
  int seeds = argc > 1 ? std::atoi(argv[1]) : 20;
  return tipoff::Run(seeds, argc > 2 ? argv[2] : "");
}
