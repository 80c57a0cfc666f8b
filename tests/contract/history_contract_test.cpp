// history/history.h as a test, run over every source.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "history/bigquery/bigquery_history.h"
#include "history/history.h"
#include "history/postgres/postgres_history.h"
#include "history/sqlite/history_update.h"
#include "history/sqlite/sqlite_history.h"
#include "history/table.h"
#include "support/fake_bigquery.h"
#include "support/manual_loop.h"
#include "support/postgres_server.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

const Day kDay = ParseDay("2025-01-15").value();

// A source and the way to put box scores into it.
class HistoryBackend {
 public:
  virtual ~HistoryBackend() = default;
  virtual std::unique_ptr<History> Make(Loop& loop) = 0;
  virtual void Put(const std::vector<PlayerGame>& rows) = 0;
  virtual std::string missing() const { return ""; }
};

class SqliteBackend : public HistoryBackend {
 public:
  explicit SqliteBackend(bool memory) : memory_(memory) {}

  std::unique_ptr<History> Make(Loop& loop) override {
    return std::make_unique<SqliteHistory>(loop, reader_);
  }
  void Put(const std::vector<PlayerGame>& rows) override {
    auto database = HistoryDatabase::Open(path_, HistoryDatabase::Mode::kReadWrite);
    auto update = HistoryUpdate::Begin(*database);
    for (const PlayerGame& row : rows) {
      PlayerGameFact fact;
      fact.player = row.player;
      fact.name = row.player_name;
      fact.game = {.game = row.game.game,
                   .date = row.game.date,
                   .season = row.game.season,
                   .type = row.game.playoffs ? "Playoffs" : "Regular Season",
                   .home = row.game.is_home ? row.game.team : row.game.opponent,
                   .away = row.game.is_home ? row.game.opponent : row.game.team,
                   .home_by = HomeBy::kItself};
      fact.team = row.game.team;
      fact.seconds = static_cast<int>(row.game.minutes * 60);
      fact.record = row.game;
      ASSERT_TRUE((*update)->Put(fact).ok());
    }
    std::string name = fmt::format("{}.csv", ++imports_);
    ASSERT_TRUE((*update)->Commit({.path = name, .kind = "player_games", .hash = name}).ok());
    if (memory_) TakeIntoMemory();
  }

 private:
  void TakeIntoMemory() {
    ManualLoop loop;
    auto history = Make(loop);
    for (int asked = 0; !reader_->in_memory(); ++asked) {
      ASSERT_LT(asked, 100'000);
      auto answer =
          Await<HistoryBatch>(loop, [&](auto done) { history->Load({.before = kDay}, done); });
      ASSERT_TRUE(answer.ok()) << answer.error().message;
    }
  }

  TempFolder folder_;
  std::string path_ = folder_ / "history.db";
  bool memory_;
  int imports_ = 0;
  std::shared_ptr<HistoryReader> reader_ =
      std::make_shared<HistoryReader>(path_, HistoryReader::Options{.idle = Duration(0)});
};

class PostgresBackend : public HistoryBackend {
 public:
  PostgresBackend() {
    server_ = PostgresServer::Start(&missing_);
    if (server_) server_->RunFile(TIPOFF_SOURCE_DIR "/deploy/postgres/history.sql");
  }
  std::string missing() const override { return missing_; }
  std::unique_ptr<History> Make(Loop& loop) override {
    return std::make_unique<PostgresHistory>(loop, PostgresOptions{.url = server_->url()});
  }
  void Put(const std::vector<PlayerGame>& rows) override {
    std::string sql;
    for (const PlayerGame& row : rows) {
      const GameRecord& game = row.game;
      std::string id = row.player.str();
      for (std::size_t at = 0; (at = id.find('\'', at)) != std::string::npos; at += 2) {
        id.insert(at, "'");
      }
      sql += sql.empty() ? "INSERT INTO player_games (player, date, game, season, playoffs, team, "
                           "opponent, home, seconds, points, rebounds) VALUES "
                         : ", ";
      sql +=
          fmt::format("('{}', '{}', '{}', '{}', {}, '{}', '{}', {}, {}, {}, {})", id,
                      FormatDay(game.date), game.game.str(), game.season, game.playoffs, game.team,
                      game.opponent, game.is_home, static_cast<int>(game.minutes * 60), game.points,
                      game.rebounds == kAbsent ? "NULL" : fmt::format("{}", game.rebounds));
    }
    server_->Run(sql);
  }

