#include "sim/sim_history.h"

#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

HistoryBatch Games(const World& world, const HistoryQuery& query) {
  HistoryBatch batch;
  for (const PlayerId& player : query.players) {
    PlayerHistory& history = batch.players.emplace_back();
    history.player = player;
    if (!world.HasPlayed(player)) continue;
    GameRecord& game = history.games.emplace_back();
    game.date = query.before - 2;
    game.points = 20;
    game.minutes = 30;
  }
  batch.teams = {{"DEN", 30, 110, 108}};
  batch.data_version = "v1";
  return batch;
}

}  // namespace

void SimHistory::Load(HistoryQuery query, LoadDone done) {
  if (!process_.alive()) return;
  std::uint64_t entity = process_.Entity("history");
  Result<HistoryBatch> answer = Games(world_, query);
  Duration takes = world_.faults.Latency(entity, milliseconds(1), milliseconds(40));
  if (world_.faults.Strike(Site::kHistoryHangs, entity)) {
    world_.Blame(Layer::kHistory, seconds(30));
    world_.sometimes.Saw("history not loaded in time");
    return world_.Tell(process_.name(), "history never answers");
  }
  if (auto slow = world_.faults.Strike(Site::kHistorySlow, entity)) {
    takes = slow->Between(seconds(1), minutes(4));
    world_.Blame(Layer::kHistory, takes);
    world_.Tell(process_.name(), "history answers after " + FormatDuration(takes));
  }
  if (world_.faults.Strike(Site::kHistoryFails, entity)) {
    answer = Error{Errc::kUnavailable, "history is down"};
    world_.Blame(Layer::kHistory, takes);
    world_.Tell(process_.name(), "history fails");
  } else if (world_.faults.Strike(Site::kHistoryShort, entity)) {
    answer->players.pop_back();
    world_.Blame(Layer::kHistory, takes);
    world_.Tell(process_.name(), "history answers for others than were asked for");
  }
  world_.clock.After(
      takes, [done = std::move(done), answer = std::move(answer)] { done(answer); },
      process_.life());
}

}  // namespace tipoff::sim
