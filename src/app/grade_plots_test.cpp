#include "app/grade_plots.h"

#include <gtest/gtest.h>

#include "support/player_case.h"

namespace tipoff {
namespace {

std::vector<GradeRow> Rows() {
  std::vector<GradeRow> rows;
  for (int i = 0; i < 100; ++i) {
    GradeRow row{.game = GameId("g"),
                 .game_date = OnDay("2026-01-01"),
                 .player = PlayerId("p"),
                 .system = "a",
                 .predicted_points = 10,
                 .spread = 6,
                 .actual_points = i / 5};
    row.quantiles = Quantiles{1.5, 9.5, 17.5};
    row.line = Line::FromMilli(9500);
    row.p_over = 0.5;
    rows.push_back(row);
  }
  return rows;
}

TEST(GradePlots, ReliabilityShowsWhatWasSaidAndWhatCame) {
  std::string svg = ReliabilityPlot(Rows(), "a");
  EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
  EXPECT_NE(svg.find("said 0.100, came 0.100, of 100"), std::string::npos) << svg;
  EXPECT_NE(svg.find("said 0.900, came 0.900, of 100"), std::string::npos);
  EXPECT_NE(svg.find("said 0.500, came 0.500, of 100"), std::string::npos);
}

TEST(GradePlots, ResidualsAreBinnedByWhatWasPredicted) {
  std::string svg = ResidualPlot(Rows(), "a");
  EXPECT_NE(svg.find("10 to 12: mean -0.50, of 100"), std::string::npos) << svg;
}

TEST(GradePlots, WithoutRowsThereIsAnEmptyFrame) {
  EXPECT_EQ(ReliabilityPlot({}, "a").find("said 0"), std::string::npos);
  EXPECT_TRUE(ResidualPlot(Rows(), "b").ends_with("</svg>\n"));
}

TEST(GradePlots, AFolderThatCannotBeMadeIsSaid) {
  Status written = WritePlots("/proc/nowhere", Rows(), "a");
  ASSERT_FALSE(written.ok());
  EXPECT_NE(written.error().message.find("--plot: cannot create /proc/nowhere"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
