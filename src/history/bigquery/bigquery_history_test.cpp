#include "history/bigquery/bigquery_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/bigquery/account.h"
#include "history/bigquery/statement.h"
#include "support/fake_bigquery.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const Day kDay = ParseDay("2025-01-15").value();

PlayerGame Row(const std::string& player, int days_ago, int points) {
  PlayerGame row;
  row.player = PlayerId(player);
  row.game.date = kDay - days_ago;
  row.game.game = GameId(fmt::format("g{:03}", days_ago));
  row.game.season = "2024-25";
  row.game.team = "DEN";
  row.game.opponent = "HOU";
  row.game.minutes = 31.5F;
  row.game.points = static_cast<std::int16_t>(points);
  return row;
}

class BigqueryHistoryTest : public testing::Test {
 protected:
  BigqueryHistoryTest() { google_.Put({Row("a", 1, 20), Row("a", 3, 22), Row("b", 2, 9)}); }

  BigqueryOptions Options() {
    return {.project = "billed",
            .table = {.table = "nba.analytics.player_games", .location = "EU"},
            .account = {.metadata = google_.url()},
            .endpoint = google_.url()};
  }
  Result<HistoryBatch> Load(BigqueryHistory& history, Duration timeout = seconds(20)) {
    return Await<HistoryBatch>(loop_, [&](auto done) {
      history.Load({.players = {PlayerId("a"), PlayerId("b"), PlayerId("nobody")},
                    .before = kDay,
                    .timeout = timeout},
                   done);
    });
  }
  std::string Refusal(int status, const std::string& words) {
    google_.refuse = status;
    google_.refusal = words;
    BigqueryHistory history(loop_, Options());
    auto answer = Load(history);
    EXPECT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Errc::kUnavailable);
    return answer.error().message;
  }

  FakeBigquery google_;
  ManualLoop loop_;
};

TEST_F(BigqueryHistoryTest, OneStatementBringsEverybodyWithTheMachinesToken) {
  BigqueryHistory history(loop_, Options());
  auto batch = Load(history);
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  ASSERT_EQ(batch->players.size(), 3u);
  EXPECT_EQ(batch->players[0].games.size(), 2u);
  EXPECT_EQ(batch->players[0].games[0].points, 20);
  EXPECT_EQ(batch->players[0].games[0].rebounds, kAbsent);
  EXPECT_TRUE(batch->players[2].games.empty()) << "known to have none";
  EXPECT_EQ(batch->data_version, "bigquery-3-77");
  EXPECT_TRUE(Load(history).ok());
  EXPECT_EQ(google_.Seen("queries").size(), 2u);
  EXPECT_EQ(google_.Seen("tokens"), std::vector<std::string>{"Google"}) << "kept until it ends";
  EXPECT_EQ(google_.Seen("authorization")[0], "Bearer machine");
}

TEST_F(BigqueryHistoryTest, PlayersAreParametersAndNeverPartOfTheStatement) {
  BigqueryHistory history(loop_, Options());
  ASSERT_TRUE(Load(history).ok());
  boost::json::value body = ParseJson(google_.Seen("queries")[0]).value();
  EXPECT_EQ(body.at("useLegacySql"), false);
  EXPECT_EQ(body.at("parameterMode").as_string(), "NAMED");
  EXPECT_EQ(body.at("location").as_string(), "EU");
  EXPECT_EQ(body.at("jobTimeoutMs").as_string(), "20000");
  std::string sql(body.at("query").as_string());
  EXPECT_THAT(sql, HasSubstr("player IN UNNEST(@players)"));
  EXPECT_THAT(sql, HasSubstr("`nba.analytics.player_games`"));
  EXPECT_THAT(sql, testing::Not(HasSubstr("nobody")));
}

TEST_F(BigqueryHistoryTest, PagesAndJobsThatTakeTheirTimeAreFollowed) {
  google_.page_rows = 2;
  google_.unfinished = 3;
  BigqueryHistory history(loop_, Options());
  auto batch = Load(history);
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  EXPECT_EQ(batch->players[0].games.size(), 2u);
  EXPECT_GE(google_.Seen("results").size(), 4u);
}

TEST_F(BigqueryHistoryTest, F06_AJobThatIsNotDoneInTimeIsCancelled) {
  google_.hangs = true;
  BigqueryHistory history(loop_, Options());
  std::optional<Result<HistoryBatch>> answer;
  history.Load({.players = {PlayerId("a")}, .before = kDay, .timeout = seconds(20)},
               [&](Result<HistoryBatch> loaded) { answer.emplace(std::move(loaded)); });
  loop_.RunUntil([&] { return google_.Seen("results").size() > 2; });
  loop_.Advance(seconds(20));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().message, "BigQuery did not answer within 20s");
  loop_.RunUntil([&] { return !google_.Seen("cancelled").empty(); });
  EXPECT_EQ(google_.Seen("cancelled"), std::vector<std::string>{"job_1"});
}

TEST_F(BigqueryHistoryTest, ARefusalIsToldInItsWordsWithWhatToDo) {
  std::string denied = Refusal(403, "Access Denied: Project billed");
  EXPECT_THAT(denied, HasSubstr("Access Denied: Project billed"));
  EXPECT_THAT(denied, HasSubstr("bigquery.jobUser"));
  EXPECT_THAT(Refusal(404, "Not found: Table"), HasSubstr("history.bigquery.table"));
  EXPECT_THAT(Refusal(429, "Quota exceeded"), HasSubstr("Quota exceeded"));
}

TEST_F(BigqueryHistoryTest, WithoutAnAccountItSaysWhereOneIsNamed) {
  google_.no_account = true;
  BigqueryHistory history(loop_, Options());
  EXPECT_THAT(Load(history).error().message, HasSubstr("gcp.credentials_file"));
  BigqueryOptions options = Options();
  options.account.credentials_file = "/nowhere/key.json";
  BigqueryHistory other(loop_, options);
  EXPECT_THAT(Load(other).error().message, HasSubstr("/nowhere/key.json"));
}

TEST(BigqueryStatement, AnAnswerOfSomethingElseIsUnavailable) {
  for (const char* body : {"", "[]x", R"({"rows":[{"f":[{"v":"state"}]}]})"}) {
    EXPECT_FALSE(ReadBigqueryPage(body).ok()) << body;
  }
  BigqueryAnswer answer({.players = {PlayerId("a")}, .before = kDay});
  EXPECT_FALSE(answer.Take({.rows = {{"weather", "{}"}}}).ok());
  EXPECT_FALSE(answer.Take({.rows = {{"game", R"({"player":"a","points":9999})"}}}).ok());
  EXPECT_FALSE(answer.Finish().ok()) << "the state is missing";
}

TEST(BigqueryStatement, AQueryMayBeLimitedInWhatItCosts) {
  std::string request = BigqueryRequest({.table = "a.b.c", .bytes_max = 1 << 30},
                                        {.players = {PlayerId("a")}, .before = kDay}, seconds(1));
  EXPECT_THAT(request, HasSubstr("\"maximumBytesBilled\":\"1073741824\""));
  EXPECT_THAT(request, HasSubstr("\"timeoutMs\":1000"));
}

}  // namespace
}  // namespace tipoff
