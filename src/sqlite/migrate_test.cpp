#include "sqlite/migrate.h"

#include <gtest/gtest.h>

namespace tipoff::sqlite {
namespace {

const std::vector<std::string> kFirst{"CREATE TABLE player (id TEXT)"};
const std::vector<std::string> kSecond{kFirst[0],
                                       "ALTER TABLE player ADD COLUMN name TEXT DEFAULT 'unknown'"};

Connection InMemory() { return Connection(":memory:", Connection::Mode::kReadWrite); }

TEST(Migrate, AnEmptyFileIsBroughtToTheNewestVersion) {
  Connection connection = InMemory();
  ASSERT_TRUE(Migrate(connection, kSecond, "history.db").ok());
  EXPECT_EQ(connection.QueryInt("PRAGMA user_version"), 2);
  connection.Execute("INSERT INTO player VALUES ('201939', 'Stephen Curry')");
}

TEST(Migrate, AnOlderFileIsMigratedAndKeepsItsRows) {
  Connection connection = InMemory();
  ASSERT_TRUE(Migrate(connection, kFirst, "history.db").ok());
  connection.Execute("INSERT INTO player VALUES ('201939')");
  EXPECT_EQ(CheckVersion(connection, 2, "history.db").error().code, Errc::kUnavailable);

  ASSERT_TRUE(Migrate(connection, kSecond, "history.db").ok());

  EXPECT_TRUE(CheckVersion(connection, 2, "history.db").ok());
  EXPECT_EQ(connection.Prepared("SELECT name FROM player").Step(), true);
  EXPECT_EQ(connection.QueryInt("SELECT count(*) FROM player WHERE name = 'unknown'"), 1);
}

TEST(Migrate, ANewerFileIsRefusedAndLeftAlone) {
  Connection connection = InMemory();
  ASSERT_TRUE(Migrate(connection, kSecond, "history.db").ok());
  Status status = Migrate(connection, kFirst, "history.db");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kUnsupported);
  EXPECT_NE(status.error().message.find("newer tipoff"), std::string::npos);
  EXPECT_EQ(CheckVersion(connection, 1, "history.db").error().code, Errc::kUnsupported);
  EXPECT_EQ(connection.QueryInt("PRAGMA user_version"), 2);
}

TEST(Migrate, AFailingStepLeavesTheFileAsItWas) {
  Connection connection = InMemory();
  ASSERT_TRUE(Migrate(connection, kFirst, "history.db").ok());
  std::vector<std::string> broken{kSecond[0], kSecond[1], "CREATE TABLE player (id TEXT)"};
  EXPECT_FALSE(Migrate(connection, broken, "history.db").ok());
  EXPECT_EQ(connection.QueryInt("PRAGMA user_version"), 1);
  EXPECT_EQ(connection.QueryInt("SELECT count(*) FROM pragma_table_info('player')"), 1);
}

}  // namespace
}  // namespace tipoff::sqlite
