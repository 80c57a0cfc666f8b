#include "history/postgres/postgres_history.h"

#include <gtest/gtest.h>

#include <thread>

#include "history/postgres/connection.h"
#include "support/manual_loop.h"
#include "support/postgres_server.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Day kDay = ParseDay("2025-01-15").value();

class PostgresHistoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string missing;
    server_ = PostgresServer::Start(&missing);
    if (server_ == nullptr) GTEST_SKIP() << missing;
  }
  void Fill() {
    server_->RunFile(TIPOFF_SOURCE_DIR "/deploy/postgres/history.sql");
    server_->Run(
        "INSERT INTO player_games (player, date, game, season, team, opponent, home, seconds, "
        "points) VALUES ('a', '2025-01-14', 'g1', '2024-25', 'DEN', 'HOU', true, 1800, 20)");
  }
  Result<HistoryBatch> Load(History& history, Duration timeout = seconds(10)) {
    return Await<HistoryBatch>(loop_, [&](auto done) {
      history.Load({.players = {PlayerId("a")}, .before = kDay, .timeout = timeout}, done);
    });
  }

  std::unique_ptr<PostgresServer> server_;
  ManualLoop loop_;
};

TEST_F(PostgresHistoryTest, MissingTablesAreNamedWithTheirRemedyAndFoundOnceTheyAreThere) {
  PostgresHistory history(loop_, {.url = server_->url()});
  auto answer = Load(history);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_NE(answer.error().message.find("deploy/postgres/history.sql"), std::string::npos)
      << answer.error().message;
  Fill();
  auto loaded = Load(history);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->players[0].games.at(0).minutes, 30.0F);
  server_->RunFile(TIPOFF_SOURCE_DIR "/deploy/postgres/history.sql");
  EXPECT_EQ(Load(history)->data_version, loaded->data_version) << "making them again is harmless";
}

TEST_F(PostgresHistoryTest, F06_AServerThatHangsIsGivenUpInTimeAndAskedAgainLater) {
  Fill();
  PostgresHistory history(loop_, {.url = server_->url()});
  ASSERT_TRUE(Load(history).ok());
  server_->Freeze();
  auto answer = Load(history, milliseconds(200));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().message, "PostgreSQL did not answer within 200ms");
  server_->Thaw();
  EXPECT_TRUE(Load(history).ok());
}

TEST_F(PostgresHistoryTest, F06_AQueryThatTakesTooLongIsCancelledOnTheServer) {
  Fill();
  server_->Run(
      "ALTER TABLE player_games RENAME TO rows_; "
      "CREATE VIEW player_games AS SELECT * FROM rows_ WHERE pg_sleep(30) IS NOT NULL");
  PostgresHistory history(loop_, {.url = server_->url()});
  EXPECT_FALSE(Load(history, milliseconds(200)).ok());
  server_->Run(
      "DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM pg_stat_clear_snapshot(); "
      "IF NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name = 'tipoff' AND state = "
      "'active') THEN RETURN; END IF; PERFORM pg_sleep(0.05); END LOOP; "
      "RAISE 'a query of tipoff still runs'; END $$");
}

TEST_F(PostgresHistoryTest, EndsWhileQueriesAreUnderWay) {
  Fill();
  auto history = std::make_unique<PostgresHistory>(loop_, PostgresOptions{.url = server_->url()});
  ASSERT_TRUE(Load(*history).ok());
  server_->Freeze();
  int answers = 0;
  for (int i = 0; i < 10; ++i) {
    history->Load({.players = {PlayerId("a")}, .before = kDay, .timeout = seconds(60)},
                  [&](const Result<HistoryBatch>&) { ++answers; });
  }
  server_->Thaw();
  history.reset();
  int heard = answers;
  loop_.RunIdle();
  EXPECT_LE(answers - heard, 10);
}

TEST(PostgresHistory, F06_ADeadHostIsAnErrorThatNamesIt) {
  ManualLoop loop;
  PostgresHistory history(loop, {.url = "host=/nowhere user=tipoff"});
  auto answer = Await<HistoryBatch>(
      loop, [&](auto done) { history.Load({.players = {PlayerId("a")}, .before = kDay}, done); });
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_NE(answer.error().message.find("/nowhere"), std::string::npos) << answer.error().message;
}

TEST_F(PostgresHistoryTest, AWaitEndsWhenTheProcessStops) {
  postgres::StopSignal stop;
  postgres::Connection connection(server_->url(), stop);
  ASSERT_TRUE(connection.Ask({{"SELECT 1", {}}}, seconds(10)).ok());
  std::thread stopping([&] { stop.Raise(); });
  auto answer = connection.Ask({{"SELECT pg_sleep(60)", {}}}, seconds(60));
  stopping.join();
  EXPECT_FALSE(answer.ok());
}

TEST_F(PostgresHistoryTest, SeveralQuestionsSeeOneStateInOneRoundTrip) {
  postgres::StopSignal stop;
  postgres::Connection connection(server_->url(), stop);
  auto answers = connection.Ask({{"SELECT pg_current_snapshot()::text", {}},
                                 {"SELECT $1::int + 1", {"41"}},
                                 {"SELECT pg_current_snapshot()::text", {}}},
                                seconds(10));
  ASSERT_TRUE(answers.ok()) << answers.error().message;
  EXPECT_STREQ((*answers)[0].Text(0, 0), (*answers)[2].Text(0, 0));
  EXPECT_EQ((*answers)[1].Int(0, 0), 42);
  auto wrong = connection.Ask({{"SELECT nonsense", {}}}, seconds(10));
  EXPECT_EQ(wrong.error().code, Errc::kUnavailable);
  EXPECT_TRUE(connection.Ask({{"SELECT 1", {}}}, seconds(10)).ok()) << "it connects anew";
}

}  // namespace
}  // namespace tipoff
