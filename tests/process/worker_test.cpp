// Workers in processes of their own: on one database, for a server elsewhere, and in Python.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono::seconds;

class WorkerProcessTest : public testing::Test {
 protected:
  // A demo league and a server without workers of its own.
  void SetUp() override {
    Finished demo = RunTipoff({"--data", data_.path(), "demo", "-o", "json"});
    ASSERT_EQ(demo.exit, 0) << demo.err;
    json::value run = ParseJson(demo.out).value();
    date_ = std::string(run.at("game_date").as_string());
    server_ = std::make_unique<Program>(
        std::vector<std::string>{"--data", data_.path(), "serve", "--port", "0", "--workers", "0"});
    std::string line = server_->FirstLine();
    url_ = line.substr(line.find("http"));
  }

  std::unique_ptr<Program> LocalWorker() {
    return std::make_unique<Program>(
        std::vector<std::string>{"--data", data_.path(), "worker", "--concurrency", "1"});
  }

  json::value Ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "batch");
    arguments.insert(arguments.end(), {"--url", url_, "-o", "json"});
    Finished asked = RunTipoff(arguments);
    auto value = ParseJson(asked.out);
    EXPECT_TRUE(value.ok()) << asked.err;
    return value.ok() ? *value : json::value();
  }
  std::string StartBatch() {
    return std::string(Ask({"start", "--date", date_}).at("batch_id").as_string());
  }
  // Waits for its end, which must be complete, and returns it.
  json::value Ended(const std::string& batch) {
    Finished wait = RunTipoff({"batch", "wait", batch, "--url", url_});
    EXPECT_EQ(wait.exit, 0) << wait.out << wait.err;
    return Ask({"get", batch});
  }
  // Predictions without what differs from batch to batch.
  std::string Predictions(const std::string& batch) {
    json::value predictions = Ask({"predictions", batch});
    for (json::value& prediction : predictions.as_array()) {
      prediction.as_object().erase("prediction_id");
    }
    return DumpJson(predictions);
  }
  std::set<std::string> Field(const std::string& what, const std::string& batch,
                              const char* field) {
    std::set<std::string> values;
    json::value rows = Ask({what, batch});
    for (const json::value& row : rows.as_array()) {
      if (row.at(field).is_string()) values.emplace(row.at(field).as_string());
    }
    return values;
  }

  TempFolder data_;
  std::string date_, url_;
  std::unique_ptr<Program> server_;
};

TEST_F(WorkerProcessTest, F12_WhyNamesTheMissingWorkersAlsoWhenTheyHaveComeSince) {
  std::string batch = StartBatch();
  json::value why;
  // Until the requests are published it may still say that all is well.
  for (int i = 0; i < 50; ++i) {
    why = Ask({"why", batch});
    if (why.at("layer") == "worker") break;
  }
  EXPECT_EQ(why.at("layer"), "worker") << json::serialize(why);
  EXPECT_EQ(why.at("next_command"), "tipoff worker");
  std::string then(why.at("at").as_string());

  auto worker = LocalWorker();
  Ended(batch);
  EXPECT_EQ(Ask({"why", batch}).at("layer"), "none");
  EXPECT_EQ(Ask({"why", batch, "--at", then}).at("layer"), "worker") << "that is how it was then";
  Finished newest = RunTipoff({"batch", "why", "--url", url_});
  EXPECT_EQ(newest.exit, 0) << newest.err;
  EXPECT_TRUE(newest.out.starts_with("nothing is wrong: ")) << newest.out;
  Finished on_folder = RunTipoff({"--data", data_.path(), "batch", "why", batch});
  EXPECT_EQ(on_folder.exit, 0) << on_folder.err;
}

TEST_F(WorkerProcessTest, F13_KilledWorkersLoseNothingAndNothingIsCountedTwice) {
  std::string expected;
  for (useconds_t delay_us : {0u, 5'000u, 15'000u, 30'000u, 60'000u}) {
    auto doomed = LocalWorker();
    std::string batch = StartBatch();
    usleep(delay_us);
    doomed->Signal(SIGKILL);
    doomed->Wait();
    auto second = LocalWorker();
    json::value end = Ended(batch);
    EXPECT_EQ(end.at("counts").at("open").to_number<int>(), 0);
    std::string predictions = Predictions(batch);
    if (expected.empty()) expected = predictions;
    EXPECT_EQ(predictions, expected) << "killed after " << delay_us << " us";
    second->Signal(SIGTERM);
    EXPECT_EQ(second->Wait(seconds(10)).exit, 0);
  }
}

TEST_F(WorkerProcessTest, AWorkerElsewherePredictsTheSameAndStopsWhenTold) {
  auto local = LocalWorker();
  std::string first = StartBatch();
  Ended(first);
  local->Signal(SIGTERM);
  Finished stopped = local->Wait(seconds(10));
  EXPECT_EQ(stopped.exit, 0) << stopped.err;
  EXPECT_NE(stopped.err.find("working for " + data_.path()), std::string::npos);

  Program remote({"worker", "--url", url_, "--name", "far"});
  std::string second = StartBatch();
  Ended(second);
  EXPECT_EQ(Predictions(second), Predictions(first));
  for (const std::string& worker : Field("requests", second, "worker")) {
    EXPECT_EQ(worker.substr(0, 4), "far-");
  }
  remote.Signal(SIGTERM);
  EXPECT_EQ(remote.Wait(seconds(10)).exit, 0);
}

TEST_F(WorkerProcessTest, ThePythonExampleWorksABatch) {
  if (access("/usr/bin/python3", X_OK) != 0) GTEST_SKIP() << "there is no python3";
  std::string batch = StartBatch();
  Program python("/usr/bin/python3", {std::string(TIPOFF_SOURCE_DIR) + "/examples/python_worker.py",
                                      "--url", url_, "--once", "--max-seconds", "60"});
  json::value end = Ended(batch);
  EXPECT_GT(end.at("counts").at("succeeded").to_number<int>(), 20);
  EXPECT_EQ(python.Wait(seconds(60)).exit, 0);
  EXPECT_EQ(Field("predictions", batch, "system"), (std::set<std::string>{"python_mean5"}));
}

TEST_F(WorkerProcessTest, WithoutADatabaseItEndsAndSaysWhy) {
  Finished nowhere = RunTipoff({"--data", data_ / "nowhere", "worker"});
  EXPECT_EQ(nowhere.exit, 4);
  EXPECT_NE(nowhere.err.find("serve"), std::string::npos) << nowhere.err;

  auto worker = LocalWorker();
  std::string batch = StartBatch();
  Ended(batch);
  server_->Signal(SIGKILL);
  server_->Wait();
  fs::remove(data_ / "tipoff.db");
  Finished gone = worker->Wait(seconds(20));
  EXPECT_EQ(gone.exit, 1);
  EXPECT_NE(gone.err.find("has gone"), std::string::npos) << gone.err;
}

TEST_F(WorkerProcessTest, F34_AServerThatRestartsIsWaitedFor) {
  Program remote({"worker", "--url", url_});
  Ended(StartBatch());
  server_->Signal(SIGKILL);
  server_->Wait();
  server_ = std::make_unique<Program>(
      std::vector<std::string>{"--data", data_.path(), "serve", "--port",
                               url_.substr(url_.rfind(':') + 1), "--workers", "0"});
  server_->FirstLine();
  Ended(StartBatch());
  remote.Signal(SIGTERM);
  EXPECT_EQ(remote.Wait(seconds(10)).exit, 0);
}

}  // namespace
}  // namespace tipoff
