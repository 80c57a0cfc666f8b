// The operator's seven tools, tried on a store with 76 stuck batches: list them, inspect one, check
// whether one is stalled, force-complete, clear, clear and restart, bulk clean-up. And what else he
// works with: start, wait, watch, doctor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/json.h"
#include "process/program.h"
#include "process/stuck_batches.h"
#include "sqlite/connection.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

json::value Json(const std::string& text) {
  auto value = ParseJson(text);
  EXPECT_TRUE(value.ok()) << value.error().message << "\n" << text.substr(0, 500);
  return value.ok() ? *value : json::value();
}

std::string Text(const json::value& object, const char* field) {
  const json::value& value = object.at(field);
  return value.is_string() ? std::string(value.as_string()) : "";
}

int Count(const json::value& batch, const char* field) {
  return batch.at("counts").at(field).to_number<int>();
}

class OperatorTest : public testing::Test {
 protected:
  Finished Tipoff(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    return RunTipoff(arguments);
  }

  json::array List(std::vector<std::string> filters) {
    std::vector<std::string> arguments{"batch", "list", "--all", "-o", "json"};
    arguments.insert(arguments.end(), filters.begin(), filters.end());
    Finished list = Tipoff(arguments);
    EXPECT_EQ(list.exit, 0) << list.err;
    return Json(list.out).as_array();
  }

  // A live batch as the list tells it: looking at it there ends nothing.
  std::map<std::string, json::value> Live() {
    std::map<std::string, json::value> live;
    for (json::value& batch : List({"--live"})) live[Text(batch, "batch_id")] = batch;
    return live;
  }

  // A fresh demo league in this test's folder; its next game day.
  std::string Demo() {
    Finished demo = Tipoff({"demo", "-o", "json"});
    EXPECT_EQ(demo.exit, 0) << demo.err;
    return Text(Json(demo.out), "game_date");
  }

  TempFolder data_;
};

class StuckTest : public OperatorTest {
 protected:
  void SetUp() override { WriteStuckBatches(data_.path(), TheStuckBatches()); }
};

TEST_F(StuckTest, TheyAreListedWithPercentAgeAndTimeWithoutProgress) {
  EXPECT_EQ(List({"--stuck"}).size(), 76u);
  Finished list = Tipoff({"batch", "list", "--stuck", "--all"});
  EXPECT_EQ(list.exit, 0) << list.err;
  for (const char* words : {"NO_PROGRESS_FOR", "93.8", "92.8", "92.5", "91.2", "0.0", "4d 11h"}) {
    EXPECT_THAT(list.out, HasSubstr(words));
  }
  EXPECT_EQ(List({"--stuck", "--older-than", "2h"}).size(), 73u);
  EXPECT_EQ(List({"--stuck", "--date", "2026-01-28"}).size(), 2u);
  EXPECT_EQ(List({"--phase", "succeeded"}).size(), 0u);
  Finished some = Tipoff({"batch", "list", "--stuck", "--limit", "10", "-o", "csv"});
  EXPECT_EQ(std::count(some.out.begin(), some.out.end(), '\n'), 11);
  EXPECT_THAT(some.err, HasSubstr("--all"));
  EXPECT_EQ(List({"--stuck"}).size(), 76u) << "looking changed nothing";
}

TEST_F(StuckTest, F28_InspectingOneAfterItsTimeFirstWritesItsEnd) {
  Finished get = Tipoff({"batch", "get", "batch_2026-01-23_1769169606", "-o", "json"});
  EXPECT_EQ(get.exit, 0) << get.err;
  json::value batch = Json(get.out);
  EXPECT_EQ(Text(batch, "status"), "partial");
  EXPECT_EQ(Count(batch, "succeeded"), 76);
  EXPECT_EQ(Count(batch, "expired"), 5);
  Finished who = Tipoff(
      {"batch", "requests", "batch_2026-01-23_1769169606", "--state", "expired", "-o", "json"});
  EXPECT_EQ(Json(who.out).as_array().size(), 5u) << "names who is missing";
  EXPECT_EQ(Tipoff({"batch", "wait", "batch_2026-01-23_1769169606"}).exit, 6);
  Finished table = Tipoff({"batch", "get", "batch_2026-01-28_1769555415"});
  EXPECT_THAT(table.out, HasSubstr("no progress")) << "14 minutes old: it goes on";
  EXPECT_EQ(Live().size(), 75u);
}

