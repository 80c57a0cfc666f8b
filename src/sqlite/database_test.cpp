#include "sqlite/database.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "sqlite/schema.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff::sqlite {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class DatabaseTest : public testing::Test {
 protected:
  DatabaseOptions Options(const std::string& process = "p1") {
    DatabaseOptions options;
    options.path = folder_ / "tipoff.db";
    options.migrations = {
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;"
        "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"};
    options.process = Incarnation(process);
    return options;
  }

  std::unique_ptr<Database> Open(DatabaseOptions options) {
    auto opened = Database::Open(std::move(options), loop_);
    EXPECT_TRUE(opened.ok()) << opened.error().message;
    return std::move(*opened);
  }

  Status Write(Database& database, Database::WriteOperation operation) {
    return Await<Done>(loop_, [&](auto done) {
      database.Write(std::move(operation),
                     [this, done](Status status) { loop_.Post([done, status] { done(status); }); });
    });
  }

  static Database::WriteOperation Insert(const std::string& name) {
    return [name](WriteContext& context) {
      context.db.Prepared("INSERT INTO item(name) VALUES(?)").With(name).Run();
      return Ok();
    };
  }

  std::int64_t Count(Database& database) {
    std::int64_t count = -1;
    auto status = Await<Done>(loop_, [&](auto done) {
      database.Read(
          [&count](ReadContext& context) {
            count = context.db.QueryInt("SELECT count(*) FROM item");
          },
          [this, done](Status read) { loop_.Post([done, read] { done(read); }); });
    });
    EXPECT_TRUE(status.ok());
    return count;
  }

  ManualLoop loop_;
  TempFolder folder_;
};

TEST_F(DatabaseTest, WhatIsDoneIsReadAndReopened) {
  auto database = Open(Options());
  ASSERT_TRUE(Write(*database, Insert("a")).ok());
  EXPECT_EQ(Count(*database), 1);
  database.reset();
  EXPECT_EQ(Count(*Open(Options())), 1);
}

TEST_F(DatabaseTest, AFailingWriteOfAGroupUndoesOnlyItself) {
  auto database = Open(Options());
  int answers = 0;
  std::vector<Status> statuses(4, Ok());
  auto take = [&](std::size_t i) {
    return [&, i](Status status) {
      loop_.Post([&, i, status] {
        statuses[i] = status;
        ++answers;
      });
    };
  };
  // The first holds the writer until the others have gathered behind it.
  std::promise<void> gate;
  database->Write(
      [&](WriteContext&) {
        gate.get_future().wait();
        return Ok();
      },
      [](Status) {});
  database->Write(Insert("a"), take(0));
  database->Write(Insert("a"), take(1));
  database->Write(
      [](WriteContext& context) -> Status {
        context.db.Execute("INSERT INTO item(name) VALUES('undone')");
        return Error{Errc::kConflict, "the operation's own refusal"};
      },
      take(2));
  database->Write(Insert("b"), take(3));
  gate.set_value();
  loop_.RunUntil([&] { return answers == 4; });
  EXPECT_TRUE(statuses[0].ok());
  EXPECT_EQ(statuses[1].error().code, Errc::kExists);
  EXPECT_EQ(statuses[2].error().code, Errc::kConflict);
  EXPECT_TRUE(statuses[3].ok());
  EXPECT_EQ(Count(*database), 2);
  EXPECT_LE(database->statistics().commits, 3u) << "they were committed as a group";
}

TEST_F(DatabaseTest, ANewerSchemaIsRefused) {
  DatabaseOptions newer = Options();
  newer.migrations.push_back("CREATE TABLE more(x)");
  Open(newer).reset();
  auto older = Database::Open(Options(), loop_);
  ASSERT_FALSE(older.ok());
  EXPECT_EQ(older.error().code, Errc::kUnsupported);
  EXPECT_NE(older.error().message.find("newer tipoff"), std::string::npos);
}

TEST_F(DatabaseTest, AnOlderSchemaIsMigratedWithItsData) {
  {
    auto database = Open(Options());
    ASSERT_TRUE(Write(*database, Insert("a")).ok());
  }
  DatabaseOptions newer = Options();
  newer.migrations.push_back("ALTER TABLE item ADD COLUMN note TEXT NOT NULL DEFAULT 'old'");
  auto database = Open(newer);
  std::int64_t old = 0;
  ASSERT_TRUE(Write(*database, [&](WriteContext& context) {
                old = context.db.QueryInt("SELECT count(*) FROM item WHERE note='old'");
                return Ok();
              }).ok());
  EXPECT_EQ(old, 1);
}

TEST_F(DatabaseTest, AFailingMigrationLeavesTheOldSchema) {
  Open(Options()).reset();
  DatabaseOptions broken = Options();
  broken.migrations.push_back("CREATE TABLE half(x); CREATE TABLE nonsense(");
  EXPECT_FALSE(Database::Open(broken, loop_).ok());
  auto database = Open(Options());
  std::int64_t half = -1;
  ASSERT_TRUE(Write(*database, [&](WriteContext& context) {
                half = context.db.QueryInt("SELECT count(*) FROM sqlite_master WHERE name='half'");
                return Ok();
              }).ok());
  EXPECT_EQ(half, 0);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsNamed) {
  std::ofstream(folder_ / "tipoff.db") << std::string(5000, 'x');
  auto opened = Database::Open(Options(), loop_);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, Errc::kCorrupt);
  EXPECT_NE(opened.error().message.find("tipoff.db"), std::string::npos);
}

