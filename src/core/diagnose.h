// Why a batch is as it is: which layer is at fault, from recorded facts about the batch and what
// surrounds it. Pure: asked about the past with the facts of then, the answer is that of then.
//
// A request goes recorded -> published -> leased -> reported (its result is staged) -> counted.
// The first hop with inflow and no outflow is the layer at fault; errors that were recorded, who
// was there to work, and what lies on the bus refine that.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch.h"

namespace tipoff {

enum class Layer : std::uint8_t {
  kNone,
  kCoordinator,
  kStore,
  kHistory,
  kBus,
  kSubscription,
  kWorker,
  kCompletionPath,
  kData,
};
inline constexpr int kLayers = 9;

// "completion path".
std::string_view ToString(Layer layer);
Result<Layer> ParseLayer(std::string_view text);

// The kind of messages that nobody could use: worth telling, no reason to blame a layer.
inline constexpr char kQuarantinedTrouble[] = "quarantined";

// The kind of what holds up or costs the coordinator its prefetch of history. Workers load for
// themselves then, so that it is at fault only while requests wait for it.
inline constexpr char kPrefetchTrouble[] = "prefetch";

// Errors of one kind in one layer, as one process met them over a while.
struct Trouble {
  Layer layer = Layer::kNone;
  std::string kind;  // "refused", "timeout", ...: few, and the same for the same cause.
  std::string process;
  Instant first_at;
  Instant last_at;
  std::uint64_t count = 0;
  std::string message;  // The last one.
  BatchId batch;        // Empty: not of one batch.

  friend bool operator==(const Trouble&, const Trouble&) = default;
};

// A process that was seen: by what it writes about itself every few seconds.
struct Sighting {
  std::string name;
  Instant started_at;
  Instant seen_at;     // The last time.
  Instant stopped_at;  // never: it did not say that it stops.
};

struct WorkerSighting : Sighting {
  std::string group;
  std::string version;
  Instant asked_at;     // When the bus last answered it.
  std::string refusal;  // Why it takes no work.
  bool is_ours = true;  // False: it works through the lease API, and only says so when it asks.
  std::uint64_t held = 0;
};

struct CoordinatorSighting : Sighting {
  Instant swept_at;  // When it last knew that a sweep had gone through, its own or another's.
};

// What lies on a topic; unknown is not 0.
struct BacklogFact {
  enum class State : std::uint8_t {
    kUnknown,
    kKnown,
    kMissing
  };
  State state = State::kUnknown;
  std::uint64_t waiting = 0;
  std::uint64_t leased = 0;
  Instant oldest;
  std::string problem;  // Why it is not known.
};

// How many requests got past a hop, and how many of them have not got past the next one.
struct HopFact {
  std::optional<std::uint32_t> count;
  std::uint32_t waiting = 0;
  Instant oldest_waiting;  // Since when the one waits that waits longest.
};

// Everything that is known about one batch at one instant. `batch` has the phase, counts and times
// of that instant, not of now.
struct Facts {
  Instant at;
  bool past = false;          // `at` lies in the past: what lies on the bus is unknown.
  std::string store_problem;  // Not empty: the store can't be read, and most of this is empty.
  std::string write_problem;  // Not empty: the store can be read but not written.

  Batch batch;
  // Below what a start demands: how complete the data were when it was started all the same.
  std::optional<double> data_percent;

  HopFact recorded, published, leased, reported, counted;
  std::uint32_t reconciled = 0;  // Counted because the sweep found them staged.
  std::uint32_t refused = 0;     // Not delivered because the bus refused them for good.
  Duration standstill{0};        // The longest time without progress.
  std::map<std::string, std::uint32_t> skips;     // By reason.
  std::map<std::string, std::uint32_t> failures;  // By normalised reason.
  std::map<std::string, std::uint32_t> holders;   // Who holds, or held last, what is leased.

  std::vector<WorkerSighting> workers;
  std::vector<CoordinatorSighting> coordinators;
  BacklogFact requests, completions;
  std::vector<Trouble> troubles;  // Those that overlap the batch's life up to `at`.
};

struct Evidence {
  std::string name;    // "hops", "workers", "backlog", "errors", ...
  std::string detail;  // In words.
};

struct Diagnosis {
  Layer layer = Layer::kNone;
  std::string sentence;
  double confidence = 0;  // 0..1
  std::string next_command;
  std::vector<Evidence> evidence;
};

Diagnosis Diagnose(const Facts& facts);

// A process is there until it has been silent for so long.
inline constexpr auto kSilence = std::chrono::seconds(30);
bool WasThere(const Sighting& sighting, Instant at);

}  // namespace tipoff
