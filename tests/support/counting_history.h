// A history source that counts round trips, each of which takes its time.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

class CountingHistory final : public History {
 public:
  explicit CountingHistory(Loop& loop, Duration takes = Duration(0))
      : round_trip(takes), loop_(loop) {}

  void Load(HistoryQuery query, LoadDone done) override {
    ++queries;
    ++running;
    most_running = std::max(most_running, running);
    sizes.push_back(query.players.size());
    if (hangs) return;
    Result<HistoryBatch> answer = Error{Errc::kUnavailable, "history is down"};
    if (!down) answer = Games(query);
    loop_.After(round_trip, [this, done = std::move(done), answer = std::move(answer)] {
      --running;
      done(answer);
    });
  }

  // Two games for everybody but those in `unplayed`, who have none.
  HistoryBatch Games(const HistoryQuery& query) const {
    HistoryBatch batch;
    for (const PlayerId& player : query.players) {
      PlayerHistory& history = batch.players.emplace_back();
      history.player = player;
      for (int i = 0; i < 2 && !unplayed.contains(player); ++i) {
        GameRecord& game = history.games.emplace_back();
        game.date = query.before - 2 * (i + 1);
        game.game = GameId(fmt::format("g{}", i));
        game.minutes = 30;
        game.points = 20;
      }
    }
    batch.teams = {{"DEN", 30, 110, 108}};
    batch.data_version = "v1";
    return batch;
  }

  Duration round_trip;
  bool down = false;
  bool hangs = false;
  std::set<PlayerId> unplayed;
  int queries = 0;
  int running = 0;
  int most_running = 0;
  std::vector<std::size_t> sizes;

 private:
  Loop& loop_;
};

inline std::vector<PlayerId> ManyPlayers(int count) {
  std::vector<PlayerId> players;
  for (int i = 0; i < count; ++i) players.emplace_back(fmt::format("player-{:04}", i));
  return players;
}

}  // namespace tipoff
