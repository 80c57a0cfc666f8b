// The sweep of the program that users run, on the store of the incident.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <set>

#include "base/instant.h"
#include "process/program.h"
#include "process/stuck_batches.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::hours;

class SweepProcessTest : public testing::Test {
 protected:
  Finished Tipoff(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    return RunTipoff(arguments);
  }
  json::array Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "json"});
    Finished asked = Tipoff(arguments);
    EXPECT_EQ(asked.exit, 0) << asked.err;
    return json::parse(asked.out).as_array();
  }
  static std::string Text(const json::value& object, const char* field) {
    const json::value& value = object.at(field);
    return value.is_string() ? std::string(value.as_string()) : "";
  }

  TempFolder data_;
};

TEST_F(SweepProcessTest, F28_F29_TheSweepAloneEndsTheStuckBatchesEachRightly) {
  std::vector<StuckBatch> stuck = TheStuckBatches();
  for (StuckBatch& batch : stuck) batch.age += hours(2);  // The next morning: all are overdue.
  WriteStuckBatches(data_.path(), stuck);
  Program serve({"--data", data_.path(), "serve", "--port", "0", "--workers", "0"});
  ASSERT_THAT(serve.FirstLine(), testing::StartsWith("listening on "));
  int looks = 0;
  while (!Ask({"batch", "list", "--live"}).empty()) ASSERT_LT(++looks, 200) << "some stay live";
  serve.Signal(SIGTERM);
  EXPECT_EQ(serve.Wait().exit, 0);
  json::array ended = Ask({"batch", "list", "--all"});
  ASSERT_EQ(ended.size(), 76u);
  std::map<std::string, json::value> by_id;
  for (const json::value& batch : ended) by_id[Text(batch, "batch_id")] = batch;
  for (const StuckBatch& batch : stuck) {
    const json::value& end = by_id.at(batch.id);
    EXPECT_EQ(Text(end, "status"), batch.done == 0 ? "failed" : "partial") << batch.id;
    EXPECT_EQ(Text(end, "reason"), "DeadlineExceeded") << batch.id;
    if (batch.done == 0) continue;
    json::array missing = Ask({"batch", "requests", batch.id, "--state", "expired"});
    std::set<std::string> players;
    for (const json::value& request : missing) players.insert(Text(request, "player_id"));
    EXPECT_EQ(players.size(), batch.expected - batch.done) << "names who is missing";
  }
  for (const json::value& entry : Ask({"batch", "journal", stuck.front().id})) {
    EXPECT_NE(Text(entry, "actor"), "") << "by the sweep; nobody has ordered anything";
  }
  EXPECT_TRUE(Ask({"audit"}).empty()) << "nobody was asked";
}

TEST_F(SweepProcessTest, F31_TheLeaseOfAKilledServerHoldsUpNoRun) {
  Finished demo = Tipoff({"demo", "-o", "json"});
  ASSERT_EQ(demo.exit, 0) << demo.err;
  std::string date = Text(json::parse(demo.out), "game_date");
  Program serve({"--data", data_.path(), "serve", "--port", "0", "--workers", "0"});
  ASSERT_THAT(serve.FirstLine(), testing::StartsWith("listening on "));
  Finished started = Tipoff({"batch", "start", "--date", date, "-o", "json"});
  ASSERT_EQ(started.exit, 0) << started.err;
  serve.Signal(SIGKILL);
  serve.Wait();
  Finished run = Tipoff({"run", "--date", date, "-o", "json"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, testing::HasSubstr("going on with"));
  json::value went_on = json::parse(run.out);
  EXPECT_EQ(Text(went_on, "status"), "succeeded");
  Instant from = *ParseInstant(Text(json::parse(started.out), "started_at"));
  EXPECT_LT(*ParseInstant(Text(went_on, "ended_at")) - from, std::chrono::seconds(15))
      << "less than the dead server's lease";
}

}  // namespace
}  // namespace tipoff
