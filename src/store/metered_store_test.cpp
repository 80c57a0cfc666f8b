#include "store/metered_store.h"

#include <gtest/gtest.h>

#include "flow/commit.h"
#include "store/memory/memory_store.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

TEST(MeteredStore, WhatIsCommittedThroughItIsCountedAndNothingElseChanges) {
  ManualLoop loop;
  MemoryDatabase database;
  MemoryStore memory(database, loop);
  MeteredStore store(loop, memory);
  Batch header;
  header.id = BatchId("b1");
  BatchCommit commit = MakeCreation(header, 0, {}, "c1", loop.Now(), {});
  auto made =
      Await<CreateOutcome>(loop, [&](auto done) { store.Create(commit, std::nullopt, done); });
  ASSERT_TRUE(made.ok() && made->created);
  EXPECT_EQ(store.tally().commit.count, 1u);
  commit.next.version = 7;  // Of no batch as it is stored.
  auto failed = Await<Done>(loop, [&](auto done) { store.Commit(commit, done); });
  EXPECT_FALSE(failed.ok());
  EXPECT_EQ(store.tally().commit.count, 1u);
  EXPECT_EQ(store.tally().commits_failed, 1u);
}

}  // namespace
}  // namespace tipoff
