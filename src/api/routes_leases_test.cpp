#include <gtest/gtest.h>

#include "api/lease_desk.h"
#include "support/work_world.h"
#include "view/worker_presence.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kPredictions[] =
    R"({"predictions":[{"system":"mine","line":24.5,"predicted_points":23.4,"spread":6.1,
       "confidence":0.6,"recommendation":"UNDER","model_version":"mine/1",
       "components":{"l5":22.8}}],"data_version":"d1"})";

class LeasesTest : public testing::Test {
 protected:
  LeasesTest() { world_.StartBatch(); }

  static std::string Path(const json::value& lease, const std::string& verb) {
    return "/v1/leases/" + std::string(lease.at("token").as_string()) + ":" + verb;
  }
  static std::uint32_t Ordinal(const json::value& lease) {
    return lease.at("request").at("ordinal").to_number<std::uint32_t>();
  }
  HttpResponse Complete(const json::value& lease, const std::string& body = kPredictions) {
    return world_.Ask(Path(lease, "complete"), body);
  }
  HttpResponse Fail(const json::value& lease, const std::string& kind) {
    return world_.Ask(Path(lease, "fail"), R"({"kind":")" + kind + R"(","reason":"because"})");
  }
  static std::string State(const HttpResponse& response) {
    return std::string(ApiWorld::Json(response).at("state").as_string());
  }
  void ExpectProblem(const HttpResponse& response, int status, const std::string& word) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_NE(response.body.find(word), std::string::npos) << response.body;
  }
  void Suffer(const std::string& name, Fault fault) {
    world_.process->store.fault = [name, fault](const std::string& call) {
      return call == name ? fault : Fault::kNone;
    };
  }
  void Publish(const std::string& body) {
    world_.world.broker.Publish({Topic::Kind::kRequests, ""}, body, world_.world.loop.Now());
  }
  std::size_t OnTheBus() {
    Backlog left = world_.Left(Topic::Kind::kRequests);
    return left.waiting + left.leased;
  }

  WorkWorld world_;
};

TEST_F(LeasesTest, ARequestIsHandedOutWithItsHistoryInOneQueryForAll) {
  json::array leases = world_.Lease(R"(,"max":4)");
  ASSERT_EQ(leases.size(), 4u);
  EXPECT_EQ(world_.history.queries, 1);
  const json::value& first = leases[0];
  EXPECT_EQ(first.at("deliveries").to_number<int>(), 1);
  EXPECT_EQ(*ParseInstant(std::string_view(first.at("expires_at").as_string())),
            world_.world.loop.Now() + minutes(1));
  const json::value& request = first.at("request");
  EXPECT_EQ(request.at("batch_id").as_string(), world_.batch.str());
  EXPECT_EQ(request.at("player_lookup").as_string(), "player-0000");
  EXPECT_EQ(request.at("history").at(0).at("points").to_number<int>(), 20);
  EXPECT_EQ(request.at("teams").at(0).at("team").as_string(), "DEN");
  world_.world.loop.RunIdle();
  EXPECT_FALSE(world_.Row(0).hops.leased.never()) << "the lease was reported";
  EXPECT_EQ(world_.Row(0).worker, "w1");
}

TEST_F(LeasesTest, WhenNothingComesTheListIsEmpty) {
  EXPECT_EQ(world_.Lease(R"(,"max":100)").size(), 10u);
  EXPECT_EQ(world_.Lease().size(), 0u);
  auto waiting = world_.Send("/v1/leases", R"({"worker":"w","wait":"20s"})");
  world_.world.loop.Advance(seconds(19));
  EXPECT_FALSE(waiting->response.has_value());
  world_.world.loop.Advance(seconds(2));
  ASSERT_TRUE(waiting->response.has_value());
  EXPECT_EQ(waiting->response->body, "{\"leases\":[]}\n");
}

TEST_F(LeasesTest, F13_AWorkerThatLeftWhileItWaitedHoldsNothing) {
  json::value held = world_.Lease(R"(,"max":10)")[0];
  auto left = world_.Send("/v1/leases", R"({"worker":"w","wait":"30s","lease":"10m"})");
  world_.world.loop.Advance(seconds(1));
  left->gone = true;
  world_.Ask(Path(held, "release"));
  world_.world.loop.RunIdle();
  ASSERT_TRUE(left->response.has_value());
  EXPECT_EQ(left->response->body, "{\"leases\":[]}\n");
  EXPECT_EQ(world_.Lease().size(), 1u) << "given back at once";
}

TEST_F(LeasesTest, F13_AWorkerThatLeftWhileItsHistoryWasLoadedHoldsNothing) {
  auto left = world_.Send("/v1/leases", R"({"worker":"w","lease":"10m"})");
  world_.world.loop.RunUntil([&] {
    left->gone = world_.history.queries > 0;
    return left->response.has_value();
  });
  EXPECT_EQ(left->response->body, "{\"leases\":[]}\n");
  EXPECT_EQ(world_.Lease(R"(,"max":10)").size(), 10u) << "given back at once";
}