TEST_F(StuckTest, CheckStalledEndsOnlyWhatIsStalledWithEnoughDone) {
  Finished done = Tipoff({"batch", "check-stalled", "batch_2026-01-18_1768702278", "-o", "json"});
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_EQ(Text(Json(done.out).at(0), "status"), "partial");
  Finished left = Tipoff({"batch", "check-stalled", "batch_2026-01-28_1769555415", "-o", "json"});
  EXPECT_EQ(left.exit, 0) << left.err;
  EXPECT_EQ(Text(Json(left.out).at(0), "action"), "no_action");
  EXPECT_EQ(Live().size(), 75u);
}

TEST_F(StuckTest, F33_FinishKeepsWhatHasArrivedTwiceIsTheSame) {
  std::string id = "batch_2026-01-25_1769353208";
  for (const char* action : {"ended", "already_ended"}) {
    Finished finish =
        Tipoff({"batch", "finish", id, "--reason", "the evening's games", "-o", "json"});
    EXPECT_EQ(finish.exit, 0) << finish.err;
    json::value batch = Json(finish.out).at(0);
    EXPECT_EQ(Text(batch, "action"), action);
    EXPECT_EQ(Text(batch, "status"), "partial");
    EXPECT_EQ(Text(batch, "reason"), "ForcedByOperator");
    EXPECT_EQ(Count(batch, "succeeded"), 74);
    EXPECT_EQ(Count(batch, "cancelled"), 6);
  }
  Finished rows = Tipoff({"batch", "requests", id, "--state", "cancelled", "-o", "json"});
  EXPECT_EQ(Json(rows.out).as_array().size(), 6u);
  EXPECT_THAT(Tipoff({"audit", "-o", "json"}).out, HasSubstr("the evening's games"));
}

TEST_F(StuckTest, F33_ClearEndsABatchAsCancelled) {
  std::string id = "batch_2026-01-28_1769555415";
  Finished clear = Tipoff({"batch", "clear", id, "--reason", "Stuck with 0 predictions"});
  EXPECT_EQ(clear.exit, 0) << clear.err;
  json::value batch = Json(Tipoff({"batch", "get", id, "-o", "json"}).out);
  EXPECT_EQ(Text(batch, "reason"), "ClearedByOperator");
  EXPECT_EQ(Count(batch, "cancelled"), 117);
  EXPECT_EQ(Tipoff({"batch", "wait", id}).exit, 8);
  EXPECT_EQ(Tipoff({"batch", "clear", "nope"}).exit, 4);
  EXPECT_EQ(Live().size(), 75u);
}

