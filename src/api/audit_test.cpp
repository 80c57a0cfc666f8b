#include "api/audit.h"

#include <gtest/gtest.h>

#include "core/limits.h"
#include "store/memory/memory_store.h"
#include "support/faulty_store.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

AuditEntry Clear(const std::string& target) {
  return {.who = "key:ops",
          .role = Role::kOperate,
          .action = "batch.clear",
          .target = target,
          .why = "stuck",
          .from = "127.0.0.1:5432"};
}

class AuditTest : public testing::Test {
 protected:
  Status Write(const AuditEntry& entry) {
    return Await<Done>(loop_, [&](auto done) { audit_.Write(entry, std::move(done)); });
  }
  AuditPage List(AuditFilter filter = {}) {
    return *Await<AuditPage>(loop_, [&](auto done) { audit_.List(filter, std::move(done)); });
  }

  ManualLoop loop_;
  MemoryDatabase database_;
  MemoryStore memory_{database_, loop_};
  FaultyStore store_{memory_, loop_};
  SeededRandom random_{1};
  Audit audit_{store_, random_};
};

TEST_F(AuditTest, WhatIsWrittenIsListedNewestFirst) {
  ASSERT_TRUE(Write(Clear("b1")).ok());
  loop_.Advance(std::chrono::microseconds(1));
  ASSERT_TRUE(Write(Clear("b2")).ok());
  AuditPage page = List();
  ASSERT_EQ(page.records.size(), 2u);
  EXPECT_EQ(page.records[0].entry, Clear("b2"));
  EXPECT_EQ(page.records[1].entry, Clear("b1"));
  EXPECT_EQ(page.records[0].at, loop_.Now());
  EXPECT_EQ(page.next, "");
}

TEST_F(AuditTest, TwoEntriesOfOneInstantAreBothKept) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Write(Clear("b")).ok());
  EXPECT_EQ(List().records.size(), 50u);
}

TEST_F(AuditTest, AnEntryIsNeverOverwritten) {
  ASSERT_TRUE(Write(Clear("b1")).ok());
  SeededRandom same(1);
  Audit other(store_, same);
  Status again = Await<Done>(loop_, [&](auto done) { other.Write(Clear("b2"), done); });
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::kConflict);
  ASSERT_EQ(List().records.size(), 1u);
  EXPECT_EQ(List().records[0].entry.target, "b1");
}

TEST_F(AuditTest, PagesFollowEachOther) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Write(Clear(std::to_string(i))).ok());
    loop_.Advance(std::chrono::seconds(1));
  }
  std::string seen;
  AuditFilter filter{.limit = 2};
  do {
    AuditPage page = List(filter);
    for (const AuditRecord& record : page.records) seen += record.entry.target;
    filter.after = page.next;
  } while (!filter.after.empty());
  EXPECT_EQ(seen, "43210");
}

TEST_F(AuditTest, SinceLeavesOutWhatIsOlder) {
  ASSERT_TRUE(Write(Clear("old")).ok());
  loop_.Advance(std::chrono::hours(2));
  ASSERT_TRUE(Write(Clear("new")).ok());
  AuditPage page = List({.since = loop_.Now() - std::chrono::hours(1), .limit = 2});
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_EQ(page.records[0].entry.target, "new");
  EXPECT_EQ(page.next, "");
  EXPECT_EQ(List({.since = loop_.Now() - std::chrono::hours(2)}).records.size(), 2u);
}

TEST_F(AuditTest, WhatCannotBeWrittenIsAnError) {
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  Status status = Write(Clear("b"));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_NE(status.error().message.find("audit log"), std::string::npos);
}

TEST_F(AuditTest, NoInputMakesItsOwnEntryUnreadable) {
  AuditEntry entry = Clear("b\n\x1b[2J");
  entry.why = "\xff\xfe broken";
  ASSERT_TRUE(Write(entry).ok());
  AuditEntry kept = List().records.at(0).entry;
  EXPECT_EQ(kept.target, "b  [2J");
  EXPECT_EQ(kept.why, "?? broken");
  EXPECT_EQ(kept.who, "key:ops");
}

TEST_F(AuditTest, ALongTextIsCutBetweenCharacters) {
  AuditEntry entry = Clear("b");
  entry.why = std::string(limits::kReasonBytes - 1, 'x') + "\xc3\xa9";
  ASSERT_TRUE(Write(entry).ok());
  EXPECT_EQ(List().records.at(0).entry.why, std::string(limits::kReasonBytes - 1, 'x'));
}

TEST_F(AuditTest, ADamagedEntryIsShownAsSuch) {
  database_.records[{"audit", "1"}] = {"audit", "1", loop_.Now(), "{"};
  EXPECT_EQ(List().records.at(0).entry.action, "(damaged)");
}

}  // namespace
}  // namespace tipoff