 private:
  std::unique_ptr<PostgresServer> server_;
  std::string missing_;
};

// Its protocol; the statement is a table's answer.
class BigqueryBackend : public HistoryBackend {
 public:
  std::unique_ptr<History> Make(Loop& loop) override {
    return std::make_unique<BigqueryHistory>(
        loop, BigqueryOptions{.project = "billed",
                              .table = {.table = "nba.analytics.player_games"},
                              .account = {.metadata = google_.url()},
                              .endpoint = google_.url()});
  }
  void Put(const std::vector<PlayerGame>& rows) override { google_.Put(rows); }

 private:
  FakeBigquery google_;
};

PlayerGame Row(const std::string& player, int days_ago, const std::string& game,
               const std::string& team, const std::string& opponent, int points) {
  PlayerGame row;
  row.player = PlayerId(player);
  row.player_name = "Player " + player;
  row.game.date = kDay - days_ago;
  row.game.game = GameId(game);
  row.game.season = "2024-25";
  row.game.team = team;
  row.game.opponent = opponent;
  row.game.is_home = team < opponent;
  row.game.minutes = 31.5F;
  row.game.points = static_cast<std::int16_t>(points);
  return row;
}

class HistoryContract : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "postgres") {
      backend_ = std::make_unique<PostgresBackend>();
    } else if (GetParam() == "bigquery") {
      backend_ = std::make_unique<BigqueryBackend>();
    } else {
      backend_ = std::make_unique<SqliteBackend>(GetParam() == "memory");
    }
    if (!backend_->missing().empty()) GTEST_SKIP() << backend_->missing();
    history_ = backend_->Make(loop_);
  }

  Result<HistoryBatch> Load(const HistoryQuery& query) {
    return Await<HistoryBatch>(loop_, [&](auto done) { history_->Load(query, done); });
  }

  std::unique_ptr<HistoryBackend> backend_;
  ManualLoop loop_;
  std::unique_ptr<History> history_;
};

TEST_P(HistoryContract, AnswersOnceOnTheLoopAndNeverInsideTheCall) {
  backend_->Put({Row("a", 1, "g1", "DEN", "HOU", 20)});
  int answers = 0;
  for (int i = 0; i < 20; ++i) {
    history_->Load({.players = {PlayerId("a")}, .before = kDay}, [&](Result<HistoryBatch> batch) {
      ++answers;
      ASSERT_TRUE(batch.ok()) << batch.error().message;
      EXPECT_EQ(batch->players[0].games[0].points, 20);
    });
  }
  EXPECT_EQ(answers, 0);
  loop_.RunUntil([&] { return answers == 20; });
  loop_.RunIdle();
  EXPECT_EQ(answers, 20);
}

TEST_P(HistoryContract, F06_ASourceWithoutBoxScoresIsNotLoadedInsteadOfEmpty) {
  auto answer = Load({.players = {PlayerId("a")}, .before = kDay});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
}

TEST_P(HistoryContract, PlayersComeInTheOrderOfTheQueryAndUnknownOnesAreEmpty) {
  backend_->Put({Row("a", 1, "g1", "DEN", "HOU", 20), Row("b", 1, "g1", "HOU", "DEN", 10)});
  auto batch =
      Load({.players = {PlayerId("b"), PlayerId("nobody"), PlayerId("a")}, .before = kDay});
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  ASSERT_EQ(batch->players.size(), 3u);
  EXPECT_EQ(batch->players[0].player, PlayerId("b"));
  EXPECT_EQ(batch->players[0].games.at(0).points, 10);
  EXPECT_EQ(batch->players[1].player, PlayerId("nobody"));
  EXPECT_TRUE(batch->players[1].games.empty());
  EXPECT_EQ(batch->players[2].games.at(0).points, 20);
  EXPECT_TRUE(Load({.players = {}, .before = kDay})->players.empty());
}