TEST_F(LeasesTest, NobodyWaitsForAWorkerThatLeftOrWhileTheProcessEnds) {
  world_.Lease(R"(,"max":10,"lease":"10m")");
  auto left = world_.Send("/v1/leases", R"({"worker":"w","wait":"30s"})");
  auto there = world_.Send("/v1/leases", R"({"worker":"v","wait":"30s"})");
  left->gone = true;
  world_.world.loop.Advance(seconds(3));
  EXPECT_TRUE(left->response.has_value());
  EXPECT_FALSE(there->response.has_value());
  *world_.draining = true;
  world_.world.loop.Advance(seconds(3));
  ASSERT_TRUE(there->response.has_value());
  EXPECT_EQ(there->response->body, "{\"leases\":[]}\n");
}

TEST_F(LeasesTest, AWholeBatchIsWorkedThroughThem) {
  for (const json::value& lease : world_.Lease(R"(,"max":10)")) {
    HttpResponse done = Complete(lease);
    EXPECT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(State(done), "succeeded");
  }
  world_.world.loop.RunIdle();
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(OnTheBus(), 0u) << "acked";
  const StagedResult& staged = world_.Everything().staged.at(3);
  EXPECT_EQ(staged.outcome.worker, "w1");
  EXPECT_EQ(staged.outcome.worker_version, "3");
  EXPECT_EQ(staged.data_version, "d1");
  const Prediction& prediction = staged.predictions.at(0);
  EXPECT_EQ(prediction.prediction_id,
            MakePredictionId(world_.batch, world_.Everything().requests.at(3).spec, "points",
                             "mine", Line::FromMilli(24500)));
  EXPECT_EQ(prediction.components.at(0).second, 22.8);
}

TEST_F(LeasesTest, F19_F39_CompletedTwiceTheFirstRowsStay) {
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  EXPECT_EQ(Complete(lease).status, 200);
  std::string other = kPredictions;
  other.replace(other.find("23.4"), 4, "11.1");
  HttpResponse again = Complete(lease, other);
  EXPECT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(State(again), "succeeded");
  EXPECT_EQ(world_.Everything().staged.at(0).predictions.at(0).predicted_points, 23.4);
  EXPECT_EQ(world_.Stored().counts[RequestState::kSucceeded], 1u);
  EXPECT_EQ(world_.Stored().predictions, 1);
}

TEST_F(LeasesTest, F13_AWorkerThatDiesGivesWayToAnotherAndItIsCountedOnce) {
  json::value lost = world_.Lease(R"(,"max":1)")[0];
  world_.world.loop.Advance(seconds(61));
  json::array second = world_.Lease(R"(,"max":10)");
  ASSERT_EQ(second.size(), 10u);
  json::value same;
  for (const json::value& lease : second) {
    if (Ordinal(lease) == Ordinal(lost)) same = lease;
  }
  EXPECT_EQ(same.at("deliveries").to_number<int>(), 2);
  ExpectProblem(world_.Ask(Path(lost, "heartbeat")), 410, "lost");
  EXPECT_EQ(world_.Ask(Path(lost, "release")).status, 200) << "ignored";
  EXPECT_EQ(world_.Ask(Path(same, "heartbeat")).status, 200) << "and harms nobody";
  // The dead one was only slow: its report counts, and the other's changes nothing.
  EXPECT_EQ(State(Complete(lost)), "succeeded");
  EXPECT_EQ(State(Complete(same)), "succeeded");
  EXPECT_EQ(world_.Stored().counts[RequestState::kSucceeded], 1u);
  EXPECT_EQ(world_.Stored().predictions, 1);
}

TEST_F(LeasesTest, AHeartbeatKeepsTheRequest) {
  json::value lease = world_.Lease(R"(,"max":10,"lease":"30s")")[0];
  world_.world.loop.Advance(seconds(20));
  HttpResponse kept = world_.Ask(Path(lease, "heartbeat"), R"({"lease":"2m"})");
  EXPECT_EQ(kept.status, 200);
  EXPECT_EQ(*ParseInstant(std::string_view(ApiWorld::Json(kept).at("expires_at").as_string())),
            world_.world.loop.Now() + minutes(2));
  world_.world.loop.Advance(seconds(60));
  EXPECT_EQ(world_.Lease(R"(,"max":10)").size(), 9u) << "all but the one that was kept";
}

