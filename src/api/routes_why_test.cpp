#include <gtest/gtest.h>

#include "api/routes.h"
#include "support/api_world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class WhyRouteTest : public testing::Test {
 protected:
  WhyRouteTest() {
    world_.world.AddSlate(5);
    world_.world.loop.Advance(seconds(1));
    batch_ = world_.Start();
    world_.world.loop.RunIdle();
  }

  boost::json::object Why(const std::string& query = "") {
    auto responder = world_.Send("GET", "/v1/batches/" + batch_.str() + "/why" + query);
    for (int i = 0; i < 200 && !responder->response; ++i) {
      world_.world.loop.Advance(std::chrono::milliseconds(100));
    }
    EXPECT_EQ(responder->response->status, 200) << responder->response->body;
    return ApiWorld::Json(*responder->response);
  }

  ApiWorld world_;
  BatchId batch_;
};

TEST_F(WhyRouteTest, F12_WithoutWorkersTheWorkerIsNamedWithTheCommandToType) {
  auto why = Why();
  EXPECT_EQ(why.at("layer"), "worker");
  EXPECT_EQ(why.at("next_command"), "tipoff worker");
  EXPECT_EQ(why.at("batch_id"), boost::json::value(batch_.str()));
  EXPECT_EQ(why.at("hops").at("published").at("count"), 5);
  EXPECT_EQ(why.at("hops").at("published").at("waiting"), 5);
  EXPECT_EQ(why.at("hops").at("counted").at("count"), 0);
  EXPECT_EQ(why.at("backlog").at("requests").at("state"), "known");
  EXPECT_EQ(why.at("backlog").at("requests").at("waiting"), 5);
}

TEST_F(WhyRouteTest, AtATimeBeforeTheEndTheAnswerIsThatOfThen) {
  world_.world.loop.Advance(minutes(1));
  std::string then = FormatInstant(world_.world.loop.Now());
  world_.world.loop.Advance(minutes(1));
  world_.world.WorkAll();
  EXPECT_EQ(Why().at("hops").at("counted").at("count"), 5);
  auto why = Why("?at=" + then);
  EXPECT_EQ(why.at("layer"), "worker");
  EXPECT_EQ(why.at("at"), boost::json::value(then));
  EXPECT_EQ(why.at("hops").at("counted").at("count"), 0);
  EXPECT_EQ(why.at("backlog").at("requests").at("state"), "unknown");
  EXPECT_TRUE(why.at("backlog").at("requests").at("waiting").is_null());
}

TEST_F(WhyRouteTest, F34_AStoreThatCanNotBeReadIsAnAnswer) {
  world_.process->store.fault = [](const std::string& call) {
    return call == "Load" ? Fault::kRefused : Fault::kNone;
  };
  auto why = Why();
  EXPECT_EQ(why.at("layer"), "store");
  EXPECT_TRUE(why.at("hops").is_null()) << "unknown is not 0";
}

TEST_F(WhyRouteTest, WhatIsAskedWronglyNamesTheField) {
  HttpResponse wrong = world_.Ask("GET", "/v1/batches/" + batch_.str() + "/why?at=yesterday");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("at"), std::string::npos);
  EXPECT_EQ(world_.Ask("GET", "/v1/batches/" + batch_.str() + "/why?since=1").status, 400);
  EXPECT_EQ(
      world_.Ask("GET", "/v1/batches/" + batch_.str() + "/why?at=2001-01-01T00:00:00Z").status,
      400);
  EXPECT_EQ(world_.Ask("GET", "/v1/batches/nobody/why").status, 404);
}

}  // namespace
}  // namespace tipoff
