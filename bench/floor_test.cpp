// The floor is worth something only while it writes what the product writes.
#include "floor.h"

#include <gtest/gtest.h>

#include <map>

#include "sqlite/connection.h"
#include "sqlite/schema.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

// Table or index name to the statement that made it.
std::map<std::string, std::string> Schema(sqlite::Connection& db) {
  std::map<std::string, std::string> schema;
  sqlite::Statement list(db.handle(),
                         "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name");
  while (list.Step()) schema[list.Text(0)] = list.Text(1);
  return schema;
}

TEST(Floor, ItsTablesAndIndexesAreTheProducts) {
  TempFolder folder;
  sqlite::Connection product(folder / "product.db", sqlite::Connection::Mode::kReadWrite);
  for (const std::string& migration : sqlite::Migrations()) product.Execute(migration);
  sqlite::Connection bare(folder / "floor.db", sqlite::Connection::Mode::kReadWrite);
  bare.Execute(bench::FloorSchema());
  std::map<std::string, std::string> of_product = Schema(product), of_floor = Schema(bare);
  // Every index and trigger that the product has on the floor's tables, and nothing else.
  for (const char* table : {"request", "request_spec", "staged", "message"}) {
    sqlite::Statement on(
        product.handle(),
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name=?");
    on.BindText(0, table);
    while (on.Step()) {
      EXPECT_EQ(of_floor[on.Text(0)], on.Text(1));
      of_floor.erase(on.Text(0));
    }
  }
  EXPECT_TRUE(of_floor.empty()) << of_floor.begin()->first;
}

TEST(Floor, ItsPragmasAreTheProducts) {
  TempFolder folder;
  bench::Floor floor(folder / "floor.db", {"spec", "message", "staged"});
  floor.Create(1);
  sqlite::Connection product(folder / "product.db", sqlite::Connection::Mode::kReadWrite);
  sqlite::Connection bare(folder / "floor.db", sqlite::Connection::Mode::kReadOnly);
  for (const char* pragma : {"PRAGMA page_size", "PRAGMA auto_vacuum", "PRAGMA encoding"}) {
    sqlite::Statement a(product.handle(), pragma), b(bare.handle(), pragma);
    ASSERT_TRUE(a.Step() && b.Step());
    EXPECT_EQ(a.Text(0), b.Text(0)) << pragma;
  }
  sqlite::Statement mode(bare.handle(), "PRAGMA journal_mode");
  ASSERT_TRUE(mode.Step());
  EXPECT_EQ(mode.Text(0), "wal");
}

TEST(Floor, EveryRequestIsCreatedPublishedClaimedAndCompleted) {
  TempFolder folder;
  bench::Floor floor(folder / "floor.db", {"spec", "message", "staged"});
  floor.Create(2500);
  floor.Work();
  sqlite::Connection bare(folder / "floor.db", sqlite::Connection::Mode::kReadOnly);
  EXPECT_EQ(bare.QueryInt("SELECT count(*) FROM request WHERE state=3 AND counted_at>0"), 2500);
  EXPECT_EQ(bare.QueryInt("SELECT count(*) FROM staged WHERE body='staged'"), 2500);
  EXPECT_EQ(bare.QueryInt("SELECT count(*) FROM message"), 0);
}

}  // namespace
}  // namespace tipoff
