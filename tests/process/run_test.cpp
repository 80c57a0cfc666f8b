// The release binary, run as a newcomer runs it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <tuple>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

json::value Json(const std::string& text) {
  auto value = ParseJson(text);
  EXPECT_TRUE(value.ok()) << value.error().message << "\n" << text.substr(0, 500);
  return value.ok() ? *value : json::value();
}

std::int64_t Count(const json::value& run, const char* name) {
  return run.at("counts").at(name).to_number<std::int64_t>();
}

void ExpectCountsSum(const json::value& run) {
  EXPECT_EQ(Count(run, "expected"), Count(run, "succeeded") + Count(run, "skipped") +
                                        Count(run, "failed") + Count(run, "expired") +
                                        Count(run, "cancelled") + Count(run, "undelivered") +
                                        Count(run, "open"));
}

// What must be equal between two runs of a day: everything but ids and times.
std::string Essence(const json::value& run) {
  json::object essence;
  essence["status"] = run.at("status");
  essence["counts"] = run.at("counts");
  json::array predictions = run.at("predictions").as_array();
  for (json::value& prediction : predictions) prediction.as_object().erase("prediction_id");
  essence["predictions"] = std::move(predictions);
  return DumpJson(essence);
}

class RunTest : public testing::Test {
 protected:
  Finished Tipoff(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    return RunTipoff(arguments);
  }

  // A fresh demo league in this test's folder; its next game day.
  std::string Demo() {
    Finished demo = Tipoff({"demo", "-o", "json"});
    EXPECT_EQ(demo.exit, 0) << demo.err;
    return std::string(Json(demo.out).at("game_date").as_string());
  }

  TempFolder data_;
};

TEST_F(RunTest, TheDemoPredictsANextGameDay) {
  Finished demo = Tipoff({"demo", "-o", "json"});
  ASSERT_EQ(demo.exit, 0) << demo.err;
  json::value run = Json(demo.out);
  EXPECT_EQ(run.at("status").as_string(), "succeeded");
  EXPECT_EQ(run.at("reason").as_string(), "Completed");
  EXPECT_GT(Count(run, "expected"), 20);
  EXPECT_EQ(Count(run, "open"), 0);
  ExpectCountsSum(run);
  for (const char* field : {"batch_id", "terminal_by", "started_at", "ended_at"}) {
    EXPECT_TRUE(run.at(field).is_string()) << field;
  }
  const json::array& predictions = run.at("predictions").as_array();
  std::set<std::string> systems, players, ids;
  std::tuple<std::string, std::string, std::string, double> last{"", "", "", -1};
  for (const json::value& p : predictions) {
    auto text = [&](const char* field) { return std::string(p.at(field).as_string()); };
    double line = p.at("line").is_null() ? -1 : p.at("line").to_number<double>();
    std::tuple key{text("game_id"), text("player_id"), text("system"), line};
    EXPECT_LT(last, key) << "sorted by game, player, system, line";
    last = key;
    systems.insert(text("system"));
    players.insert(text("player_id"));
    EXPECT_TRUE(ids.insert(text("prediction_id")).second) << "ids are unique";
    double points = p.at("predicted_points").to_number<double>();
    EXPECT_GE(points, 0);
    EXPECT_LE(points, 60);
    EXPECT_GT(p.at("spread").to_number<double>(), 0);
    double confidence = p.at("confidence").to_number<double>();
    EXPECT_GE(confidence, 0);
    EXPECT_LE(confidence, 1);
    EXPECT_EQ(p.at("line").is_null(), text("recommendation") == "NO_LINE");
  }
  EXPECT_EQ(systems,
            (std::set<std::string>{"ensemble", "moving_average", "rate_minutes", "similarity"}));
  EXPECT_EQ(static_cast<std::int64_t>(players.size()), Count(run, "succeeded"));
}