TEST_F(StuckTest, TheCleanupEndsThemAllAsTheClockWould) {
  Finished dry = Tipoff({"batch", "cleanup", "--dry-run", "-o", "json"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_EQ(Json(dry.out).as_array().size(), 76u);
  EXPECT_EQ(Live().size(), 76u) << "a dry run does nothing";
  Finished unasked = Tipoff({"batch", "cleanup"});
  EXPECT_EQ(unasked.exit, 2);
  EXPECT_THAT(unasked.err, HasSubstr("--yes"));
  EXPECT_EQ(Live().size(), 76u);

  Finished cleanup = Tipoff({"batch", "cleanup", "--yes", "-o", "json"});
  EXPECT_EQ(cleanup.exit, 0) << cleanup.err;
  std::map<std::string, int> statuses;
  json::value cleaned = Json(cleanup.out);
  for (const json::value& batch : cleaned.as_array()) ++statuses[Text(batch, "status")];
  EXPECT_EQ(statuses["partial"], 4) << "those above 91 %";
  EXPECT_EQ(statuses["failed"], 69) << "those with nothing done";
  EXPECT_EQ(Live().size(), 3u) << "those within their promised time go on";
}

TEST_F(StuckTest, BulkOrdersTakeTheFiltersOfTheList) {
  Finished some = Tipoff({"batch", "clear", "--older-than", "2h", "--yes", "-o", "csv"});
  EXPECT_EQ(some.exit, 0) << some.err;
  EXPECT_EQ(std::count(some.out.begin(), some.out.end(), '\n'), 74);
  EXPECT_EQ(Live().size(), 3u);
  Finished rest = Tipoff({"batch", "finish", "--date", "2026-01-28", "--yes"});
  EXPECT_EQ(rest.exit, 0) << rest.err;
  EXPECT_EQ(Live().size(), 1u);
  for (const json::value& batch : List({"--date", "2026-01-28"})) {
    EXPECT_EQ(Text(batch, "reason"), "NoPredictions") << "nothing had arrived to keep";
  }
  Finished none = Tipoff({"batch", "cancel", "--older-than", "3h", "--yes"});
  EXPECT_EQ(none.exit, 0);
  EXPECT_THAT(none.out, HasSubstr("no such batches"));
  EXPECT_EQ(Tipoff({"batch", "clear", "--older-than", "2", "--yes"}).exit, 2);
  EXPECT_EQ(Tipoff({"batch", "clear"}).exit, 2) << "never all by leaving the filters out";
}

TEST_F(StuckTest, TheDoctorSaysWhatIsWrongAndWhatToDo) {
  Finished doctor = Tipoff({"doctor", "--integrity", "-o", "json"});
  EXPECT_EQ(doctor.exit, 1) << doctor.err;
  std::map<std::string, std::string> status, remedy;
  json::value found = Json(doctor.out);
  for (const json::value& check : found.at("checks").as_array()) {
    status[Text(check, "name")] = Text(check, "status");
    remedy[Text(check, "name")] = Text(check, "remedy");
  }
  EXPECT_EQ(status["store"], "OK");
  EXPECT_EQ(status["integrity"], "OK");
  EXPECT_EQ(status["clock"], "OK");
  EXPECT_EQ(status["batches"], "FAIL");
  EXPECT_THAT(remedy["batches"], HasSubstr("cleanup"));
  EXPECT_EQ(status["workers"], "FAIL") << "76 batches and nobody to work them";
  EXPECT_EQ(Live().size(), 76u) << "the doctor only looks";
}

TEST_F(OperatorTest, RestartClearsAStuckBatchAndStartsItsDayAgain) {
  std::string date = Demo();
  std::string id = "batch_" + date + "_1769555415";
  WriteStuckBatches(data_.path(), {{id, date, "", 0, 117, std::chrono::minutes(14)}});
  Finished dry = Tipoff({"batch", "restart", id, "--dry-run"});
  EXPECT_EQ(dry.exit, 0) << dry.err;
  EXPECT_EQ(Live().size(), 1u);
  Finished restart = Tipoff({"batch", "restart", id, "--reason", "0/117", "-o", "json"});
  ASSERT_EQ(restart.exit, 0) << restart.err;
  json::value fresh = Json(restart.out);
  EXPECT_NE(Text(fresh, "batch_id"), id);
  EXPECT_EQ(Text(fresh, "game_date"), date);
  EXPECT_EQ(Text(Json(Tipoff({"batch", "get", id, "-o", "json"}).out), "reason"),
            "ClearedByOperator");
  Finished run = Tipoff({"run", "--date", date, "-o", "json"});
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_EQ(Text(Json(run.out), "batch_id"), Text(fresh, "batch_id")) << "goes on with that one";
}

TEST_F(OperatorTest, AStartedBatchIsWatchedWhileAnotherProcessWorksIt) {
  std::string date = Demo();
  Finished start = Tipoff({"batch", "start", "--date", date, "--deadline", "1h", "-o", "json"});
  ASSERT_EQ(start.exit, 0) << start.err;
  EXPECT_THAT(start.err, HasSubstr("tipoff worker"));
  std::string id = Text(Json(start.out), "batch_id");
  Finished again = Tipoff({"batch", "start", "--date", date, "-o", "json"});
  EXPECT_EQ(again.exit, 0);
  EXPECT_EQ(Text(Json(again.out), "batch_id"), id) << "one live batch of a day";
  EXPECT_EQ(Tipoff({"batch", "wait", id, "--timeout", "300ms"}).exit, 3);

  Program watch({"--data", data_.path(), "batch", "watch", id});
  Finished run = Tipoff({"run", "--date", date});
  EXPECT_EQ(run.exit, 0) << run.err;
  Finished watched = watch.Wait();
  EXPECT_EQ(watched.exit, 0) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("succeeded"));
  EXPECT_THAT(watched.out, Not(HasSubstr("\033")));
  EXPECT_EQ(Tipoff({"batch", "wait", id}).exit, 0);
  Finished nothing = Tipoff({"batch", "retry", id, "-o", "json"});
  EXPECT_EQ(nothing.exit, 0) << nothing.err;
  EXPECT_EQ(Text(Json(nothing.out), "status"), "nothing_to_retry");
}

TEST_F(OperatorTest, ARetryIsANewBatchOfWhatIsMissing) {
  WriteStuckBatches(data_.path(), {{"b1", "2026-01-23", "", 76, 81, std::chrono::hours(30)}});
  EXPECT_EQ(Tipoff({"batch", "retry", "b1"}).exit, 1) << "it has not ended";
  EXPECT_EQ(Tipoff({"batch", "get", "b1"}).exit, 0);
  json::value child = Json(Tipoff({"batch", "retry", "b1", "-o", "json"}).out);
  EXPECT_EQ(Text(child, "retry_of"), "b1");
  EXPECT_EQ(Count(child, "expected"), 5);
  json::value again = Json(Tipoff({"batch", "retry", "b1", "-o", "json"}).out);
  EXPECT_EQ(Text(again, "batch_id"), Text(child, "batch_id"));
  EXPECT_EQ(Tipoff({"batch", "cancel", Text(child, "batch_id")}).exit, 0);
}

TEST_F(OperatorTest, F08_ADayWithoutGamesStartsNothing) {
  Demo();
  Finished start = Tipoff({"batch", "start", "--date", "2030-01-01"});
  EXPECT_EQ(start.exit, 4) << start.err;
  EXPECT_EQ(Live().size(), 0u);
}

TEST_F(OperatorTest, TheDoctorFindsAHealthyFolderWell) {
  Demo();
  Finished doctor = Tipoff({"doctor"});
  EXPECT_EQ(doctor.exit, 0) << doctor.out;
  for (const char* check : {"OK    folder", "OK    disk", "OK    store", "OK    clock",
                            "OK    batches", "OK    bus requests", "OK    quarantine"}) {
    EXPECT_THAT(doctor.out, HasSubstr(check));
  }
  EXPECT_THAT(doctor.out, HasSubstr("WARN  workers"));
}

TEST_F(OperatorTest, F49_TheDoctorTellsOfABrokenConfigurationAndGoesOn) {
  Demo();
  std::ofstream(data_ / "tipoff.toml") << "[batch]\ndeadline = 2\n";
  EXPECT_EQ(Tipoff({"batch", "list"}).exit, 78);
  Finished doctor = Tipoff({"doctor"});
  EXPECT_EQ(doctor.exit, 1) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("FAIL  config"));
  EXPECT_THAT(doctor.out, HasSubstr("batch.deadline"));
  EXPECT_THAT(doctor.out, HasSubstr("OK    store"));
}

