// One request of a batch: one player to predict, by one group of systems.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "core/line.h"

namespace tipoff {

// What is asked for. Written once, when the batch is created; never changes.
struct RequestSpec {
  PlayerId player;
  std::string group;  // Group of systems; "" is tipoff's own.
  std::string player_name;
  GameId game;
  Day game_date;
  std::string team;
  std::string opponent;
  bool is_home = false;
  double projected_minutes = 0;  // Mean of the last 7 games.
  std::vector<Line> lines;       // Points lines to recommend against; empty: no line.
  std::string availability;      // As the injury list says it: "", "OUT", "DOUBTFUL", ...

  friend bool operator==(const RequestSpec&, const RequestSpec&) = default;
};

//   pending ──► published ──► leased ──► succeeded | skipped | failed
//      │            │            │
//      └────────────┴────────────┴─────► expired | cancelled | undelivered   (the batch's end)
//
// Any open state may go to any terminal one, because a completion may overtake the confirmation of
// its publish. The first commit wins: a terminal request never changes its state again.
enum class RequestState : std::uint8_t {
  kPending,      // Recorded; its publish is not confirmed. These rows are the outbox.
  kPublished,    // The bus has confirmed it.
  kLeased,       // A worker has reported that it holds it.
  kSucceeded,    // Predictions are staged.
  kSkipped,      // Rightly not predicted, for a reason that will not change.
  kFailed,       // Tried and given up, for a reason.
  kExpired,      // Published, but no completion by the end.
  kCancelled,    // Open when somebody ended the batch.
  kUndelivered,  // Its publish was never confirmed, or was refused for good.
};
inline constexpr int kRequestStates = 9;

constexpr bool IsOpen(RequestState s) { return s <= RequestState::kLeased; }
constexpr bool IsTerminal(RequestState s) { return !IsOpen(s); }
std::string_view ToString(RequestState state);
Result<RequestState> ParseRequestState(std::string_view text);

// When a request first got past each hop; never if it has not. The first hop with inflow and no
// outflow is the layer at fault.
struct Hops {
  Instant recorded;
  Instant published;
  Instant leased;    // Stays never where the bus reports no leases.
  Instant reported;  // When the completion entered the bus.
  Instant counted;

  friend bool operator==(const Hops&, const Hops&) = default;
};

// The state of a request: one row of the store.
struct Request {
  std::uint32_t ordinal = 0;  // 0 .. expected-1; with the batch, the row's identity.
  PlayerId player;
  std::string group;
  RequestState state = RequestState::kPending;
  std::uint16_t attempt = 0;  // Confirmed publishes; the current attempt's number.
  Instant due_at;             // Open: publish (again) from then on; never: nothing to publish.
  std::int32_t predictions = 0;
  std::string reason;  // Why it was skipped, failed or not delivered.
  std::string worker;
  std::string worker_version;
  Instant late_at;  // When a completion came after the end. Changes no count.
  Hops hops;

  friend bool operator==(const Request&, const Request&) = default;
};

// How many requests of a batch are in each state. Derived from row transitions in the same commit;
// never incremented on its own.
class Counts {
 public:
  Counts() = default;
  // A new batch: all pending, whether or not their rows are written yet.
  explicit Counts(std::uint32_t expected) {
    by_state_[static_cast<int>(RequestState::kPending)] = expected;
  }

  std::uint32_t operator[](RequestState s) const { return by_state_[static_cast<std::size_t>(s)]; }
  // Counts `n` requests that went from one state to another. Panics if there are not so many.
  void Move(RequestState from, RequestState to, std::uint32_t n = 1);
  void Set(RequestState s, std::uint32_t n) { by_state_[static_cast<std::size_t>(s)] = n; }

  std::uint32_t expected() const;
  std::uint32_t open() const;
  std::uint32_t terminal() const { return expected() - open(); }
  // Succeeded or skipped: what tolerance and completion percentages are measured in.
  std::uint32_t done() const {
    return (*this)[RequestState::kSucceeded] + (*this)[RequestState::kSkipped];
  }
  // 0..100; 100 for an empty batch.
  double done_percent() const;

  friend bool operator==(const Counts&, const Counts&) = default;

 private:
  std::array<std::uint32_t, kRequestStates> by_state_{};
};

// The result of one request as a worker tells it.
struct Completion {
  static constexpr std::int64_t kNoOrdinal = -1;

  std::int64_t ordinal = kNoOrdinal;  // tipoff's workers name it; the platform's name the player.
  PlayerId player;
  std::string group;
  RequestState status = RequestState::kSucceeded;  // kSucceeded, kSkipped or kFailed.
  std::int32_t predictions = 0;
  std::uint16_t attempt = 0;  // 0: not told, taken as the current one.
  std::string reason;
  std::string worker;
  std::string worker_version;
  Instant reported_at;  // When the bus took it.
};

}  // namespace tipoff
