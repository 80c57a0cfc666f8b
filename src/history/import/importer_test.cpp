#include "history/import/importer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "sqlite/connection.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

constexpr char kHeader[] =
    "game_id,game_date,season,season_type,player_id,player_name,team,opponent,is_home,minutes,"
    "points\n";
const std::string kHorford =
    "0022400061,2024-10-22,2024-25,Regular Season,201143,Al Horford,BOS,NYK,1,26,11\n";
const std::string kBrunson =
    "0022400061,2024-10-22,2024-25,Regular Season,1628973,Jalen Brunson,NYK,BOS,0,24,22\n";

class ImporterTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }

  ImportReport Import(const std::vector<std::string>& paths, bool dry_run = false) {
    ImportOptions options{.data = Data(), .dry_run = dry_run, .now = Instant::FromMicros(1)};
    options.put_slates = [&](std::vector<Slate> slates) -> Status {
      if (slates_fail_) return Error{Errc::kExhausted, "disk full"};
      for (Slate& slate : slates) slates_[slate.game_date] = std::move(slate);
      return Ok();
    };
    return ImportFiles(paths, options);
  }

  FileReport ImportOne(const std::string& path) { return Import({path}).files.front(); }

  HistoryDatabase Open() {
    auto database = HistoryDatabase::Open(HistoryPath(Data()), HistoryDatabase::Mode::kReadWrite);
    EXPECT_TRUE(database.ok());
    return std::move(*database);
  }

  std::int64_t Ask(const std::string& sql) { return Open().connection().QueryInt(sql); }
  std::string Data() const { return folder_ / "data"; }

  TempFolder folder_;
  std::map<Day, Slate> slates_;
  bool slates_fail_ = false;
};

TEST_F(ImporterTest, ImportingAgainAddsNothing) {
  std::string path = Write("games.csv", kHeader + kHorford + kBrunson);
  EXPECT_EQ(ImportOne(path).counts, (ImportCounts{2, 2, 0, 0, 0}));
  FileReport again = ImportOne(path);
  EXPECT_EQ(again.kind, "player_games");
  EXPECT_EQ(again.counts, (ImportCounts{2, 0, 2, 0, 0}));
  EXPECT_FALSE(again.error.has_value());
  EXPECT_EQ(Ask("SELECT count(*) FROM imports"), 2);
}

TEST_F(ImporterTest, F07_BadRowsAreKeptForMendingAndTheOthersGoOn) {
  std::string bad = kBrunson;
  bad.replace(bad.find(",24,"), 4, ",400,");
  std::string path = Write("games.csv", kHeader + kHorford + bad);
  FileReport report = ImportOne(path);
  EXPECT_EQ(report.counts, (ImportCounts{2, 1, 0, 0, 1}));
  ASSERT_EQ(report.first_rejects.size(), 1u);
  EXPECT_EQ(report.first_rejects[0].line, 3);
  EXPECT_NE(report.first_rejects[0].reason.find("400"), std::string::npos);
  EXPECT_TRUE(report.rejects_file.starts_with(Data() + "/rejects/games.csv-"));

  // Mended, the file of rejects is imported as it is.
  std::ifstream file(report.rejects_file);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::size_t at = text.find(",400,");
  ASSERT_NE(at, std::string::npos);
  FileReport mended = ImportOne(Write("mended.csv", text.replace(at, 5, ",24,")));
  EXPECT_EQ(mended.counts, (ImportCounts{1, 1, 0, 0, 0}));
}

TEST_F(ImporterTest, AContradictionWithWhatIsKnownIsARejectedRow) {
  std::string wrong = kBrunson;
  wrong.replace(wrong.find("NYK,BOS"), 7, "NYK,LAL");
  FileReport report = ImportOne(Write("games.csv", kHeader + kHorford + wrong));
  EXPECT_EQ(report.counts, (ImportCounts{2, 1, 0, 0, 1}));
  EXPECT_NE(report.first_rejects[0].reason.find("not NYK and LAL"), std::string::npos);
}

