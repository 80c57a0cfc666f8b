#include "app/batch_why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "support/fake_api.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

json::object WorkersAreAway() {
  json::object hop{{"count", 117},
                   {"waiting", 0},
                   {"oldest_waiting_at", nullptr},
                   {"oldest_waiting_seconds", nullptr}};
  json::object published = hop;
  published["waiting"] = 117;
  published["oldest_waiting_at"] = "2026-01-28T00:00:00.000Z";
  published["oldest_waiting_seconds"] = 240;
  json::object leased = hop;
  leased["count"] = nullptr;
  return {{"batch_id", "b1"},
          {"at", "2026-01-28T00:04:00.000Z"},
          {"layer", "worker"},
          {"sentence", "117 requests wait for workers, and no worker was there."},
          {"confidence", 0.9},
          {"evidence", json::array{json::object{{"name", "workers"}, {"detail", "0 there"}},
                                   json::object{{"name", "published"}, {"detail", "117"}}}},
          {"hops",
           {{"recorded", hop},
            {"published", published},
            {"leased", leased},
            {"reported", hop},
            {"counted", hop}}},
          {"next_command", "tipoff worker"}};
}

class BatchWhy : public testing::Test {
 protected:
  FakeApi api_{[](const std::string&, const std::string& path, const json::object&) {
    HttpResponse response;
    response.status = 200;
    if (path.find("/why") != std::string::npos) {
      response.body = json::serialize(WorkersAreAway());
    } else {
      response.body = R"({"batches":[{"batch_id":"newest"}],"next_cursor":null})";
    }
    return response;
  }};
  FakeConsole console_;
};

TEST_F(BatchWhy, TheFirstLineIsTheLayerAndTheSentenceTheLastOneWhatToType) {
  EXPECT_EQ(ExplainBatch(api_, console_, Output::kTable, {.id = "b1"}), kExitSucceeded);
  EXPECT_THAT(console_.out, StartsWith("worker: 117 requests wait for workers"));
  EXPECT_THAT(console_.out, HasSubstr("published"));
  EXPECT_THAT(console_.out, HasSubstr("4m"));
  EXPECT_THAT(console_.out, HasSubstr("unknown")) << "a hop that nobody reports is not 0";
  EXPECT_THAT(console_.out, HasSubstr("0 there"));
  EXPECT_THAT(console_.out, testing::EndsWith("\nnext: tipoff worker\n"));
  EXPECT_THAT(api_.calls, ElementsAre("GET /v1/batches/b1/why"));
}

TEST_F(BatchWhy, WithoutAnIdTheNewestBatchIsExplained) {
  EXPECT_EQ(ExplainBatch(api_, console_, Output::kTable, {}), kExitSucceeded);
  ASSERT_EQ(api_.calls.size(), 2u);
  EXPECT_EQ(api_.calls[1], "GET /v1/batches/newest/why");
}

TEST_F(BatchWhy, ATimeIsHandedOnAndAMistakeInItNamesTheFlag) {
  WhyArguments past{.id = "b1", .at = "2026-01-28T00:04:00Z"};
  EXPECT_EQ(ExplainBatch(api_, console_, Output::kJson, past), kExitSucceeded);
  EXPECT_THAT(api_.calls, ElementsAre("GET /v1/batches/b1/why?at=2026-01-28T00:04:00.000Z"));
  EXPECT_EQ(json::parse(console_.out).at("layer"), "worker");
  past.at = "yesterday";
  EXPECT_EQ(ExplainBatch(api_, console_, Output::kJson, past), kExitUsage);
}

TEST_F(BatchWhy, WhereTheStoreCanNotBeReadThereIsNoTableOfHops) {
  json::object why = WorkersAreAway();
  why["hops"] = nullptr;
  EXPECT_THAT(FormatWhy(why, Output::kTable), Not(HasSubstr("recorded")));
}

}  // namespace
}  // namespace tipoff
