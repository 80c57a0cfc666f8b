#include "predict/scores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/player_case.h"

namespace tipoff {
namespace {

GradeRow Row(const char* system, double predicted, std::optional<double> actual, int date = 1,
             double minutes = 30) {
  return {.game = GameId("g"),
          .game_date = OnDay("2026-01-01") + date,
          .player = PlayerId("p"),
          .system = system,
          .predicted_points = predicted,
          .spread = 6,
          .actual_points = actual,
          .minutes = minutes};
}

TEST(Scores, ByHand) {
  std::vector<GradeRow> rows{Row("a", 10, 14), Row("a", 20, 18), Row("a", 5, 15), Row("b", 7, 7),
                             Row("a", 30, std::nullopt)};
  std::vector<SystemScore> scores = ScoreSystems(rows);
  ASSERT_EQ(scores.size(), 4u) << "all, and one band, of two systems";
  EXPECT_EQ(scores[0].system, "a");
  EXPECT_EQ(scores[0].band, "all");
  EXPECT_EQ(scores[1].band, "26-32");
  EXPECT_EQ(scores[0].count, 3u);
  EXPECT_NEAR(scores[0].mae.value, (4 + 2 + 10) / 3.0, 1e-12);
  EXPECT_NEAR(scores[0].bias.value, (-4 + 2 - 10) / 3.0, 1e-12);
  EXPECT_NEAR(scores[0].rmse.value, std::sqrt((16 + 4 + 100) / 3.0), 1e-12);
  EXPECT_NEAR(scores[0].within_spread, 2 / 3.0, 1e-12);
  EXPECT_EQ(scores[2].mae.value, 0);
}

TEST(Scores, BandsOfMinutesAddUp) {
  std::vector<GradeRow> rows{Row("a", 5, 5, 1, 10), Row("a", 5, 7, 1, 20), Row("a", 5, 9, 1, 34)};
  std::vector<SystemScore> scores = ScoreSystems(rows);
  ASSERT_EQ(scores.size(), 4u);
  EXPECT_EQ(scores[1].band, "0-12");
  EXPECT_EQ(scores[3].band, "32+");
  EXPECT_EQ(scores[1].count + scores[2].count + scores[3].count, scores[0].count);
}

TEST(Scores, IntervalsAreDrawnByDatesAsWholes) {
  std::vector<GradeRow> alike, by_date;
  for (int date = 0; date < 40; ++date) {
    for (int game = 0; game < 10; ++game) {
      alike.push_back(Row("a", 10, game % 2 == 0 ? 12 : 18, date));
      by_date.push_back(Row("a", 10, date % 2 == 0 ? 12 : 18, date));
    }
  }
  SystemScore same = ScoreSystems(alike)[0], moody = ScoreSystems(by_date)[0];
  EXPECT_EQ(same.mae.value, moody.mae.value);
  EXPECT_EQ(same.mae.low, same.mae.high) << "every date is like every other";
  EXPECT_LT(moody.mae.low, 4.7);
  EXPECT_GT(moody.mae.high, 5.3);
  EXPECT_EQ(ScoreSystems(by_date)[0].mae, moody.mae) << "the same rows give the same interval";
}

TEST(Scores, CoverageCountsWhoEndsOnTheEdge) {
  GradeRow inside = Row("a", 10, 5), outside = Row("a", 10, 21), unsaid = Row("a", 10, 10);
  inside.quantiles = outside.quantiles = Quantiles{5, 10, 20};
  SystemScore score = ScoreSystems({inside, outside, unsaid})[0];
  EXPECT_EQ(score.intervals, 2u);
  EXPECT_EQ(score.coverage, 0.5);
}

TEST(Scores, F42_ALineThatIsHitExactlyIsNeitherWonNorLost) {
  GradeRow won = Row("a", 26, 27), lost = Row("a", 26, 20), exact = Row("a", 26, 24);
  for (GradeRow* row : {&won, &lost, &exact}) {
    row->line = Line::FromMilli(24000);
    row->p_over = 0.6;
    row->recommendation = Recommendation::kOver;
  }
  SystemScore score = ScoreSystems({won, lost, exact})[0];
  EXPECT_EQ(score.lines, 2u);
  EXPECT_NEAR(score.brier, (0.4 * 0.4 + 0.6 * 0.6) / 2, 1e-12);
  EXPECT_EQ(score.said, 2u);
  EXPECT_EQ(score.hit_rate, 0.5);
}

TEST(Scores, WorstMissesComeFirst) {
  std::vector<GradeRow> rows{Row("a", 10, 12), Row("b", 0, 60), Row("a", 10, 40), Row("a", 10, 0)};
  std::vector<GradeRow> misses = WorstMisses(rows, "a", 2);
  ASSERT_EQ(misses.size(), 2u);
  EXPECT_EQ(misses[0].actual_points, 40);
  EXPECT_EQ(misses[1].actual_points, 0);
}

}  // namespace
}  // namespace tipoff