TEST_F(RunTest, TheSameDayAgainIsANewBatchWithTheSamePredictions) {
  std::string date = Demo();
  Finished one = Tipoff({"run", "--date", date, "-o", "json"});
  Finished two = Tipoff({"run", "--date", date, "-o", "json", "--workers", "1"});
  ASSERT_EQ(one.exit, 0) << one.err;
  ASSERT_EQ(two.exit, 0) << two.err;
  EXPECT_EQ(Essence(Json(one.out)), Essence(Json(two.out)));
  EXPECT_NE(Json(one.out).at("batch_id"), Json(two.out).at("batch_id"));
}

TEST_F(RunTest, F13_KilledAtAnyMomentAndRunAgainItEndsTheSame) {
  std::string date = Demo();
  auto began = std::chrono::steady_clock::now();
  std::string expected = Essence(Json(Tipoff({"run", "--date", date, "-o", "json"}).out));
  auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - began);
  int killed = 0, resumed = 0;
  // Delays up to the time of a whole run and a little more: every stage before its end, and the
  // end.
  constexpr int kKills = 30;
  for (int kill = 0; kill <= kKills; ++kill) {
    auto delay_us = took.count() * 5 / 4 * kill / kKills;
    Program program({"--data", data_.path(), "run", "--date", date});
    usleep(static_cast<useconds_t>(delay_us));
    program.Signal(SIGKILL);
    killed += program.Wait().signal == SIGKILL ? 1 : 0;
    Finished again = Tipoff({"run", "--date", date, "-o", "json"});
    ASSERT_EQ(again.exit, 0) << "killed after " << delay_us << " us: " << again.err;
    json::value run = Json(again.out);
    ExpectCountsSum(run);
    EXPECT_EQ(Essence(run), expected) << "killed after " << delay_us << " us";
    resumed += again.err.find("going on with") != std::string::npos ? 1 : 0;
  }
  EXPECT_GT(killed, 5);
  EXPECT_GT(resumed, 0) << "at least one kill must have hit a batch under way";
}

TEST_F(RunTest, AnInterruptedRunIsGoneOnWith) {
  std::string date = Demo();
  bool interrupted = false;
  for (int delay_us = 20'000; delay_us <= 60'000 && !interrupted; delay_us += 2'000) {
    Program program({"--data", data_.path(), "run", "--date", date});
    usleep(static_cast<useconds_t>(delay_us));
    program.Signal(SIGTERM);
    Finished stopped = program.Wait();
    interrupted = stopped.err.find("interrupted") != std::string::npos;
    if (interrupted) {
      EXPECT_EQ(stopped.exit, 1);
    }
    EXPECT_EQ(Tipoff({"run", "--date", date}).exit, 0);
  }
}

TEST_F(RunTest, TheJournalTellsTheLifeOfTheBatch) {
  std::string date = Demo();
  json::value batches = Json(Tipoff({"batch", "list", "-o", "json"}).out);
  ASSERT_EQ(batches.as_array().size(), 1u);
  std::string id(batches.at(0).at("batch_id").as_string());
  json::value journal = Json(Tipoff({"batch", "journal", id, "-o", "json"}).out);
  const json::array& entries = journal.as_array();
  ASSERT_GE(entries.size(), 4u);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].at("seq").to_number<std::size_t>(), i + 1);
  }
  EXPECT_EQ(entries.front().at("phase").as_string(), "accepted");
  EXPECT_EQ(entries.back().at("phase").as_string(), "succeeded");
  json::value requests = Json(Tipoff({"batch", "requests", id, "-o", "json"}).out);
  EXPECT_EQ(static_cast<std::int64_t>(requests.as_array().size()),
            Count(batches.at(0), "expected"));
  for (const json::value& request : requests.as_array()) {
    std::string state(request.at("state").as_string());
    EXPECT_TRUE(state == "succeeded" || state == "skipped") << state;
    for (const char* hop : {"recorded_at", "published_at", "reported_at", "counted_at"}) {
      EXPECT_TRUE(request.at(hop).is_string()) << hop;
    }
  }
  json::value got = Json(Tipoff({"batch", "get", id, "-o", "json"}).out);
  EXPECT_EQ(got, batches.at(0));
  json::value predictions = Json(Tipoff({"batch", "predictions", id, "-o", "json"}).out);
  EXPECT_EQ(static_cast<std::int64_t>(predictions.as_array().size()),
            got.at("total_predictions").to_number<std::int64_t>());
  EXPECT_EQ(Tipoff({"batch", "get", "nope"}).exit, 4);
  EXPECT_EQ(Tipoff({"batch", "requests", id, "--state", "flying"}).exit, 2);
  Finished csv = Tipoff({"batch", "list", "-o", "csv", "--phase", "succeeded"});
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 2);
}

