#include "bus/messages.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

RequestMessage Message() {
  RequestMessage message;
  message.batch = BatchId("batch_2025-01-15_abc");
  message.ordinal = 7;
  message.attempt = 2;
  message.spec.player = PlayerId("1630595");
  message.spec.player_name = "Nikola Jokić";
  message.spec.game = GameId("0022400561");
  message.spec.game_date = *ParseDay("2025-01-15");
  message.spec.team = "DEN";
  message.spec.opponent = "HOU";
  message.spec.is_home = true;
  message.spec.projected_minutes = 36.5;
  message.spec.lines = {*Line::Parse("24.5"), *Line::Parse("25.0")};
  message.correlation_id = "corr";
  return message;
}

TEST(RequestMessage, ReadsBackAsWritten) {
  auto read = DecodeRequest(Encode(Message()));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->spec, Message().spec);
  EXPECT_EQ(read->ordinal, 7);
  EXPECT_EQ(read->attempt, 2);
  EXPECT_FALSE(read->history.has_value()) << "absent: not loaded";
}

TEST(RequestMessage, F06_UnknownHistoryIsNotEmptyHistory) {
  RequestMessage message = Message();
  message.history = PlayerHistory{message.spec.player, {}};
  auto empty = DecodeRequest(Encode(message));
  ASSERT_TRUE(empty.ok());
  ASSERT_TRUE(empty->history.has_value());
  EXPECT_TRUE(empty->history->games.empty()) << "loaded: he has none";

  GameRecord game;
  game.date = *ParseDay("2025-01-13");
  game.game = GameId("0022400550");
  game.season = "2024-25";
  game.team = "DEN";
  game.opponent = "DAL";
  game.minutes = 31.5f;
  game.points = 28;
  game.fga = 20;
  message.history->games = {game};
  message.teams = std::vector<TeamForm>{{"DAL", 30, 114.5, 110.25}};
  auto loaded = DecodeRequest(Encode(message));
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->history, message.history);
  EXPECT_EQ(loaded->teams, message.teams);
}

TEST(RequestMessage, ThePlatformsWorkersGetTheNewestThirtyGamesInSixFields) {
  EXPECT_EQ(Encode(Message()).find("historical_games_batch"), std::string::npos)
      << "not loaded: they ask for themselves";
  RequestMessage message = Message();
  message.history = PlayerHistory{message.spec.player, {}};
  auto parsed = [&] { return ParseJson(Encode(message)).value().as_object(); };
  EXPECT_TRUE(parsed().at("historical_games_batch").as_array().empty()) << "he really has none";
  for (int i = 0; i < 82; ++i) {
    GameRecord& game = message.history->games.emplace_back();
    game.date = *ParseDay("2025-01-13") - 3 * i;
    game.opponent = "DAL";
    game.points = 28;
    game.minutes = 31.5F;
  }
  auto games = parsed().at("historical_games_batch").as_array();
  ASSERT_EQ(games.size(), 30u);
  EXPECT_EQ(DumpJson(games[0]),
            R"({"game_date":"2025-01-13","opponent_team_abbr":"DAL","days_rest":2,)"
            R"("is_home":false,"points":28,"minutes_played":31.5})");
  EXPECT_EQ(parsed().at("history").as_array().size(), 82u);
}

TEST(RequestMessage, ThePlatformsFieldsArePresent) {
  auto json = *ParseJson(Encode(Message()));
  for (const char* field :
       {"player_lookup", "game_date", "game_id", "line_values", "team_abbr", "opponent_team_abbr",
        "is_home", "projected_minutes", "has_prop_line", "actual_prop_line", "line_source",
        "needs_bootstrap", "batch_id", "timestamp", "correlation_id"}) {
    EXPECT_TRUE(json.as_object().contains(field)) << field;
  }
  EXPECT_EQ(json.at("line_values").as_array().size(), 2u);
}

TEST(RequestMessage, F17_WhatIsMissingOrAbsurdIsNamed) {
  struct Case {
    const char* body;
    const char* field;
  };
  for (const Case& c : {Case{"{}", "batch_id"}, Case{R"({"batch_id":"b"})", "player_lookup"},
                        Case{R"({"batch_id":"b","player_lookup":"p"})", "game_date"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "line_values":["x"]})",
                             "line_values"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "ordinal":-4})",
                             "ordinal"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "history":[{"points":3}]})",
                             "history"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "projected_minutes":1e999})",
                             "projected_minutes"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "history":[{"game_date":"2025-01-13","points":3,
                                             "minutes_played":3e48}]})",
                             "minutes_played"},
                        Case{R"({"batch_id":"b","player_lookup":"p","game_date":"2025-01-15",
                                 "history":[],"teams":[{"team":"DEN","games":4294967297}]})",
                             "games"}}) {
    auto read = DecodeRequest(c.body);
    ASSERT_FALSE(read.ok()) << c.body;
    EXPECT_EQ(read.error().code, Errc::kInvalid);
    EXPECT_NE(read.error().message.find(c.field), std::string::npos) << read.error().message;
  }
}

TEST(RequestMessage, F17_UnknownFieldsAreTolerated) {
  auto read =
      DecodeRequest(R"({"batch_id":"b","player_lookup":"o'neal-jr.","game_date":"2025-01-15",
                                "something_new":{"a":[1]},"line_values":[null]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->ordinal, Completion::kNoOrdinal);
  EXPECT_TRUE(read->spec.lines.empty());
}