TEST_F(DatabaseTest, F35_StoreTimeNeverStepsBack) {
  auto database = Open(Options());
  Instant before = database->Now();
  loop_.StepWallClock(-minutes(10));
  EXPECT_GE(database->Now(), before);
  Instant at;
  ASSERT_TRUE(Write(*database, [&](WriteContext& context) {
                at = context.now;
                context.db.Execute("INSERT INTO item(name) VALUES('x')");
                return Ok();
              }).ok());
  EXPECT_GE(at, before);
  loop_.Advance(minutes(5));
  EXPECT_EQ(database->Now() - before, Duration(minutes(5))) << "carried by the steady clock";
}

TEST_F(DatabaseTest, F35_TheHighestTimeIsRememberedAcrossProcessesAndRestarts) {
  Instant high;
  {
    auto database = Open(Options());
    loop_.StepWallClock(hours(1));
    ASSERT_TRUE(Write(*database, Insert("a")).ok());
    high = database->Now();
  }
  loop_.StepWallClock(-hours(2));
  auto other = Open(Options("p2"));
  EXPECT_GE(other->Now(), high);
}

TEST_F(DatabaseTest, ReadOnlyReadsAndRefusesToWrite) {
  {
    auto database = Open(Options());
    ASSERT_TRUE(Write(*database, Insert("a")).ok());
  }
  DatabaseOptions options = Options("reader");
  options.mode = Connection::Mode::kReadOnly;
  auto database = Open(options);
  EXPECT_EQ(Count(*database), 1);
  EXPECT_EQ(Write(*database, Insert("b")).error().code, Errc::kDenied);
  DatabaseOptions missing = options;
  missing.path = folder_ / "none.db";
  EXPECT_EQ(Database::Open(missing, loop_).error().code, Errc::kNotFound);
}

TEST_F(DatabaseTest, TheLogIsCheckpointedApartFromTheCommits) {
  auto database = Open(Options());
  std::string big(100'000, 'x');
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Write(*database, Insert(big + std::to_string(i))).ok());
  }
  // Housekeeping runs on its own thread; the log stops growing once it has been there.
  auto log_bytes = [&] { return std::filesystem::file_size(folder_ / "tipoff.db-wal"); };
  auto main_bytes = [&] { return std::filesystem::file_size(folder_ / "tipoff.db"); };
  for (int i = 100; i < 2000 && main_bytes() < 5'000'000; ++i) {
    ASSERT_TRUE(Write(*database, Insert("small" + std::to_string(i))).ok());
  }
  EXPECT_GT(main_bytes(), 5'000'000u) << "log: " << log_bytes();
}

TEST_F(DatabaseTest, WhoClosesGivesBackWhatHeHolds) {
  std::vector<std::string> given_back;
  DatabaseOptions options = Options();
  options.on_death = [&](WriteContext& context, const Incarnation& process) {
    context.db.Execute("SELECT 1");
    given_back.push_back(process.str());
  };
  Open(options).reset();
  EXPECT_EQ(given_back, std::vector{options.process.str()}) << "once, and by itself";
}

TEST_F(DatabaseTest, ClosingDoesNotWaitForAStrangersLock) {
  std::vector<std::string> given_back;
  DatabaseOptions options = Options();
  options.on_death = [&](WriteContext&, const Incarnation& process) {
    given_back.push_back(process.str());
  };
  auto database = Open(options);
  Connection stranger(options.path, Connection::Mode::kReadWrite);
  auto lock = std::make_unique<Transaction>(stranger);
  // Let go long after closing should have ended, but before the usual wait for a lock has.
  std::promise<void> closed;
  auto release = std::async(std::launch::async, [&, end = closed.get_future()] {
    end.wait_for(seconds(4));
    lock.reset();
  });
  std::vector<Errc> refused;
  for (const char* name : {"a", "b"}) {
    database->Write(Insert(name), [&](Status status) {
      if (!status.ok()) refused.push_back(status.error().code);
    });
  }
  database.reset();
  closed.set_value();
  release.get();
  EXPECT_EQ(refused, std::vector(2, Errc::kUnavailable));
  EXPECT_TRUE(given_back.empty());
  options.process = Incarnation("p2");
  Open(options).reset();
  EXPECT_EQ(given_back, (std::vector<std::string>{"p1", "p2"})) << "the next one does it";
}

TEST_F(DatabaseTest, F34_WhatADeadProcessHeldIsGivenBackOnceTheDiskIsWellAgain) {
  DatabaseOptions options = Options();
  std::filesystem::create_directories(folder_ / "processes");
  std::ofstream(folder_ / "processes/dead.lock");
  int tries = 0;
  std::promise<void> given_back;
  options.on_death = [&](WriteContext&, const Incarnation& process) {
    if (process.str() != "dead") return;
    if (++tries == 1) throw Failure(SQLITE_IOERR_WRITE, "the disk is ill");
    given_back.set_value();
  };
  auto database = Open(options);
  given_back.get_future().wait_for(seconds(20));
  database.reset();
  EXPECT_EQ(tries, 2);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "processes/dead.lock"));
}

TEST_F(DatabaseTest, TheRealSchemaOpens) {
  DatabaseOptions options = Options();
  options.migrations = Migrations();
  options.on_death = GiveBack;
  auto database = Open(options);
  ASSERT_TRUE(Write(*database, [](WriteContext& context) {
                context.db.Execute("SELECT * FROM requests");
                context.db.Execute("SELECT * FROM predictions");
                return Ok();
              }).ok());
}

}  // namespace
}  // namespace tipoff::sqlite