TEST_F(RunTest, MistakesGetAClearAnswerAndTheRightExitCode) {
  struct Case {
    std::vector<std::string> arguments;
    int exit;
    const char* says;
  };
  for (const Case& c : std::vector<Case>{
           {{"run", "--date", "2025-02-30"}, 2, "not a date"},
           {{"run", "--date", "yesterday"}, 2, "TODAY"},
           {{"run"}, 2, "--date"},
           {{"run", "--date", "2025-01-15"}, 4, "no data"},
           {{"run", "--date", "2025-01-15", "--workers", "0"}, 2, "--workers"},
           {{"run", "--date", "2025-01-15", "-o", "xml"}, 2, "xml"},
           {{"bogus"}, 2, "bogus"},
           {{"batch", "list"}, 4, "no batches"},
           {{"grade", "--from", "2025-01-01", "--to", "2025-01-02"}, 4, "no box scores"},
           {{"import", data_ / "missing.csv"}, 1, "no such file"}}) {
    Finished finished = Tipoff(c.arguments);
    EXPECT_EQ(finished.exit, c.exit) << c.arguments.front() << ": " << finished.err;
    std::string said = finished.err + finished.out;
    EXPECT_NE(said.find(c.says), std::string::npos) << said;
  }
}

TEST_F(RunTest, F08_ADayWithoutGamesHasNoBatch) {
  Demo();
  Finished none = Tipoff({"run", "--date", "2026-02-13", "-o", "json"});
  std::string other = none.exit == 0 ? "2030-01-01" : "2026-02-13";
  none = Tipoff({"run", "--date", other, "-o", "json"});
  EXPECT_EQ(none.exit, 4);
  json::value run = Json(none.out);
  EXPECT_TRUE(run.at("batch_id").is_null());
  EXPECT_EQ(run.at("status").as_string(), "no_games");
  EXPECT_EQ(Count(run, "expected"), 0);
  EXPECT_TRUE(run.at("predictions").as_array().empty());
}

TEST_F(RunTest, GlobalFlagsStandBeforeOrAfterTheSubcommand) {
  std::string date = Demo();
  Finished before = RunTipoff({"-o", "json", "--data", data_.path(), "batch", "list"});
  Finished after = RunTipoff({"batch", "list", "--data", data_.path(), "-o", "json"});
  EXPECT_EQ(before.exit, 0);
  EXPECT_EQ(before.out, after.out);
}

TEST_F(RunTest, VersionSaysCommitAndCompiler) {
  Finished version = RunTipoff({"--version"});
  EXPECT_EQ(version.exit, 0);
  EXPECT_TRUE(version.out.starts_with("tipoff ")) << version.out;
  EXPECT_NE(version.out.find("commit "), std::string::npos);
  EXPECT_NE(version.out.find("++"), std::string::npos);
}

TEST_F(RunTest, OutputThatCannotBeWrittenIsAnError) {
  Demo();
  std::string list = TipoffPath() + " --data '" + data_.path() + "' batch list";
  EXPECT_EQ(WEXITSTATUS(std::system((list + " >/dev/null").c_str())), 0);
  EXPECT_EQ(WEXITSTATUS(std::system((list + " >/dev/full 2>/dev/null").c_str())), 1);
}

