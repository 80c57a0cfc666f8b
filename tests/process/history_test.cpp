// Who loads the history must not matter to anybody, however slow it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

// Far less than the delay: whoever waits for the delayed history fails.
constexpr char kDelay[] = "205s";
constexpr seconds kSoon(100);

class HistoryProcessTest : public testing::Test {
 protected:
  void SetUp() override {
    json::value demo = Run({"demo"});
    date_ = std::string(demo.at("game_date").as_string());
    expected_ = Essence(demo);
  }

  json::value Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    return Ask(std::move(arguments));
  }
  static json::value Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    Program program(arguments);
    Finished finished = program.Wait(kSoon);
    EXPECT_EQ(finished.exit, 0) << finished.err;
    auto answer = ParseJson(finished.out);
    EXPECT_TRUE(answer.ok()) << finished.out.substr(0, 500);
    return answer.ok() ? *answer : json::value();
  }

  // What must be equal whoever loads: everything but ids and times.
  static std::string Essence(const json::value& run) {
    json::array predictions = run.at("predictions").as_array();
    EXPECT_FALSE(predictions.empty());
    for (json::value& prediction : predictions) prediction.as_object().erase("prediction_id");
    return DumpJson(
        json::object{{"status", run.at("status")}, {"predictions", std::move(predictions)}});
  }

  TempFolder data_;
  std::string date_, expected_;
};

TEST_F(HistoryProcessTest, F06_ARunWithADelayedPrefetchPredictsTheSameInTime) {
  EXPECT_EQ(Essence(Run({"run", "--date", date_, "--history-delay", kDelay})), expected_);
}

TEST_F(HistoryProcessTest, APrefetchedHistoryGivesTheSamePredictions) {
  std::ofstream(data_ / "tipoff.toml") << "[history]\nmode = \"prefetch\"\n";
  EXPECT_EQ(Essence(Run({"run", "--date", date_})), expected_);
}

TEST_F(HistoryProcessTest, F06_AServerWithADelayedPrefetchStartsAndEndsABatchInTime) {
  Program serve({"--data", data_.path(), "serve", "--port", "0", "--workers", "2",
                 "--history-delay", kDelay});
  std::string line = serve.FirstLine();
  ASSERT_THAT(line, testing::StartsWith("listening on "));
  json::value batch = Ask({"batch", "start", "--date", date_, "--wait", "--url",
                           line.substr(std::string("listening on ").size())});
  EXPECT_EQ(batch.at("status").as_string(), "succeeded");
  serve.Signal(SIGTERM);
  Finished served = serve.Wait(kSoon);
  EXPECT_EQ(served.exit, 0);
  EXPECT_THAT(served.err, testing::HasSubstr("requests go without their history"));
}

TEST_F(HistoryProcessTest, ADelayThatIsNoDurationIsRefused) {
  EXPECT_EQ(RunTipoff({"run", "--date", date_, "--history-delay", "205"}).exit, 2);
}

}  // namespace
}  // namespace tipoff
