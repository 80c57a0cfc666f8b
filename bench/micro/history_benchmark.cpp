// 450 players' history out of about as many box scores as four seasons have: from the file, from
// memory, and as a worker asks for it. With a file: history_benchmark --history=FILE (history.db).
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "base/asio_loop.h"
#include "demo/league.h"
#include "history/compact_history.h"
#include "history/sqlite/box_score_scan.h"
#include "history/sqlite/history_update.h"
#include "history/sqlite/sqlite_history.h"
#include "support/box_scores.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

constexpr std::size_t kPlayers = 450;

// A file of box scores, and the question about it.
struct Data {
  TempFolder folder;
  std::string path;
  HistoryQuery query;
  std::size_t rows = 0;
  CompactHistory memory;
};

void MakeFile(const std::string& path) {
  auto rows = ParseBoxScores(MakeDemoLeague({.seed = 1}).player_games).value();
  auto database = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite).value();
  auto update = HistoryUpdate::Begin(database).value();
  for (int copy = 0; copy < 4; ++copy) {
    for (const PlayerGame& row : rows) {
      PlayerGameFact fact;
      fact.player = PlayerId(fmt::format("{}{}", row.player.str(), copy));
      fact.name = fmt::format("{} {}", row.player_name, copy);
      fact.game = {
          .game = GameId(fmt::format("{}{}", row.game.game.str(), copy)),
          .date = row.game.date,
          .season = row.game.season,
          .home = fmt::format("{}{}", row.game.is_home ? row.game.team : row.game.opponent, copy),
          .away = fmt::format("{}{}", row.game.is_home ? row.game.opponent : row.game.team, copy),
          .home_by = HomeBy::kItself};
      fact.team = fmt::format("{}{}", row.game.team, copy);
      fact.seconds = static_cast<int>(row.game.minutes * 60);
      fact.record = row.game;
      update->Put(fact).value();
    }
  }
  Status done = update->Commit({.path = "demo", .kind = "player_games", .hash = "1"});
  if (!done.ok()) fmt::print(stderr, "{}\n", done.error().message);
}

std::string history_file;

Data& TheData() {
  static auto* data = [] {
    auto* made = new Data;
    made->path = history_file;
    if (made->path.empty()) {
      made->path = made->folder / "history.db";
      MakeFile(made->path);
    }
    std::set<PlayerId> players;
    auto scan = BoxScoreScan::Begin(made->path).value();
    Day newest;
    auto take = [&](const PlayerId& player, const GameRecord& game) {
      made->memory.Add(player, game);
      newest = std::max(newest, game.date);
      ++made->rows;
      if (players.size() < kPlayers) players.insert(player);
    };
    while (scan.Next(10'000, take).value()) {
    }
    made->memory.Seal(scan.data_version());
    made->query.players.assign(players.begin(), players.end());
    made->query.before = newest + 1;
    return made;
  }();
  return *data;
}

void Count(benchmark::State& state, std::size_t games) {
  state.counters["rows"] = static_cast<double>(TheData().rows);
  state.counters["players"] = static_cast<double>(TheData().query.players.size());
  state.counters["games"] = static_cast<double>(games);
}

std::size_t Games(const HistoryBatch& batch) {
  std::size_t games = 0;
  for (const PlayerHistory& player : batch.players) games += player.games.size();
  return games;
}

void FromTheFile(benchmark::State& state) {
  auto database = HistoryDatabase::Open(TheData().path, HistoryDatabase::Mode::kReadOnly).value();
  std::size_t games = 0;
  for (auto _ : state) games = Games(database.Query(TheData().query).value());
  Count(state, games);
}
BENCHMARK(FromTheFile)->Unit(benchmark::kMillisecond);

void FromMemory(benchmark::State& state) {
  std::size_t games = 0;
  for (auto _ : state) games = Games(TheData().memory.Query(TheData().query));
  Count(state, games);
}
BENCHMARK(FromMemory)->Unit(benchmark::kMillisecond);

// Through the port: thread, data version and loop included.
void AsAWorkerAsks(benchmark::State& state) {
  AsioLoop loop;
  SqliteHistory history(loop, std::make_shared<HistoryReader>(
                                  TheData().path, HistoryReader::Options{.idle = Duration(0)}));
  std::size_t games = 0;
  auto ask = [&] {
    history.Load(TheData().query, [&](const Result<HistoryBatch>& batch) {
      games = Games(*batch);
      loop.Stop();
    });
    loop.Run();
  };
  for (int i = 0; i < 200; ++i) ask();  // Until it is in memory.
  for (auto _ : state) ask();
  Count(state, games);
}
BENCHMARK(AsAWorkerAsks)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tipoff

int main(int argc, char** argv) {
  constexpr std::string_view kFlag = "--history=";
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]).starts_with(kFlag)) tipoff::history_file = argv[i] + kFlag.size();
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