TEST_P(HistoryContract, F44_OnlyGamesBeforeTheDayWithinTheLookbackTheNewestFirst) {
  std::vector<PlayerGame> rows;
  for (int ago : {0, 1, 3, 5, 400, 401}) {
    rows.push_back(Row("a", ago, fmt::format("g{}", ago), "DEN", "HOU", ago % 100));
  }
  backend_->Put(rows);
  auto days = [&](HistoryQuery query) {
    query.players = {PlayerId("a")};
    query.before = kDay;
    std::vector<int> ago;
    HistoryBatch batch = Load(query).value();
    for (const GameRecord& game : batch.players[0].games) ago.push_back(kDay - game.date);
    return ago;
  };
  EXPECT_EQ(days({}), (std::vector<int>{1, 3, 5, 400}));
  EXPECT_EQ(days({.max_games = 2}), (std::vector<int>{1, 3}));
  EXPECT_EQ(days({.lookback_days = 4}), (std::vector<int>{1, 3}));
}

TEST_P(HistoryContract, F07_IdsMayHoldMarksAndLetters) {
  const std::string ids[] = {"d'angelo-o.'neal", "Nikola Jokić", "a,b", "{c}", "\\d"};
  std::vector<PlayerGame> rows;
  HistoryQuery query{.before = kDay};
  for (const std::string& id : ids) {
    rows.push_back(Row(id, 1, "g1", "DEN", "HOU", 20));
    query.players.emplace_back(id);
  }
  backend_->Put(rows);
  auto batch = Load(query);
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  for (const PlayerHistory& player : batch->players) {
    EXPECT_EQ(player.games.size(), 1u) << player.player.str();
  }
}

TEST_P(HistoryContract, F45_TheVersionTellsOneStateOfTheDataFromAnother) {
  backend_->Put({Row("a", 1, "g1", "DEN", "HOU", 20)});
  HistoryQuery query{.players = {PlayerId("a")}, .before = kDay};
  std::string first = Load(query)->data_version;
  EXPECT_FALSE(first.empty());
  EXPECT_EQ(Load(query)->data_version, first);
  backend_->Put({Row("a", 2, "g2", "DEN", "HOU", 30)});
  auto batch = Load(query);
  EXPECT_NE(batch->data_version, first);
  EXPECT_EQ(batch->players[0].games.size(), 2u);
}

// The rules of the table in memory, which tests of their own hold to the port's words.
TEST_P(HistoryContract, ALeagueIsAnsweredExactlyAsByTheTable) {
  SeededRandom random(5);
  auto draw = [&](int below) {
    return static_cast<int>(random.Next() % static_cast<unsigned>(below));
  };
  const std::vector<std::string> teams{"AAA", "BBB", "CCC", "DDD"};
  std::vector<PlayerGame> rows;
  std::set<PlayerId> everybody;
  for (int day = 1; day < 120; ++day) {
    std::size_t home = static_cast<std::size_t>(draw(4));
    std::size_t away = (home + 1 + static_cast<std::size_t>(draw(3))) % 4;
    for (std::size_t side : {home, away}) {
      for (int i = 0; i < 4; ++i) {
        if (draw(5) == 0) continue;
        std::string id = fmt::format("{}-{}", teams[side], i);
        PlayerGame row = Row(id, day, fmt::format("g{:04}", day), teams[side],
                             teams[side == home ? away : home], draw(50));
        row.game.is_home = side == home;
        row.game.playoffs = day < 20;
        if (draw(3) > 0) row.game.rebounds = static_cast<std::int16_t>(draw(15));
        everybody.insert(row.player);
        rows.push_back(std::move(row));
      }
    }
  }
  backend_->Put(rows);
  HistoryTable table(rows, "");
  HistoryQuery query{.players = {everybody.begin(), everybody.end()}, .before = kDay};
  for (int ago : {0, 1, 50, 118, 200}) {
    query.before = kDay - ago;
    query.lookback_days = ago == 50 ? 30 : 400;
    HistoryBatch expected = table.Query(query);
    auto answered = Load(query);
    ASSERT_TRUE(answered.ok()) << answered.error().message;
    EXPECT_EQ(answered->players, expected.players) << ago;
    EXPECT_EQ(answered->teams, expected.teams) << ago;
  }
}

INSTANTIATE_TEST_SUITE_P(Sources, HistoryContract,
                         testing::Values("sqlite", "memory", "postgres", "bigquery"),
                         [](const auto& source) { return source.param; });

}  // namespace
}  // namespace tipoff
