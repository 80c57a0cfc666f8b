// The suite's backends that need nothing but this machine.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>

#include "contract/store_backends.h"
#include "flow/commit.h"
#include "sqlite/connection.h"
#include "sqlite/schema.h"
#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

class MemoryBackend final : public Backend {
 public:
  Store& store() override { return store_; }
  Store& other() override { return other_; }

 private:
  MemoryDatabase database_;
  MemoryStore store_{database_, loop};
  MemoryStore other_{database_, loop};
};

class SqliteBackend final : public Backend {
 public:
  SqliteBackend() {
    for (auto& database : databases_) {
      sqlite::DatabaseOptions options;
      options.path = folder_ / "tipoff.db";
      options.migrations = sqlite::Migrations();
      options.process = Incarnation(fmt::format("p{}", &database - databases_.data()));
      options.on_death = sqlite::GiveBack;
      auto opened = sqlite::Database::Open(options, loop);
      EXPECT_TRUE(opened.ok()) << opened.error().message;
      database = std::move(*opened);
    }
    store_ = std::make_unique<SqliteStore>(*databases_[0], loop);
    other_ = std::make_unique<SqliteStore>(*databases_[1], loop);
  }
  Store& store() override { return *store_; }
  Store& other() override { return *other_; }
  // What somebody with an editor does to the file.
  void Execute(const std::string& sql) {
    sqlite::Connection(folder_ / "tipoff.db", sqlite::Connection::Mode::kReadWrite).Execute(sql);
  }

 private:
  TempFolder folder_;
  std::array<std::unique_ptr<sqlite::Database>, 2> databases_;
  std::unique_ptr<SqliteStore> store_, other_;
};

TEST(SqliteStoreTest, F31_AHeaderThatCannotBeReadKeepsNoOtherFromItsTurn) {
  SqliteBackend backend;
  for (const char* id : {"b1", "b2", "b3"}) {
    Batch header;
    header.id = BatchId(id);
    header.slot = {*ParseDay("2025-01-15"), id};
    BatchCommit created = MakeCreation(std::move(header), 0, {}, "test", backend.store().Now(), {});
    ASSERT_TRUE(Await<CreateOutcome>(backend.loop, [&](auto done) {
                  backend.store().Create(created, std::nullopt, done);
                }).ok());
  }
  backend.Execute("UPDATE batch SET phase='nonsense' WHERE id='b2'");
  std::vector<std::string> seen, unreadable;
  std::string after;
  do {
    auto page = Await<BatchPage>(backend.loop, [&](auto done) {
      backend.store().ListBatches({.after = after, .limit = 1}, done);
    });
    ASSERT_TRUE(page.ok()) << page.error().message;
    for (const Batch& batch : page->batches) seen.push_back(batch.id.str());
    unreadable.insert(unreadable.end(), page->unreadable.begin(), page->unreadable.end());
    after = page->next;
  } while (!after.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"b3", "b1"}));
  ASSERT_EQ(unreadable.size(), 1u);
  EXPECT_TRUE(unreadable[0].starts_with("b2: ")) << unreadable[0];
}

}  // namespace

std::vector<Kind> StoreKinds() {
  return {
      {"memory", []() -> std::unique_ptr<Backend> { return std::make_unique<MemoryBackend>(); }},
      {"sqlite", []() -> std::unique_ptr<Backend> { return std::make_unique<SqliteBackend>(); }}};
}

}  // namespace tipoff
