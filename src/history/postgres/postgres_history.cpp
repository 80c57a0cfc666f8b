#include "history/postgres/postgres_history.h"

#include <fmt/format.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "history/facts.h"
#include "history/postgres/connection.h"

namespace tipoff {
namespace {

using postgres::Question;
using postgres::Rows;

constexpr char kStateSql[] =
    "SELECT data_version, EXISTS (SELECT 1 FROM player_games) FROM history_state";

constexpr char kGamesSql[] =
    "SELECT asked.nth, date - date '1970-01-01', game, season, playoffs, team, opponent, home, "
    "seconds, points, rebounds, assists, steals, blocks, turnovers, fgm, fga, fg3m, fg3a, ftm, "
    "fta, plus_minus "
    "FROM unnest($1::text[]) WITH ORDINALITY AS asked (player, nth), "
    "LATERAL (SELECT * FROM player_games g WHERE g.player = asked.player AND date < $2::date "
    "AND date >= $3::date ORDER BY date DESC, game DESC LIMIT $4::int) AS g "
    "ORDER BY asked.nth, date DESC, game DESC";

// Games of which both sides are known; one side alone says nothing about what it allowed.
constexpr char kTeamsSql[] =
    "WITH sides AS (SELECT date, game, team, sum(points) AS points, "
    "count(*) OVER (PARTITION BY date, game) AS known FROM player_games "
    "WHERE date < $1::date AND date >= $2::date GROUP BY date, game, team), "
    "games AS (SELECT a.team, a.points AS points_for, b.points AS points_against, row_number() "
    "OVER (PARTITION BY a.team ORDER BY a.date DESC, a.game DESC) AS nth FROM sides a "
    "JOIN sides b ON a.date = b.date AND a.game = b.game AND a.team <> b.team "
    "WHERE a.known = 2) "
    "SELECT team, count(*), sum(points_for), sum(points_against) FROM games WHERE nth <= 30 "
    "GROUP BY team ORDER BY team";

// A text array as PostgreSQL reads it.
std::string ArrayOf(const std::vector<PlayerId>& players) {
  std::string array = "{";
  for (const PlayerId& player : players) {
    if (array.size() > 1) array += ',';
    array += '"';
    for (char c : player.str()) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

GameRecord ReadGame(const Rows& rows, int row) {
  auto boolean = [&](int column) { return rows.Text(row, column)[0] == 't'; };
  GameRecord game;
  game.date = Day::FromDays(static_cast<std::int32_t>(rows.Int(row, 1)));
  game.game = GameId(rows.Text(row, 2));
  game.season = rows.Text(row, 3);
  game.playoffs = boolean(4);
  game.team = rows.Text(row, 5);
  game.opponent = rows.Text(row, 6);
  game.is_home = boolean(7);
  game.minutes = static_cast<float>(rows.Int(row, 8)) / 60.0F;
  game.points = static_cast<std::int16_t>(rows.Int(row, 9));
  int column = 10;
  for (auto count : kCounts) {
    if (!rows.IsNull(row, column)) game.*count = static_cast<std::int16_t>(rows.Int(row, column));
    ++column;
  }
  return game;
}

Result<HistoryBatch> Answer(postgres::Connection& connection, const HistoryQuery& query) {
  std::string before = FormatDay(query.before);
  std::string oldest = FormatDay(query.before - query.lookback_days);
  TIPOFF_TRY(std::vector<Rows> answers,
             connection.Ask(
                 {{kStateSql, {}},
                  {kGamesSql,
                   {ArrayOf(query.players), before, oldest, fmt::format("{}", query.max_games)}},
                  {kTeamsSql, {before, oldest}}},
                 query.timeout));
  const Rows& state = answers[0];
  if (state.size() != 1 || state.Text(0, 1)[0] != 't') {
    return Error{Errc::kUnavailable,
                 "PostgreSQL: the table player_games is empty: fill it, see docs/history.md"};
  }
  HistoryBatch batch;
  batch.data_version = fmt::format("postgres-{}", state.Text(0, 0));
  for (const PlayerId& player : query.players) batch.players.push_back({player, {}});
  const Rows& games = answers[1];
  for (int row = 0; row < games.size(); ++row) {
    auto nth = static_cast<std::size_t>(games.Int(row, 0)) - 1;
    batch.players[nth].games.push_back(ReadGame(games, row));
  }
  const Rows& teams = answers[2];
  for (int row = 0; row < teams.size(); ++row) {
    auto count = static_cast<int>(teams.Int(row, 1));
    batch.teams.push_back({teams.Text(row, 0), count,
                           static_cast<double>(teams.Int(row, 2)) / count,
                           static_cast<double>(teams.Int(row, 3)) / count});
  }
  return batch;
}

}  // namespace

struct PostgresHistory::Impl {
  struct Job {
    HistoryQuery query;
    LoadDone done;
  };

  Impl(Loop& its_loop, PostgresOptions its_options)
      : loop(its_loop), options(std::move(its_options)) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    stop.Raise();
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  void Add(Job job) {
    std::lock_guard lock(mutex);
    jobs.push_back(std::move(job));
    bool all_busy = jobs.size() > idle;
    if (all_busy && threads.size() < static_cast<std::size_t>(options.connections)) {
      threads.emplace_back([this] { Work(); });
    }
    wake.notify_one();
  }

  void Work() {
    postgres::Connection connection(options.url, stop);
    while (std::optional<Job> job = Take()) {
      auto answer = std::make_shared<Result<HistoryBatch>>(Answer(connection, job->query));
      std::lock_guard lock(mutex);
      if (stopping) return;
      loop.Post([answer, done = std::move(job->done)] { done(std::move(*answer)); });
    }
  }

  std::optional<Job> Take() {
    std::unique_lock lock(mutex);
    ++idle;
    wake.wait(lock, [this] { return stopping || !jobs.empty(); });
    --idle;
    if (stopping) return std::nullopt;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }

  Loop& loop;
  PostgresOptions options;
  postgres::StopSignal stop;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;
  std::size_t idle = 0;
  bool stopping = false;
  std::vector<std::thread> threads;  // One for each connection, made as they are needed.
};

PostgresHistory::PostgresHistory(Loop& loop, PostgresOptions options)
    : impl_(std::make_unique<Impl>(loop, std::move(options))) {}
PostgresHistory::~PostgresHistory() = default;

void PostgresHistory::Load(HistoryQuery query, LoadDone done) {
  impl_->Add({std::move(query), std::move(done)});
}

}  // namespace tipoff