TEST_F(ImporterTest, AFileIsStoredWholeOrNotAtAll) {
  std::string text = kHeader + kHorford;
  for (int i = 0; i < 40'000; ++i) text += "bad,row\n";
  text += "\"" + std::string(17u << 20, 'x');  // A quotation mark that is never closed.
  FileReport report = ImportOne(Write("games.csv", text));
  ASSERT_TRUE(report.error.has_value());
  EXPECT_EQ(report.counts, ImportCounts{});
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 0);
  EXPECT_TRUE(fs::is_empty(Data() + "/rejects"));
}

TEST_F(ImporterTest, OneUnreadableFileLeavesTheOthersAlone) {
  std::string good = Write("games.csv", kHeader + kHorford);
  ImportReport report = Import({Write("empty.csv", ""), folder_ / "missing.csv", folder_.path(),
                                Write("x.csv", "a,b\n1,2\n"), good});
  ASSERT_EQ(report.files.size(), 5u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(report.files[i].error.has_value()) << i;
  EXPECT_EQ(report.files[0].error->message, "the file is empty");
  EXPECT_NE(report.files[1].error->message.find("no such file"), std::string::npos);
  EXPECT_NE(report.files[2].error->message.find("folder"), std::string::npos);
  EXPECT_FALSE(report.files[4].error.has_value());
  EXPECT_EQ(report.totals, (ImportCounts{1, 1, 0, 0, 0}));
  EXPECT_FALSE(report.ok());
}

TEST_F(ImporterTest, ADataFolderThatCannotBeMadeIsEveryFilesError) {
  ImportOptions options{.data = "/dev/null/data"};
  ImportReport report = ImportFiles({Write("games.csv", kHeader + kHorford)}, options);
  ASSERT_TRUE(report.files.front().error.has_value());
  EXPECT_NE(report.files.front().error->message.find("/dev/null/data"), std::string::npos);
  EXPECT_FALSE(report.ok());
}

TEST_F(ImporterTest, ADryRunTellsAllAndLeavesNoTrace) {
  std::string path = Write("games.csv", kHeader + kHorford + "bad\n");
  ImportReport dry = Import({path}, true);
  EXPECT_EQ(dry.files.front().counts, (ImportCounts{2, 1, 0, 0, 1}));
  EXPECT_EQ(dry.files.front().rejects_file, "");
  EXPECT_FALSE(fs::exists(Data()));
  EXPECT_TRUE(slates_.empty());

  ImportOne(path);
  auto files = [&] {
    std::set<std::string> names;
    for (const auto& file : fs::recursive_directory_iterator(Data())) names.insert(file.path());
    return names;
  };
  auto before = files();
  EXPECT_EQ(Import({Write("more.csv", kHeader + kBrunson)}, true).totals.added, 1);
  EXPECT_EQ(files(), before);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 1);
}