TEST_F(LeasesTest, F40_NothingIsAckedBeforeItIsDurable) {
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  Suffer("Stage", Fault::kRefused);
  ExpectProblem(Complete(lease), 503, "refused");
  world_.world.loop.RunIdle();  // That it was leased is committed, and holds up nothing.
  Suffer("Commit", Fault::kRefused);
  auto pending = world_.Send(Path(lease, "complete"), kPredictions);
  world_.world.loop.Advance(seconds(25));
  ASSERT_TRUE(pending->response.has_value());
  EXPECT_EQ(pending->response->status, 503);
  EXPECT_EQ(OnTheBus(), 10u);
  Suffer("", Fault::kNone);
  EXPECT_EQ(State(Complete(lease)), "succeeded");
  EXPECT_EQ(OnTheBus(), 9u);
}

TEST_F(LeasesTest, F25_AnAnswerThatGotLostIsAskedForAgain) {
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  Suffer("Stage", Fault::kLostAnswer);
  EXPECT_EQ(Complete(lease).status, 503);
  Suffer("", Fault::kNone);
  EXPECT_EQ(Complete(lease).status, 200);
  EXPECT_EQ(world_.Stored().predictions, 1);
}

TEST_F(LeasesTest, F15_ASkipIsCountedWithItsReason) {
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  HttpResponse skipped = Fail(lease, "skip");
  EXPECT_EQ(State(skipped), "skipped") << skipped.body;
  EXPECT_EQ(world_.Row(0).state, RequestState::kSkipped);
  EXPECT_EQ(world_.Row(0).reason, "because");
  EXPECT_EQ(OnTheBus(), 9u);
  EXPECT_EQ(State(Complete(lease)), "skipped") << "the first result stays";
}

TEST_F(LeasesTest, F16_ADeterministicErrorHasBoundedTries) {
  for (int i = 1; i < 3; ++i) {
    json::value lease = world_.Lease(R"(,"max":1)")[0];
    EXPECT_EQ(Ordinal(lease), 0u);
    EXPECT_EQ(lease.at("deliveries").to_number<int>(), i);
    EXPECT_EQ(State(Fail(lease, "error")), "open");
    // The others are further behind only while this one waits.
    world_.world.loop.Advance(seconds(5));
  }
  EXPECT_EQ(State(Fail(world_.Lease(R"(,"max":1)")[0], "error")), "failed");
  EXPECT_EQ(world_.Row(0).state, RequestState::kFailed);
  EXPECT_EQ(world_.Row(0).reason, "because");
  EXPECT_EQ(OnTheBus(), 9u);
}

TEST_F(LeasesTest, ATransientFailureComesBackLaterAndAReleaseAtOnce) {
  json::array leases = world_.Lease(R"(,"max":10)");
  EXPECT_EQ(State(Fail(leases[0], "transient")), "open");
  EXPECT_EQ(world_.Lease().size(), 0u);
  EXPECT_EQ(State(world_.Ask(Path(leases[1], "release"))), "open");
  EXPECT_EQ(world_.Lease().size(), 1u);
  world_.world.loop.Advance(seconds(3));
  EXPECT_EQ(world_.Lease().size(), 1u);
}

TEST_F(LeasesTest, F06_UnknownHistoryIsNotHandedOutAsEmpty) {
  world_.history.down = true;
  ExpectProblem(world_.Ask("/v1/leases", R"({"worker":"w"})"), 503, "history is down");
  world_.world.loop.Advance(seconds(3));
  json::array leases = world_.Lease(R"(,"history":false)");
  ASSERT_EQ(leases.size(), 10u) << "given back with a back-off";
  EXPECT_FALSE(leases[0].at("request").as_object().contains("history"));
}

TEST_F(LeasesTest, F06_HistoryThatHangsIsGivenUp) {
  world_.history.hang = true;
  auto waiting = world_.Send("/v1/leases", R"({"worker":"w"})");
  world_.world.loop.Advance(seconds(11));
  ASSERT_TRUE(waiting->response.has_value());
  ExpectProblem(*waiting->response, 503, "10s");
}

TEST_F(LeasesTest, F17_F21_WhatIsOfNoUseIsNeverHandedOut) {
  for (const json::value& lease : world_.Lease(R"(,"max":10)")) Complete(lease);
  world_.world.loop.RunIdle();
  ASSERT_EQ(world_.Stored().phase, Phase::kSucceeded);
  Publish("\xff\xfe");
  Publish(R"({"batch_id":"batch_never","player_lookup":"x","game_date":"2020-01-01"})");
  RequestMessage over;
  over.batch = world_.batch;
  over.ordinal = 0;
  over.spec.player = PlayerId("player-0000");
  over.spec.game_date = *ParseDay("2025-01-15");
  Publish(Encode(over));
  EXPECT_EQ(world_.Lease().size(), 0u);
  world_.world.loop.RunIdle();
  EXPECT_EQ(OnTheBus(), 0u);
  EXPECT_EQ(world_.world.database.quarantine.size(), 2u);
}