Completion Item(std::int64_t ordinal, RequestState status, int predictions) {
  Completion item;
  item.ordinal = ordinal;
  item.status = status;
  item.predictions = predictions;
  item.attempt = 1;
  item.worker = "host-1-x";
  item.worker_version = "0.1.0";
  return item;
}

TEST(CompletionMessage, OneOrManyReadBack) {
  for (std::size_t n : {1u, 3u}) {
    CompletionMessage message{BatchId("b"), {}};
    for (std::size_t i = 0; i < n; ++i) {
      message.completions.push_back(
          Item(static_cast<std::int64_t>(i), RequestState::kSucceeded, 5));
    }
    message.completions.back() = Item(static_cast<std::int64_t>(n), RequestState::kSkipped, 0);
    message.completions.back().reason = "NoHistory";
    auto read = DecodeReady(Encode(message));
    ASSERT_TRUE(read.ok()) << read.error().message;
    const auto& decoded = std::get<CompletionMessage>(*read);
    ASSERT_EQ(decoded.completions.size(), n);
    EXPECT_EQ(decoded.completions.back().status, RequestState::kSkipped);
    EXPECT_EQ(decoded.completions.back().reason, "NoHistory");
    EXPECT_EQ(decoded.completions.back().ordinal, static_cast<std::int64_t>(n));
    EXPECT_EQ(decoded.completions.back().worker, "host-1-x");
  }
}

TEST(CompletionMessage, ThePlatformsFormIsUnderstood) {
  auto read = DecodeReady(R"({"player_lookup":"lebronjames","game_date":"2026-01-28",
      "predictions_generated":25,"batch_id":"batch_2026-01-28_1","correlation_id":"c",
      "timestamp":"2026-01-28T15:00:00+00:00","worker_instance":"w-7"})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Completion& item = std::get<CompletionMessage>(*read).completions.at(0);
  EXPECT_EQ(item.status, RequestState::kSucceeded);
  EXPECT_EQ(item.ordinal, Completion::kNoOrdinal);
  EXPECT_EQ(item.player.str(), "lebronjames");
  EXPECT_EQ(item.attempt, 0) << "not told: the current one";
  auto none = DecodeReady(R"({"player_lookup":"x","predictions_generated":0,"batch_id":"b"})");
  EXPECT_EQ(std::get<CompletionMessage>(*none).completions.at(0).status, RequestState::kSkipped);
}

TEST(CompletionMessage, F17_NonsenseIsInvalid) {
  for (const char* body :
       {"[]", "{}", R"({"batch_id":"b"})", R"({"batch_id":"b","player_lookup":"p","status":"ok"})",
        R"({"batch_id":"b","player_lookup":"p","predictions_generated":-1})",
        R"({"batch_id":"b","player_lookup":"p","predictions_generated":1e99})",
        R"({"batch_id":"b","completions":[3]})", R"({"batch_id":7,"player_lookup":"p"})",
        R"({"batch_id":"b","leased":["x"]})", R"({"batch_id":"b","leased":[10000000]})"}) {
    auto read = DecodeReady(body);
    ASSERT_FALSE(read.ok()) << body;
    EXPECT_EQ(read.error().code, Errc::kInvalid);
  }
}

TEST(LeaseReport, ReadsBack) {
  auto read = DecodeReady(Encode(LeaseReport{BatchId("b"), {3, 4}, "w", "1"}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::get<LeaseReport>(*read).ordinals, (std::vector<std::uint32_t>{3, 4}));
}

TEST(LeaseReport, F17_AWorkersNameIsCutToThatOfAName) {
  auto read = DecodeReady(Encode(LeaseReport{BatchId("b"), {3}, std::string(5000, 'w'), "1"}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::get<LeaseReport>(*read).worker, std::string(200, 'w'));
}

TEST(CanaryMessage, GoesThereAndComesBack) {
  CanaryMessage sent{"0017-ab", Instant::FromMicros(1'000'000), Instant::FromMicros(31'000'000)};
  auto work = DecodeWork(Encode(sent));
  ASSERT_TRUE(work.ok()) << work.error().message;
  const auto& read = std::get<CanaryMessage>(*work);
  EXPECT_EQ(read.id, sent.id);
  EXPECT_EQ(read.sent_at, sent.sent_at);
  EXPECT_EQ(read.expires_at, sent.expires_at);
  auto ready = DecodeReady(Encode(CanaryAnswer{"0017-ab", Instant::FromMicros(5), "w", "2"}));
  ASSERT_TRUE(ready.ok()) << ready.error().message;
  const auto& answer = std::get<CanaryAnswer>(*ready);
  EXPECT_EQ(answer.id, "0017-ab");
  EXPECT_EQ(answer.worker, "w");
  EXPECT_EQ(answer.worker_version, "2");
}

TEST(CanaryMessage, WhoDoesNotKnowItFindsNoPlayerInIt) {
  EXPECT_FALSE(DecodeRequest(Encode(CanaryMessage{"1", {}, {}})).ok());
  EXPECT_FALSE(DecodeWork(R"({"canary":{"id":""}})").ok());
  EXPECT_FALSE(DecodeWork(R"({"canary":true})").ok());
}

}  // namespace
}  // namespace tipoff