// A small file system of the test's own; needs root.
class SmallDisk {
 public:
  SmallDisk(const std::string& path, const std::string& options) : path_(path) {
    fs::create_directories(path);
    mounted_ = mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void MakeReadOnly() { mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""); }
  // Leaves room for `free_kb` more.
  void Shrink(std::uintmax_t free_kb) {
    fs::space_info space = fs::space(path_);
    std::uintmax_t size_kb = (space.capacity - space.free) / 1024 + free_kb;
    std::string options = "size=" + std::to_string(size_kb) + "k";
    mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, options.c_str());
  }

 private:
  std::string path_;
  bool mounted_ = false;
};

TEST_F(RunTest, F34_AFullDiskIsSaidAndNothingIsLeftHalfWritten) {
  std::string date = Demo();
  SmallDisk disk(data_ / "small", "size=3m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  std::string small = data_ / "small";
  Finished import = RunTipoff({"--data", small, "import", data_ / "demo/player_games.csv"});
  EXPECT_EQ(import.exit, 1);
  EXPECT_NE((import.out + import.err).find("disk"), std::string::npos) << import.out << import.err;
  Finished run = RunTipoff({"--data", small, "run", "--date", date});
  EXPECT_NE(run.exit, 0);
  EXPECT_EQ(run.err.find("broken invariant"), std::string::npos) << run.err;
}

TEST_F(RunTest, F34_ARunThatTheDiskHasNoRoomForEndsAndIsGoneOnWith) {
  std::string date = Demo();
  json::value whole = Json(Tipoff({"run", "--date", date, "-o", "json"}).out);
  SmallDisk disk(data_ / "small", "size=64m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  std::string small = data_ / "small";
  for (const char* name : {"tipoff.db", "history.db"}) fs::copy(data_ / name, small);
  int held_up = 0;
  for (std::uintmax_t free_kb : {0, 250, 700}) {
    disk.Shrink(free_kb);
    Program program({"--data", small, "run", "--date", date});
    Finished full = program.Wait(std::chrono::seconds(30));
    EXPECT_EQ(full.exit, 1) << full.err;
    EXPECT_NE(full.err.find("full"), std::string::npos) << full.err;
    held_up += full.err.find("goes on with") != std::string::npos ? 1 : 0;
    disk.Shrink(20'000);
    Program room({"--data", small, "run", "--date", date, "-o", "json"});
    Finished again = room.Wait(std::chrono::seconds(30));
    ASSERT_EQ(again.exit, 0) << again.err;
    EXPECT_EQ(Essence(Json(again.out)), Essence(whole)) << free_kb;
  }
  EXPECT_GT(held_up, 0) << "at least one must have been held up on its way";
}

TEST_F(RunTest, F49_AReadOnlyFolderIsSaidAndListsStillWork) {
  std::string date = Demo();
  SmallDisk disk(data_ / "ro", "size=64m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a read-only file system needs root";
  std::string ro = data_ / "ro";
  for (const char* name : {"tipoff.db", "tipoff.db-wal", "history.db"}) {
    std::error_code ignored;
    fs::copy(data_ / name, ro + "/" + name, ignored);
  }
  disk.MakeReadOnly();
  Finished run = RunTipoff({"--data", ro, "run", "--date", date});
  EXPECT_EQ(run.exit, 77) << run.err;
  EXPECT_NE(run.err.find("read-only"), std::string::npos) << run.err;
  Finished import = RunTipoff({"--data", ro, "import", data_ / "demo/lines.csv"});
  EXPECT_EQ(import.exit, 1);
  Finished list = RunTipoff({"--data", ro, "batch", "list"});
  EXPECT_EQ(list.exit, 0) << list.err;
}

TEST_F(RunTest, RealSeasonsImportAndAGameDayRuns) {
  if (std::string why = NoRealData(); !why.empty()) GTEST_SKIP() << why;
  std::string games = RealData("nba/player_games.csv.gz");
  std::string schedule = RealData("nba/schedule.csv.gz");
  json::value first = Json(Tipoff({"import", games, schedule, "-o", "json"}).out);
  EXPECT_EQ(first.at("files").at(0).at("read").to_number<int>(), 104'641);
  EXPECT_EQ(first.at("files").at(0).at("new").to_number<int>(), 104'641);
  EXPECT_EQ(first.at("totals").at("rejected").to_number<int>(), 0);
  json::value again = Json(Tipoff({"import", games, schedule, "-o", "json"}).out);
  EXPECT_EQ(again.at("totals").at("new").to_number<int>(), 0);
  EXPECT_EQ(again.at("totals").at("changed").to_number<int>(), 0);

  Finished day = Tipoff({"run", "--date", "2025-01-15", "-o", "json"});
  ASSERT_EQ(day.exit, 0) << day.err;
  json::value run = Json(day.out);
  EXPECT_EQ(run.at("status").as_string(), "succeeded");
  EXPECT_GT(Count(run, "succeeded"), 150);
  ExpectCountsSum(run);
}

TEST_F(RunTest, EveryFileThatPeopleHaveIsReadOrRefusedWithAReason) {
  if (std::string why = NoRealData(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_EQ(Tipoff({"import", RealData("nba/player_games.csv.gz")}).exit, 0);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(RealData("formats"))) {
    if (entry.path().extension() != ".csv") continue;
    ++files;
    Finished import = Tipoff({"import", entry.path().string(), "-o", "json"});
    json::value file = Json(import.out).at("files").at(0);
    auto number = [&](const char* name) { return file.at(name).to_number<int>(); };
    if (file.at("error").is_string()) {
      EXPECT_EQ(import.exit, 1);
      EXPECT_GT(file.at("error").as_string().size(), 20u) << "a reason to act on";
      continue;
    }
    EXPECT_EQ(import.exit, 0) << entry.path();
    EXPECT_GT(number("read"), 0) << entry.path();
    EXPECT_EQ(number("read"),
              number("new") + number("same") + number("changed") + number("rejected"))
        << entry.path();
  }
  EXPECT_EQ(files, 11);
}

TEST_F(RunTest, ATruncatedArchiveChangesNothing) {
  std::string date = Demo();
  std::string whole = data_ / "demo/player_games.csv";
  ASSERT_EQ(std::system(("gzip -k -c '" + whole + "' > '" + (data_ / "cut.csv.gz") + "'").c_str()),
            0);
  fs::resize_file(data_ / "cut.csv.gz", fs::file_size(data_ / "cut.csv.gz") / 2);
  TempFolder fresh;
  Finished import =
      RunTipoff({"--data", fresh.path(), "import", data_ / "cut.csv.gz", "-o", "json"});
  EXPECT_EQ(import.exit, 1);
  json::value file = Json(import.out).at("files").at(0);
  EXPECT_TRUE(file.at("error").is_string()) << import.out;
  EXPECT_EQ(file.at("new").to_number<int>(), 0);
  EXPECT_EQ(
      RunTipoff({"--data", fresh.path(), "grade", "--from", "2026-01-01", "--to", "2026-01-02"})
          .exit,
      4)
      << "nothing was stored";
}

TEST_F(RunTest, ACsvOfAnotherKindIsRefused) {
  std::ofstream(data_ / "other.csv") << "a,b,c\n1,2,3\n";
  Finished import = Tipoff({"import", data_ / "other.csv", "-o", "json"});
  EXPECT_EQ(import.exit, 1);
  EXPECT_TRUE(Json(import.out).at("files").at(0).at("error").is_string());
}

}  // namespace
}  // namespace tipoff
