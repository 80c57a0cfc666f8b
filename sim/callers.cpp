#include "sim/callers.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/commit.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kTriesMax = 40;
// A start may wait for nothing but the store, and so long after each call of it that failed.
constexpr Duration kNothing = milliseconds(20);
constexpr Duration kPause = milliseconds(600);
constexpr Duration kGroupCommit = milliseconds(1500);
const Day kFirstDay = Day::FromDays(20'100);

int PlayersOf(const World& world, std::uint64_t slot) {
  std::uint64_t kind = world.faults.Pick("kind of size", 200, slot);
  auto among = [&](int least, int most) {
    auto span = static_cast<std::uint64_t>(most - least + 1);
    return least + static_cast<int>(world.faults.Pick("size", span, slot));
  };
  int players = kind < 4     ? 0
                : kind < 20  ? 1
                : kind < 120 ? among(2, 8)
                : kind < 180 ? among(9, 24)
                : kind < 199 ? among(25, 60)
                             : among(150, 300);
  return std::min(players, world.options.requests_max);
}

Policy PolicyOf(const World& world, std::uint64_t slot, int players) {
  auto pick = [&](std::string_view what, std::uint64_t n) {
    return world.faults.Pick(what, n, slot);
  };
  static constexpr Duration kDeadlines[] = {minutes(2), minutes(5), minutes(10), minutes(25),
                                            hours(1)};
  static constexpr Duration kStalls[] = {seconds(15), seconds(40), minutes(2), minutes(5)};
  Policy policy;
  policy.deadline = kDeadlines[pick("deadline", 5)];
  policy.stall_after = kStalls[pick("stall", 4)];
  policy.stall_percent = pick("stall percent", 2) == 0 ? 90 : 50;
  policy.publishes_max = 1 + static_cast<int>(pick("publishes", 4));
  static constexpr int kPoison[] = {0, 2, 25};
  policy.poison_after = kPoison[pick("poison", 3)];
  if (pick("interval", 4) == 0) policy.commit_interval_min = seconds(1);
  if (pick("tolerance", 4) == 0) {
    policy.tolerance = {{100, minutes(1)}, {80, minutes(3)}, {40, Duration::max()}};
  }
  if (pick("required", 6) == 0) {
    policy.required_players.push_back(PlayerId(
        fmt::format("p{}", pick("required player", static_cast<std::uint64_t>(players) + 2))));
  }
  return policy;
}

}  // namespace

// One start, however often it is tried.
struct Callers::Call {
  std::uint64_t number = 0;
  StartRequest request;
  int tries = 0;
  bool answered = false;
  Clockwork::Id timer = 0;
};

Slate MakeSlate(Day day, int players, Instant as_of) {
  Slate slate;
  slate.game_date = day;
  slate.as_of = as_of;
  slate.games = {{GameId("g1"), "DEN", "HOU", false}};
  for (int i = 0; i < players; ++i) {
    SlatePlayer& player = slate.players.emplace_back();
    player.player = PlayerId(fmt::format("p{}", i));
    player.name = fmt::format("Player {}", i);
    player.game = GameId("g1");
    player.team = "DEN";
    player.opponent = "HOU";
    player.mean_minutes = 30;
  }
  return slate;
}

Callers::Callers(World& world, Duration until) : world_(world) {
  std::uint64_t slots = 1 + world.faults.Pick("slots", 3);
  slots = std::min(slots, static_cast<std::uint64_t>(world.options.batches_max));
  for (std::uint64_t i = 0; i < slots; ++i) PlanSlot(i, until);
  if (world.faults.Pick("nobody", 30) == 0) PlanNobody(until);
}

void Callers::PlanSlot(std::uint64_t number, Duration until) {
  Slot slot{kFirstDay + static_cast<int>(number), ""};
  int players = PlayersOf(world_, number);
  world_.database.slates[slot.game_date] = MakeSlate(slot.game_date, players, world_.clock.now());
  if (world_.faults.Pick("incomplete data", 12, number) == 0) {
    Slate& slate = world_.database.slates[slot.game_date];
    slate.recent_games = 10;
    slate.recent_games_with_rows = 6;
  }
  StartRequest request;
  request.skip_completeness_check = true;
  request.slot = slot;
  request.policy = PolicyOf(world_, number, players);
  request.trigger = "sim";
  std::uint64_t starts = 1 + world_.faults.Pick("starts", 3, number);
  for (std::uint64_t i = 0; i < starts; ++i) {
    std::uint64_t which = number * 100 + i;
    if (world_.faults.Pick("with key", 2, which) == 0) {
      request.idempotency_key = fmt::format("key-{}", which);
    }
    auto span = static_cast<std::uint64_t>(until.count() / 2);
    auto at = Duration(static_cast<std::int64_t>(world_.faults.Pick("start at", span, which)));
    Plan(request, i == 0 ? at / 8 : at);
  }
}