TEST_F(LeasesTest, F32_AReportAfterTheEndIsKeptAsLate) {
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  world_.world.loop.Advance(std::chrono::hours(3));
  Batch end = world_.Stored();
  ASSERT_TRUE(IsTerminal(end.phase));
  HttpResponse late = Complete(lease);
  EXPECT_EQ(late.status, 200);
  EXPECT_TRUE(ApiWorld::Json(late).at("late").as_bool()) << late.body;
  EXPECT_EQ(world_.Stored().phase, end.phase);
  EXPECT_EQ(world_.Stored().counts, end.counts);
}

TEST_F(LeasesTest, APlainClientsRequestGetsItsNumber) {
  world_.Lease(R"(,"max":10)");
  Publish(R"({"batch_id":")" + world_.batch.str() +
          R"(","player_lookup":"player-0003","game_date":"2025-01-15","line_values":[null]})");
  json::array leases = world_.Lease();
  ASSERT_EQ(leases.size(), 1u);
  EXPECT_EQ(Ordinal(leases[0]), 3u);
}

TEST_F(LeasesTest, F48_WhatIsWrongIsNamed) {
  auto take = [&](const std::string& body) { return world_.Ask("/v1/leases", body); };
  ExpectProblem(take("{}"), 400, "worker: is missing");
  ExpectProblem(take(R"({"worker":7})"), 400, "worker");
  ExpectProblem(take(R"({"worker":"w","max":0})"), 400, "max");
  ExpectProblem(take(R"({"worker":"w","max":201})"), 400, "max");
  ExpectProblem(take(R"({"worker":"w","wait":"31s"})"), 400, "wait");
  ExpectProblem(take(R"({"worker":"w","wait":20})"), 400, "wait");
  ExpectProblem(take(R"({"worker":"w","lease":"1s"})"), 400, "lease");
  ExpectProblem(take(R"({"worker":"w","lase":"60s"})"), 400, "lase");
  ExpectProblem(take("[1"), 400, "JSON");
  json::value lease = world_.Lease(R"(,"max":1)")[0];
  ExpectProblem(Complete(lease, R"({"predictions":[]})"), 400, ":fail");
  ExpectProblem(Complete(lease, R"({"predictions":[{"system":"s","line":null,"predicted_points":20,
      "spread":-1,"confidence":0.5,"model_version":"v"}]})"),
                400, "predictions[0].spread");
  ExpectProblem(Fail(lease, "oops"), 400, "kind");
  ExpectProblem(world_.Ask(Path(lease, "fail"), R"({"kind":"skip"})"), 400, "reason");
  for (const char* verb : {"heartbeat", "complete", "fail", "release"}) {
    ExpectProblem(world_.Ask(std::string("/v1/leases/made-up:") + verb, kPredictions), 400,
                  "token");
  }
  LeaseTicket foreign{.token = {"x; DROP", 1}, .batch = BatchId("batch_never"), .ordinal = 0};
  ExpectProblem(world_.Ask("/v1/leases/" + Encode(foreign) + ":complete", kPredictions), 404,
                "batch_never");
  foreign = {.group = "other", .token = {"1", 1}, .batch = world_.batch, .ordinal = 0};
  ExpectProblem(world_.Ask("/v1/leases/" + Encode(foreign) + ":complete", kPredictions), 400,
                "group");
  EXPECT_EQ(world_.Stored().counts.terminal(), 0u);
}

TEST_F(LeasesTest, AWorkerElsewhereIsSeen) {
  world_.Lease(R"(,"group":"")");
  world_.world.loop.RunIdle();
  const auto& records = world_.world.database.records;
  auto found = records.find({"worker", "w1"});
  ASSERT_NE(found, records.end());
  auto presence = DecodeWorkerPresence(found->second.body);
  EXPECT_EQ(presence->version, "3");
  EXPECT_FALSE(presence->counts.has_value());
}

TEST_F(LeasesTest, AWorkerThatOnlyKeepsOrReportsIsSeenToo) {
  json::array leases = world_.Lease(R"(,"max":4,"lease":"10m")");
  auto silent_for = [&] {
    world_.world.loop.RunIdle();
    return world_.world.loop.Now() - world_.world.database.records.at({"worker", "w1"}).at;
  };
  int next = 0;
  for (const char* verb : {"heartbeat", "complete", "fail", "release"}) {
    world_.world.loop.Advance(seconds(40));
    EXPECT_GE(silent_for(), seconds(40));
    std::string body = std::string(verb) == "complete" ? kPredictions : "{}";
    if (std::string(verb) == "fail") body = R"({"kind":"error","reason":"because"})";
    world_.Ask(Path(leases[static_cast<std::size_t>(next++)], verb), body);
    EXPECT_LT(silent_for(), seconds(1)) << verb;
  }
}

}  // namespace
}  // namespace tipoff
