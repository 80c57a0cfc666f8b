#include "core/slate.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

SlatePlayer Player(std::string id, double minutes) {
  SlatePlayer player;
  player.player = PlayerId(std::move(id));
  player.game = GameId("g1");
  player.mean_minutes = minutes;
  return player;
}

std::vector<std::string> Selected(const Slate& slate, const SlateOptions& options = {}) {
  std::vector<std::string> ids;
  for (const RequestSpec& spec : SelectRequests(slate, options)) ids.push_back(spec.player.str());
  return ids;
}

TEST(SelectRequests, TakesWhoPlaysEnough) {
  Slate slate;
  slate.players = {Player("b", 15), Player("a", 30), Player("c", 14.9)};
  EXPECT_EQ(Selected(slate), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(Selected(slate, {.min_minutes = 10}).size(), 3u);
}

TEST(SelectRequests, LeavesOutWhoIsOutOrDoubtfulUnlessHeHasALine) {
  Slate slate;
  for (const char* status : {"OUT", "DOUBTFUL", "QUESTIONABLE", ""}) {
    slate.players.push_back(Player(std::string("p-") + status, 30));
    slate.players.back().availability = status;
  }
  EXPECT_EQ(Selected(slate), (std::vector<std::string>{"p-", "p-QUESTIONABLE"}));
  slate.players[0].lines = {{"book", *Line::Parse("20.5")}};
  EXPECT_EQ(Selected(slate), (std::vector<std::string>{"p-", "p-OUT", "p-QUESTIONABLE"}));
}

TEST(SelectRequests, ALineIsEnough) {
  Slate slate;
  slate.players = {Player("bench", 3)};
  slate.players[0].recent = false;
  slate.players[0].lines = {{"book", *Line::Parse("2.5")}};
  EXPECT_EQ(Selected(slate).size(), 1u);
}

TEST(SelectRequests, F08_ADuplicatedPlayerIsAskedForOnce) {
  Slate slate;
  slate.players = {Player("a", 30), Player("a", 30)};
  EXPECT_EQ(Selected(slate).size(), 1u);
}

TEST(SelectRequests, TakesTheMainLineOrAllDistinctOnes) {
  Slate slate;
  slate.players = {Player("a", 30)};
  slate.players[0].lines = {{"x", *Line::Parse("24.5")},
                            {"y", *Line::Parse("25")},
                            {"z", *Line::Parse("24.5")},
                            {"w", *Line::Parse("25.0")}};
  EXPECT_EQ(SelectRequests(slate, {})[0].lines, std::vector<Line>{*Line::Parse("24.5")});
  EXPECT_EQ(SelectRequests(slate, {.use_multiple_lines = true})[0].lines.size(), 2u);
}

}  // namespace
}  // namespace tipoff