TEST_F(ImporterTest, WhoDidNotPlayIsReadButHasNoGame) {
  FileReport report =
      ImportOne(Write("box.csv",
                      "game_id,game_date,athlete_id,athlete_display_name,team_display_name,"
                      "minutes,points,did_not_play,home_away,opponent_team_display_name\n"
                      "401704627,2024-10-22,3975,Stephen Curry,Golden State Warriors,36,27,FALSE,"
                      "away,Portland Trail Blazers\n"
                      "401704627,2024-10-22,1,Idle Man,Golden State Warriors,,,TRUE,away,"
                      "Portland Trail Blazers\n"));
  EXPECT_EQ(report.counts, (ImportCounts{2, 1, 1, 0, 0}));
  EXPECT_EQ(report.ignored.at("did not play"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM players"), 1);
}

TEST_F(ImporterTest, SlatesThatWereNotWrittenAreBuiltByTheNextImport) {
  std::string path = Write("games.csv", kHeader + kHorford + kBrunson);
  slates_fail_ = true;
  ImportReport failed = Import({path});
  EXPECT_FALSE(failed.ok());
  EXPECT_FALSE(failed.files.front().error.has_value());
  EXPECT_EQ(failed.slates.error->code, Errc::kExhausted);
  slates_fail_ = false;
  ImportReport repeated = Import({path});  // Nothing in it is new.
  EXPECT_TRUE(repeated.ok());
  EXPECT_EQ(repeated.slates.dates, 1);
  EXPECT_EQ(slates_.size(), 1u);
  EXPECT_EQ(Import({path}).slates.from, std::nullopt);
}

TEST_F(ImporterTest, ProgressIsToldInBytesAndReachesTheEnd) {
  std::vector<std::string> paths{Write("a.csv", kHeader + kHorford), folder_ / "missing.csv",
                                 Write("b.csv", kHeader + kBrunson)};
  ImportOptions options{.data = Data()};
  std::uint64_t last = 0, all = 0;
  options.progress = [&](std::uint64_t done, std::uint64_t total, const std::string&) {
    EXPECT_GE(done, last);
    last = done;
    all = total;
  };
  ImportFiles(paths, options);
  EXPECT_EQ(last, fs::file_size(paths[0]) + fs::file_size(paths[2]));
  EXPECT_EQ(all, last);
}

// The excerpts of public files, against the same games of the league's box scores.
class FormatsTest : public ImporterTest {
 protected:
  void SetUp() override {
    if (!fs::exists(kShared + "/nba/player_games.csv.gz") || !fs::exists(kShared + "/formats")) {
      GTEST_SKIP() << "no shared data beside the project";
    }
  }

  // All that both know must agree; answers how many rows were compared.
  std::size_t CompareWithTheLeague(const HistoryTable& league) {
    auto table = Open().LoadTable();
    EXPECT_TRUE(table.ok());
    std::size_t compared = 0;
    for (Day day : table->days()) {
      for (const PlayerGame& row : table->PlayedOn(day)) {
        auto rows = league.PlayedOn(day);
        auto same = std::find_if(rows.begin(), rows.end(), [&](const PlayerGame& r) {
          return r.player == row.player && r.game.game == row.game.game;
        });
        if (same == rows.end()) {
          unknown_.insert(row.player_name);
          continue;
        }
        ++compared;
        ExpectSameFacts(row.game, same->game, row.player_name + " " + FormatDay(day));
      }
    }
    return compared;
  }

  static void ExpectSameFacts(const GameRecord& row, const GameRecord& league,
                              const std::string& who) {
    EXPECT_EQ(row.team, league.team) << who;
    EXPECT_EQ(row.opponent, league.opponent) << who;
    EXPECT_EQ(row.is_home, league.is_home) << who;
    EXPECT_EQ(row.points, league.points) << who;
    EXPECT_EQ(row.season, league.season) << who;
    EXPECT_EQ(row.playoffs, league.playoffs) << who;
    EXPECT_LE(std::abs(row.minutes - league.minutes), 1.0) << who;
    for (auto count : kCounts) {
      if (row.*count != kAbsent && league.*count != kAbsent) {
        EXPECT_EQ(row.*count, league.*count) << who;
      }
    }
  }

  const std::string kShared = TIPOFF_SOURCE_DIR "/../shared/data";
  std::set<std::string> unknown_;  // In a format file, but not in the league's.
};

TEST_F(FormatsTest, EveryFormatSaysTheSameAsTheLeague) {
  ImportOptions league_options{.data = folder_ / "league"};
  ImportReport league = ImportFiles(
      {kShared + "/nba/player_games.csv.gz", kShared + "/nba/player_games_postseason.csv.gz"},
      league_options);
  EXPECT_EQ(league.totals, (ImportCounts{111'750, 111'750, 0, 0, 0}));
  auto database =
      HistoryDatabase::Open(HistoryPath(folder_ / "league"), HistoryDatabase::Mode::kReadOnly);
  ASSERT_TRUE(database.ok());
  auto table = database->LoadTable();
  ASSERT_TRUE(table.ok());

  const std::map<std::string, std::size_t> rows{{"nba_api_leaguegamelog_players.csv", 227},
                                                {"nba_api_playergamelog.csv", 200},
                                                {"nba_api_playergamelogs_rerendered.csv", 200},
                                                {"community_renamed_columns.csv", 200},
                                                {"community_no_game_id.csv", 200},
                                                {"kaggle_PlayerStatistics_rerendered.csv", 200},
                                                {"kaggle_playerstatistics_derived.csv", 200}};
  for (const auto& [name, count] : rows) {
    fs::remove_all(Data());
    // Without ids the schedule tells the games' and the positions tell the players'.
    Import({kShared + "/nba/schedule.csv.gz", kShared + "/nba/positions.csv.gz"});
    FileReport report = ImportOne(kShared + "/formats/" + name);
    EXPECT_EQ(report.counts, (ImportCounts{static_cast<std::int64_t>(count),
                                           static_cast<std::int64_t>(count), 0, 0, 0}))
        << name;
    EXPECT_GE(CompareWithTheLeague(*table), count - 2) << name;
  }
  // One name is broken in its file, the other stands in no list of positions.
  EXPECT_EQ(unknown_, (std::set<std::string>{"Kylor Kelley", "ga Bitadze"}));
}

TEST_F(FormatsTest, TheOtherKindsAreRecognisedAndTheWnbaIsRefused) {
  auto formats = kShared + "/formats/";
  ImportReport report = Import({formats + "nba_api_leaguegamelog_teams.csv",
                                formats + "the_odds_api_props_threes_2024-10-22.csv",
                                formats + "injury_report_facts_2024-01-04.csv",
                                formats + "sportsdataverse_player_box_wnba2024.csv"});
  EXPECT_EQ(report.files[0].kind, "team_games");
  EXPECT_EQ(report.files[0].counts, (ImportCounts{81, 81, 0, 0, 0}));
  EXPECT_EQ(report.files[1].counts, (ImportCounts{137, 137, 0, 0, 0}));
  EXPECT_EQ(report.files[2].counts, (ImportCounts{14, 14, 0, 0, 0}));
  ASSERT_TRUE(report.files[3].error.has_value());
  EXPECT_NE(report.files[3].error->message.find("not the NBA's"), std::string::npos);
  EXPECT_EQ(Ask("SELECT count(*) FROM lines WHERE stat = 'threes' AND date = 20018"), 137);
  EXPECT_EQ(Ask("SELECT count(*) FROM injuries WHERE status = 'OUT'"), 10);
}

TEST_F(FormatsTest, FilesInAnyOrderEndInTheSameHistory) {
  std::vector<std::string> paths{kShared + "/nba/schedule.csv.gz",
                                 kShared + "/nba/player_games.csv.gz",
                                 kShared + "/formats/nba_api_leaguegamelog_players.csv",
                                 kShared + "/formats/community_no_game_id.csv"};
  Import(paths);
  HistoryTable forward = Open().LoadTable().value();
  fs::remove_all(Data());
  std::reverse(paths.begin(), paths.end());
  Import(paths);
  HistoryTable backward = Open().LoadTable().value();
  ASSERT_EQ(forward.size(), backward.size());
  for (Day day : forward.days()) {
    auto a = forward.PlayedOn(day), b = backward.PlayedOn(day);
    ASSERT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end(),
                           [](const PlayerGame& x, const PlayerGame& y) {
                             return x.player == y.player && x.player_name == y.player_name &&
                                    x.game == y.game;
                           }))
        << FormatDay(day);
  }
}

}  // namespace
}  // namespace tipoff
