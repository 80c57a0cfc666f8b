#include "api/canaries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/api_world.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

ApiOptions WithCanaries(bool readiness) {
  ApiOptions options;
  options.canary = {minutes(1), 3, readiness};
  return options;
}

struct CanaryApi : ApiWorld {
  explicit CanaryApi(bool readiness = false) : ApiWorld(WithCanaries(readiness)) {}

  void Add(CanaryState state, int lost_periods = 1) {
    Canary canary;
    canary.id = "c" + std::to_string(1000 + ++count);
    canary.state = state;
    canary.sent_at = world.loop.Now();
    canary.worker = "w1";
    if (state == CanaryState::kBack) {
      canary.worked_at = canary.sent_at + seconds(1);
      canary.counted_at = canary.sent_at + seconds(3);
    } else {
      canary.lost_after = "published";
      canary.message = "no worker has taken it";
      canary.lost_periods = lost_periods;
    }
    world.database.PutRecord({std::string(kCanaryRecords), canary.id, {}, Encode(canary)},
                             PutMode::kReplace, world.loop.Now());
  }
  std::string Detail(const std::string& path) {
    json::object answer = Json(Ask("GET", path));
    for (const json::value& check : answer["checks"].as_array()) {
      if (check.at("name") == "canary") return std::string(check.at("detail").as_string());
    }
    return "";
  }
  int count = 0;
};

TEST(Canaries, F12_ADeadPathMakesReadinessSayNoWhereThatIsWanted) {
  for (bool readiness : {false, true}) {
    CanaryApi api(readiness);
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=1").status, 200) << "none was lost";
    api.Add(CanaryState::kBack);
    api.Add(CanaryState::kLost);
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=1").status, 200) << "one loss is none";
    api.Add(CanaryState::kLost, 2);
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=1").status, 503);
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=0").status, 200) << "asked to leave it out";
    EXPECT_EQ(api.Ask("GET", "/readyz").status, readiness ? 503 : 200);
    EXPECT_EQ(api.Ask("GET", "/health/deep").status, 503);
    EXPECT_THAT(api.Detail("/readyz"), HasSubstr("lost for 3 periods in a row"));
    EXPECT_THAT(api.Detail("/readyz"), HasSubstr("no worker has taken it"));
    api.Add(CanaryState::kBack);
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=1").status, 200);
    EXPECT_THAT(api.Detail("/readyz"), HasSubstr("after 3.0s, from worker 'w1'"));
    EXPECT_EQ(api.Ask("GET", "/readyz?canary=maybe").status, 400);
  }
}

TEST(Canaries, TheyAreListedNewestFirst) {
  CanaryApi api;
  api.Add(CanaryState::kBack);
  api.Add(CanaryState::kLost);
  json::object answer = ApiWorld::Json(api.Ask("GET", "/v1/canaries"));
  EXPECT_EQ(answer["losses"].to_number<int>(), 1);
  EXPECT_FALSE(answer["dead"].as_bool());
  EXPECT_EQ(answer["canaries"].at(0).at("id"), "c1002");
  EXPECT_EQ(answer["canaries"].at(0).at("lost_after"), "published");
}

TEST(Canaries, MetricsTellTheirAgeAndHops) {
  CanaryApi api;
  EXPECT_EQ(api.Ask("GET", "/metrics").body.find("tipoff_canary"), std::string::npos);
  api.Add(CanaryState::kBack);
  api.Add(CanaryState::kLost);
  api.world.loop.Advance(seconds(10));
  std::string text = api.Ask("GET", "/metrics").body;
  EXPECT_THAT(text, HasSubstr("tipoff_canary_losses 1\n"));
  EXPECT_THAT(text, HasSubstr("tipoff_canary_last_success_age_seconds 7\n"));
  EXPECT_THAT(text, HasSubstr("tipoff_canary_to_worker_seconds 1\n"));
  EXPECT_THAT(text, HasSubstr("tipoff_canary_from_worker_seconds 2\n"));
}

TEST(Canaries, WhereNoneFlyTheCheckSaysSo) {
  ApiWorld api;
  HttpResponse response = api.Ask("GET", "/readyz?canary=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("canary.period is 0s"));
}

}  // namespace
}  // namespace tipoff
