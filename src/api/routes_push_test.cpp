#include "api/routes.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "support/work_world.h"

namespace tipoff {
namespace {

using std::chrono::seconds;

std::string Envelope(const std::string& data, const std::string& more = "") {
  return R"({"message":{"data":")" + Base64Encode(data) +
         R"(","messageId":"1","publishTime":"2025-06-15T15:06:40Z"},"subscription":"s")" + more +
         "}";
}

class PushRoutesTest : public testing::Test {
 protected:
  PushRoutesTest() { world_.StartBatch(); }

  std::string PlatformCompletion(const std::string& player, int predictions = 25) {
    return R"({"player_lookup":")" + player + R"(","game_date":"2025-01-15","batch_id":")" +
           world_.batch.str() + R"(","predictions_generated":)" + std::to_string(predictions) +
           R"(,"correlation_id":"c","timestamp":"2025-01-15T12:00:00Z","worker_instance":"p1"})";
  }
  std::vector<std::string> Requests() {
    std::vector<std::string> bodies;
    for (Delivery& delivery : world_.world.broker.Lease(
             {Topic::Kind::kRequests, ""}, Incarnation("pusher"), {}, world_.world.loop.Now())) {
      bodies.push_back(std::move(delivery.body));
    }
    return bodies;
  }
  std::size_t quarantined() { return world_.world.database.quarantine.size(); }
  void Suffer(const std::string& name, Fault fault) {
    world_.process->store.fault = [name, fault](const std::string& call) {
      return call == name ? fault : Fault::kNone;
    };
  }

  WorkWorld world_;
};

TEST_F(PushRoutesTest, ThePlatformsCompletionIsCountedAndAcked) {
  HttpResponse response = world_.Ask("/complete", Envelope(PlatformCompletion("player-0003")));
  EXPECT_EQ(response.status, 204) << response.body;
  EXPECT_EQ(world_.Row(3).state, RequestState::kSucceeded);
  EXPECT_EQ(world_.Row(3).worker, "p1");
  EXPECT_EQ(world_.Stored().predictions, 25);
}

TEST_F(PushRoutesTest, F19_PushedTwiceItIsCountedOnce) {
  std::string body = Envelope(PlatformCompletion("player-0003"));
  EXPECT_EQ(world_.Ask("/complete", body).status, 204);
  EXPECT_EQ(world_.Ask("/complete", body).status, 204);
  EXPECT_EQ(world_.Stored().counts[RequestState::kSucceeded], 1u);
  EXPECT_EQ(world_.Stored().predictions, 25);
}

TEST_F(PushRoutesTest, F17_MalformedPushesAreAckedAndKept) {
  std::vector<std::string> malformed{"",
                                     "nonsense",
                                     "{}",
                                     R"({"message":{"data":"%%%"}})",
                                     PlatformCompletion("player-0003"),
                                     Envelope("no json"),
                                     Envelope("{}"),
                                     Envelope(std::string("\0\xff", 2))};
  for (const std::string& body : malformed) {
    EXPECT_EQ(world_.Ask("/complete", body).status, 204) << body;
    EXPECT_EQ(world_.Ask("/predict", body).status, 204) << body;
  }
  EXPECT_EQ(quarantined(), 2 * malformed.size());
  EXPECT_EQ(world_.Stored().counts.terminal(), 0u);
}

TEST_F(PushRoutesTest, F17_AMessageOf4MBIsAckedAndItsBeginningKept) {
  std::string huge = R"({"player_lookup":")" + std::string(4'000'000, 'x') + R"("})";
  EXPECT_EQ(world_.Ask("/complete", Envelope(huge)).status, 204);
  EXPECT_EQ(world_.Ask("/predict", Envelope(huge)).status, 204);
  ASSERT_EQ(quarantined(), 2u);
  for (const Quarantined& kept : world_.world.database.quarantine) {
    EXPECT_EQ(kept.body, huge.substr(0, 4096));
    EXPECT_NE(kept.reason.find("1048576"), std::string::npos) << kept.reason;
  }
}

TEST_F(PushRoutesTest, F21_AnUnknownBatchOrPlayerIsAckedAndKept) {
  EXPECT_EQ(world_.Ask("/complete", Envelope(PlatformCompletion("nobody"))).status, 204);
  EXPECT_EQ(world_
                .Ask("/complete", Envelope(R"({"batch_id":"batch_never","player_lookup":"x",
                                                 "predictions_generated":1})"))
                .status,
            204);
  EXPECT_EQ(quarantined(), 2u);
}

TEST_F(PushRoutesTest, F25_AStoreErrorIsNever2xx) {
  Suffer("Commit", Fault::kRefused);
  auto pending = world_.Send("/complete", Envelope(PlatformCompletion("player-0003")));
  world_.world.loop.Advance(seconds(30));
  ASSERT_TRUE(pending->response.has_value());
  EXPECT_EQ(pending->response->status, 503);
  EXPECT_EQ(pending->response->headers.at(0).first, "Retry-After");
  Suffer("Quarantine", Fault::kRefused);
  EXPECT_EQ(world_.Ask("/complete", "nonsense").status, 503);
}

TEST_F(PushRoutesTest, APushedRequestIsWorked) {
  for (const std::string& body : Requests()) {
    auto responder = world_.Send("/predict", Envelope(body));
    world_.world.loop.RunUntil([&] { return responder->response.has_value(); });
    EXPECT_EQ(responder->response->status, 204) << responder->response->body;
  }
  world_.world.loop.RunIdle();
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 20);
}

TEST_F(PushRoutesTest, F06_ARequestThatCannotBeWorkedNowIsSentAgain) {
  world_.history.down = true;
  HttpResponse response = world_.Ask("/predict", Envelope(Requests()[0]));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.at(0).first, "Retry-After");
}

TEST(PushRoutes, WithoutAPushWorkerTheDoorIsClosed) {
  WorkWorld world(false);
  HttpResponse response = world.Ask("/predict", Envelope("{}"));
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
}

}  // namespace
}  // namespace tipoff
