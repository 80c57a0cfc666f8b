#include "predict/rate_minutes.h"

#include <gtest/gtest.h>

#include <set>

#include "support/player_case.h"

namespace tipoff {
namespace {

Estimate Of(const PlayerCase& player) {
  PredictionInput input = player.input();
  return RateMinutes().Predict({&input, 1}).front().value();
}

double Component(const Estimate& estimate, std::string_view name) {
  for (const auto& [key, value] : estimate.components) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no component " << name;
  return 0;
}

TEST(RateMinutes, MeanIsMinutesTimesRate) {
  PlayerCase player;
  player.PlayedSteadily(40, 15);
  Estimate estimate = Of(player);
  EXPECT_NEAR(estimate.mean,
              Component(estimate, "expected_minutes") * Component(estimate, "points_per_minute"),
              1e-9);
  EXPECT_NEAR(estimate.mean, 15, 1);  // Who always scores 15 is expected to.
}

TEST(RateMinutes, MoreMinutesLatelyMeanMorePoints) {
  PlayerCase usual, promoted;
  usual.PlayedSteadily(30, 10, 20);
  promoted.PlayedSteadily(3, 15, 30).PlayedSteadily(27, 10, 20);
  EXPECT_GT(Of(promoted).mean, Of(usual).mean + 2);
}

TEST(RateMinutes, SoftDefenceAndHomeCourtAddPoints) {
  PlayerCase plain, soft, away;
  for (PlayerCase* player : {&plain, &soft, &away}) player->PlayedSteadily(30, 20);
  soft.teams[1].points_against = 121;
  away.request.is_home = false;
  EXPECT_GT(Of(soft).mean, Of(plain).mean + 0.5);
  EXPECT_LT(Of(away).mean, Of(plain).mean);
}

TEST(RateMinutes, BackFromALongAbsenceHePlaysLess) {
  PlayerCase rested, back;
  rested.PlayedSteadily(30, 20);
  back.Played(40, 20);
  back.PlayedSteadily(29, 20);
  EXPECT_LT(Component(Of(back), "expected_minutes"), Component(Of(rested), "expected_minutes") - 2);
}

TEST(RateMinutes, OneGreatGameIsDrawnToTheLeague) {
  PlayerCase one, many;
  one.Played(2, 40, 40);
  many.PlayedSteadily(40, 40, 40);
  EXPECT_LT(Of(one).mean, 26);
  EXPECT_GT(Of(many).mean, 34);
  EXPECT_GT(Of(one).spread / Of(one).mean, Of(many).spread / Of(many).mean);
  EXPECT_LT(Of(one).confidence, Of(many).confidence);
}

TEST(RateMinutes, LuckyShootingCountsLessThanShots) {
  PlayerCase lucky,
      busy;  // Both scored 20 a game lately, one by shooting well, one by shooting more.
  lucky.PlayedSteadily(5, 20).PlayedSteadily(30, 12);
  busy = lucky;
  for (std::size_t i = 0; i < lucky.history.games.size(); ++i) {
    lucky.history.games[i].fga = 10;
    busy.history.games[i].fga = i < 5 ? 17 : 10;
    lucky.history.games[i].fta = busy.history.games[i].fta = 0;
  }
  EXPECT_GT(Of(busy).mean, Of(lucky).mean + 1);
}

TEST(RateMinutes, NoMinutesAtAllIsStillANumber) {
  PlayerCase player;
  player.Played(2, 0, 0);
  EXPECT_GE(Of(player).mean, 0);
  EXPECT_GT(Of(player).spread, 0);
}

TEST(RateMinutes, TermsAreNamedOnce) {
  std::set<std::string_view> names;
  for (const MinutesTerm& term : MinutesTerms()) EXPECT_TRUE(names.insert(term.name).second);
}

}  // namespace
}  // namespace tipoff
