#include "api/autopsies.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "support/api_world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;

class AutopsiesTest : public testing::Test {
 protected:
  AutopsiesTest() { api_.world.AddSlate(10); }

  // What the outbox does with an end: tells the target, and whether it has taken it.
  Status Tell(const BatchId& batch) {
    Notice notice;
    notice.announcement.kind = "batch.ended";
    notice.announcement.batch = batch;
    notice.batch = api_.world.Stored(batch);
    auto told = Await<Done>(api_.world.loop, [&](const DoneWith<Done>& done) {
      AutopsyAnnouncement(api_.process->loop, api_.process->store, api_.process->bus)(
          notice, [done](const AnnounceAnswer& answer) { done(answer.status); });
    });
    return told.ok() ? Ok() : Status(told.error());
  }

  HttpResponse Ask(const BatchId& batch) {
    return api_.Ask("GET", "/v1/batches/" + batch.str() + "/autopsy");
  }

  ApiWorld api_;
};

TEST_F(AutopsiesTest, F29_OfABatchThatFailedItTellsTheChainWhoIsMissingAndWhatToType) {
  BatchId id = api_.Start();
  EXPECT_EQ(Ask(id).status, 404) << "it runs";
  api_.world.loop.Advance(minutes(121));
  ASSERT_EQ(api_.world.Stored(id).phase, Phase::kFailed);
  EXPECT_EQ(Ask(id).status, 404) << "not written yet";
  ASSERT_TRUE(Tell(id).ok());
  ASSERT_TRUE(Tell(id).ok()) << "twice is the same";
  HttpResponse answer = Ask(id);
  ASSERT_EQ(answer.status, 200) << answer.body;
  boost::json::object autopsy = ApiWorld::Json(answer);
  EXPECT_EQ(autopsy.at("missing_total").to_number<int>(), 10);
  EXPECT_EQ(autopsy.at("missing").as_array().at(0).at("last_hop").as_string(), "published");
  EXPECT_EQ(autopsy.at("next_command").as_string(), "tipoff batch retry " + id.str());
  const boost::json::array& causes = autopsy.at("causes").as_array();
  ASSERT_GE(causes.size(), 2u);
  EXPECT_TRUE(causes.back().as_string().starts_with("worker: ")) << causes.back();
}

TEST_F(AutopsiesTest, OfABatchThatSucceededThereIsNone) {
  BatchId id = api_.Start();
  api_.world.WorkAll();
  ASSERT_EQ(api_.world.Stored(id).phase, Phase::kSucceeded);
  ASSERT_TRUE(Tell(id).ok());
  EXPECT_EQ(Ask(id).status, 404);
}

TEST_F(AutopsiesTest, F26_WhatCouldNotBeStoredIsToldAgain) {
  BatchId id = api_.Start();
  api_.world.loop.Advance(minutes(121));
  api_.process->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kRefused : Fault::kNone;
  };
  EXPECT_FALSE(Tell(id).ok());
}

}  // namespace
}  // namespace tipoff