TEST_F(OperatorTest, TheDoctorNamesWhatIsNotThereOrNoStore) {
  Finished missing = RunTipoff({"--data", data_ / "nowhere", "doctor"});
  EXPECT_EQ(missing.exit, 1);
  EXPECT_THAT(missing.out, HasSubstr("--data"));
  EXPECT_FALSE(fs::exists(data_ / "nowhere")) << "looking makes no folder";
  std::ofstream(data_ / "tipoff.db") << "this is no database, but long enough to look like a file";
  Finished broken = Tipoff({"doctor", "-o", "json"});
  EXPECT_EQ(broken.exit, 1);
  EXPECT_FALSE(Json(broken.out).at("ok").as_bool());
}

TEST_F(OperatorTest, OnAServerTheToolsAreTheSame) {
  Demo();
  WriteStuckBatches(data_.path(), TheStuckBatches());
  Program server({"--data", data_.path(), "serve", "--port", "0", "--workers", "0"});
  std::string line = server.FirstLine();
  ASSERT_TRUE(line.starts_with("listening on http://")) << line;
  std::string url = line.substr(13);
  auto ask = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"batch", "--url", url});
    return RunTipoff(arguments);
  };
  // The server's own sweep ends what is overdue; the three that are in time stay.
  EXPECT_EQ(ask({"wait", "batch_2026-01-18_1768702278", "--timeout", "30s"}).exit, 6);
  std::string id = "batch_2026-01-28_1769555415";
  Program watch({"batch", "watch", id, "-o", "json", "--url", url});
  EXPECT_THAT(watch.FirstLine(), HasSubstr(id));
  Finished clear = ask({"clear", id, "--reason", "0/117", "-o", "json"});
  EXPECT_EQ(clear.exit, 0) << clear.err;
  EXPECT_EQ(Text(Json(clear.out).at(0), "reason"), "ClearedByOperator");
  Finished watched = watch.Wait();
  EXPECT_EQ(watched.exit, 8) << watched.err;
  EXPECT_THAT(watched.out, HasSubstr("ClearedByOperator"));
  Finished list = ask({"list", "--stuck", "--all", "-o", "json"});
  EXPECT_EQ(list.exit, 0) << list.err;
  Finished stalled = ask({"check-stalled", "batch_2026-01-27_1769553644", "-o", "json"});
  EXPECT_EQ(Text(Json(stalled.out).at(0), "action"), "no_action") << stalled.err;
  EXPECT_EQ(ask({"finish", "--date", "2026-01-28"}).exit, 2) << "nobody to ask";
  EXPECT_EQ(ask({"finish", "--date", "2026-01-28", "--yes"}).exit, 0);
  EXPECT_EQ(ask({"get", "nope"}).exit, 4);
  Finished doctor = RunTipoff({"doctor", "--url", url});
  EXPECT_EQ(doctor.exit, 1) << doctor.out;
  EXPECT_THAT(doctor.out, HasSubstr("FAIL  workers"));
  EXPECT_THAT(RunTipoff({"doctor", "--url", url, "--key", "tip_wrong"}).out, HasSubstr("--key"));
  EXPECT_EQ(RunTipoff({"batch", "list", "--url", url, "--key", "tip_wrong"}).exit, 77);
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait().exit, 0);
}