// A batch of nobody comes from no slate; other programs may make one.
void Callers::PlanNobody(Duration until) {
  ++open_;
  world_.clock.After(until / 10, [this] {
    --open_;
    Process* process = world_.AwakeCoordinator(world_.faults.Draw("nobody's coordinator"));
    if (process == nullptr) return;
    Batch header;
    header.slot = {kFirstDay + 50, ""};
    header.id = BatchId("batch_of_nobody");
    header.policy.deadline = minutes(5);
    world_.Tell("caller", "makes a batch of nobody");
    process->store().Create(MakeCreation(std::move(header), 0, {}, "nobody", world_.clock.now(),
                                         process->coordinator()->driver().options().targets),
                            std::nullopt, [](Result<CreateOutcome>) {});
  });
}

void Callers::Force(const Slot& slot) {
  StartRequest request;
  request.slot = slot;
  request.policy.deadline = minutes(5);
  request.policy.stall_after = seconds(40);
  request.force = true;
  request.force_repeat_window = seconds(10);
  request.trigger = "operator";
  request.correlation_id = fmt::format("force-{}", next_call_);
  Plan(std::move(request), {});
}

void Callers::Plan(StartRequest request, Duration at) {
  ++open_;
  auto call = std::make_shared<Call>();
  call->number = next_call_++;
  call->request = std::move(request);
  world_.clock.After(at, [this, call] { Ask(call); });
}

void Callers::Again(const std::shared_ptr<Call>& call, Duration after) {
  world_.clock.Cancel(call->timer);
  call->timer = world_.clock.After(after, [this, call] {
    if (!call->answered) Ask(call);
  });
}

void Callers::Ask(const std::shared_ptr<Call>& call) {
  if (++call->tries > kTriesMax) {  // Nobody waits for ever.
    call->answered = true;
    --open_;
    return;
  }
  std::uint64_t entity = Mix(call->number, 0xca11);
  std::uint64_t choice =
      world_.faults.Draw("which coordinator", Mix(entity, static_cast<std::uint64_t>(call->tries)));
  Process* process = world_.AwakeCoordinator(choice);
  if (process == nullptr) return Again(call, seconds(2));
  bool impatient = world_.faults.Strike(Site::kCallerImpatient, entity).has_value();
  Again(call, impatient ? milliseconds(5) : seconds(15));
  AskOne(call, *process);
  if (!world_.faults.Strike(Site::kCallerTwice, entity)) return;
  Process* other = world_.AwakeCoordinator(choice + 1);
  if (other != nullptr && other != process) AskOne(call, *other);
}

void Callers::AskOne(const std::shared_ptr<Call>& call, Process& process) {
  world_.Tell("caller", fmt::format("asks {} to start {}{}{}", process.name(),
                                    FormatDay(call->request.slot.game_date),
                                    call->request.force ? " by force" : "",
                                    call->tries > 1 ? ", again" : ""));
  Instant asked_at = world_.clock.now();
  Duration idle = process.store().idle();
  std::uint64_t failures = process.store().failures();
  auto answered = [this, call, asked_at, idle, failures,
                   process = &process](Result<StartOutcome> outcome) {
    bool stood_still = process->life()->still_until > asked_at;
    // Between two calls of the store nothing is waited for, but for a pause after one that failed.
    Duration waited = process->store().idle() - idle;
    auto pauses = static_cast<std::int64_t>(process->store().failures() - failures);
    // What the clock decides about the batch in the slot is written first, with its group commit.
    bool held = outcome.ok() && outcome->kind == StartOutcome::Kind::kAlreadyRunning;
    Duration allowed = kNothing + pauses * kPause + (held ? kGroupCommit : Duration(0));
    if (!stood_still && waited > allowed) {
      world_.notes.Violated("8 nothing slow before an answer",
                            fmt::format("a start at {} waited {} for something that is not the "
                                        "store",
                                        process->name(), FormatDuration(waited)));
    }
    Answered(call, std::move(outcome), asked_at);
  };
  process.coordinator()->starter().Start(call->request, std::move(answered));
}

void Callers::Answered(const std::shared_ptr<Call>& call, Result<StartOutcome> outcome,
                       Instant asked_at) {
  if (outcome.ok()) {
    world_.Started(call->request, *outcome, asked_at);
    if (outcome->kind == StartOutcome::Kind::kAlreadyRunning) {
      world_.sometimes.Saw("start found the slot held");
    }
  }
  if (call->answered) return;
  if (!outcome.ok()) return Again(call, seconds(3));
  call->answered = true;
  world_.clock.Cancel(call->timer);
  --open_;
  world_.Tell("caller", "is answered " + (outcome->batch.id.empty() ? outcome->detail
                                                                    : outcome->batch.id.str()));
}

}  // namespace tipoff::sim
