// Where history comes from in this process, and who loads it: the only place that names sources.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "app/command.h"
#include "flow/relay.h"
#include "history/delayed_history.h"
#include "history/loader.h"

namespace CLI {
class App;
}

namespace tipoff {

// Makes the source that is configured, for a loop that outlives it. Any thread.
using HistorySources = std::function<std::unique_ptr<History>(Loop& loop)>;
HistorySources HistorySourcesFrom(const Globals& globals);
// Whether it is another machine's: each query is a round trip then.
bool HistoryIsRemote(const Config& config);

HistoryRules HistoryRulesFrom(const Config& config);

// Whether the coordinator loads ahead for the workers, and how.
struct PrefetchPlan {
  bool on = false;
  HistoryRules rules;
  Duration wait_max = std::chrono::seconds(2);
  Duration delay{0};  // Of the coordinator's source alone, to show that nothing waits for it.
};
// `delay`: of --history-delay; with it there is a prefetch in any case.
PrefetchPlan PrefetchPlanFrom(const Config& config, std::optional<Duration> delay = std::nullopt);

// A coordinator's source, delayed where the plan says so.
class PrefetchSource {
 public:
  // Both must outlive this.
  PrefetchSource(Loop& loop, History& source, const PrefetchPlan& plan)
      : delayed_(loop, source, {.delay = plan.delay}), source_(source), plan_(plan) {}

  Relay::Prefetch ForRelay();

 private:
  DelayedHistory delayed_;
  History& source_;
  PrefetchPlan plan_;
};

// Declares --history-delay.
void AddHistoryDelay(CLI::App& command, std::optional<Duration>& delay);

}  // namespace tipoff
