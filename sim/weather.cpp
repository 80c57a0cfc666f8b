#include "sim/weather.h"

#include <fmt/format.h>

#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTick = seconds(10);
const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};

}  // namespace

Weather::Weather(World& world) : world_(world) {
  world_.clock.After(kTick, [this] { Tick(); });
}

void Weather::Tick() {
  if (world_.faults.healed()) return;
  world_.clock.After(kTick, [this] { Tick(); });
  for (std::size_t i = 0; i < world_.processes().size(); ++i) {
    Process* process = world_.processes()[i].get();
    if (process != nullptr && process->alive()) Befall(*process);
  }
  if (auto outage = world_.faults.Strike(Site::kStoreOutage, 0)) {
    world_.StoreDownFor(outage->Between(seconds(2), minutes(10)));
  }
  if (auto deleted = world_.faults.Strike(Site::kSubscriptionDeleted, 0)) {
    world_.DeleteSubscription(deleted->Pick(2) == 0 ? kRequests : kCompletions,
                              deleted->Between(seconds(5), minutes(15)));
  }
  if (world_.faults.On(Site::kMessageForeign)) Foreign();
}

void Weather::Befall(Process& process) {
  std::uint64_t entity = process.Entity("weather");
  if (auto step = world_.faults.Strike(Site::kClockStep, entity)) {
    Duration by = step->Between(-minutes(10), minutes(10));
    process.loop().SkewWallClock(by);
    world_.Tell(process.name(), fmt::format("its clock steps by {} s", by / seconds(1)));
  }
  if (auto pause = world_.faults.Strike(Site::kPause, entity)) {
    Duration how_long = pause->Pick(4) == 0 ? pause->Between(minutes(5), hours(1))
                                            : pause->Between(milliseconds(100), minutes(3));
    world_.Tell(process.name(), "stands still for " + FormatDuration(how_long));
    if (how_long > minutes(1)) world_.sometimes.Saw("process paused past its leases");
    process.StandStill(how_long);
    world_.Blame(process.coordinator() != nullptr ? Layer::kCoordinator : Layer::kWorker, how_long);
    world_.Troubled();
    if (world_.faults.Strike(Site::kTwin, entity)) world_.StartTwin(process);
  }
  if (world_.faults.Strike(Site::kCrash, entity)) process.Crash("", "of nothing in particular");
}

void Weather::Foreign() {
  auto fault = world_.faults.Strike(Site::kMessageForeign, 0);
  if (!fault) return;
  std::uint64_t entity = 0xf03e;
  CompletionMessage message{BatchId("batch_of_others"), {}};
  Completion& item = message.completions.emplace_back();
  item.ordinal = 3;
  item.status = RequestState::kSkipped;
  item.reason = "Foreign";
  RequestMessage request;
  request.batch = BatchId("batch_of_others");
  request.spec.player = PlayerId("p1");
  request.spec.game_date = Day::FromDays(19'000);
  world_.Tell("elsewhere", "sends a message");
  switch (fault->Pick(5)) {
    case 0: world_.Publish(kCompletions, "\x01 no message", entity); break;
    case 1: world_.Publish(kCompletions, Encode(message), entity); break;
    case 2: world_.Publish(kRequests, "{\"batch_id\": 7}", entity); break;
    case 3: world_.Publish(kRequests, Encode(request), entity); break;
    default:
      if (last_batch_.empty()) return;
      message.batch = last_batch_;
      item.ordinal = fault->Pick(2, 1) == 0 ? 100'000 : Completion::kNoOrdinal;
      item.player = PlayerId("nobody");
      world_.Publish(kCompletions, Encode(message), entity);
  }
}

}  // namespace tipoff::sim