TEST_F(OperatorTest, TheJournalProvesItselfAndATamperedOneIsFoundOut) {
  Demo();
  std::string id = Text(List({}).at(0), "batch_id");
  Finished whole = Tipoff({"batch", "journal", id, "--verify"});
  EXPECT_EQ(whole.exit, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("the journal holds"));

  // Somebody rewrites who did it.
  sqlite::Connection database(data_.path() + "/tipoff.db", sqlite::Connection::Mode::kReadWrite);
  database.Execute(
      "UPDATE journal SET body = replace(body, 'actor ', 'actor not-') "
      "WHERE key = (SELECT max(key) FROM journal)");
  Finished damaged = Tipoff({"batch", "journal", id, "--verify", "-o", "json"});
  EXPECT_EQ(damaged.exit, 1) << damaged.out << damaged.err;
  json::value proof = Json(damaged.out);
  EXPECT_FALSE(proof.at("holds").as_bool());
  EXPECT_THAT(DumpJson(proof.at("problems")), HasSubstr("do not give its hash"));
}

TEST_F(OperatorTest, AServerAndAFolderTogetherAreAMistake) {
  EXPECT_EQ(Tipoff({"batch", "list", "--url", "http://127.0.0.1:1"}).exit, 2);
  EXPECT_EQ(RunTipoff({"batch", "list", "--url", "127.0.0.1"}).exit, 2);
  Finished gone = RunTipoff({"batch", "list", "--url", "http://127.0.0.1:1"});
  EXPECT_EQ(gone.exit, 1);
  EXPECT_THAT(gone.err, HasSubstr("http://127.0.0.1:1"));
}

}  // namespace
}  // namespace tipoff
