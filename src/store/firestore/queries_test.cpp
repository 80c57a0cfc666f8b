#include "store/firestore/queries.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "store/firestore/values.h"

namespace tipoff::firestore {
namespace {

Batch Ended() {
  Batch batch;
  batch.id = BatchId("b1");
  batch.slot = {*ParseDay("2026-01-28"), ""};
  batch.phase = Phase::kPartial;
  batch.rows_open_at_end = 2;
  batch.publication = 3;
  batch.retry_of = BatchId("b0");
  return batch;
}

TEST(Queries, WhatAFilterIsNarrowedToIsAmongWhatTheBatchIsFoundBy) {
  Batch batch = Ended();
  auto keys = FoundBy(batch);
  const BatchFilter filters[] = {
      {.unsettled = true},
      {.published_only = true},
      {.published_only = true, .slot = batch.slot},
      {.slot = batch.slot},
      {.game_date = batch.slot.game_date},
      {.phase = Phase::kPartial},
      {.retry_of = BatchId("b0")},
      {.ended_before = Instant::FromMicros(1)},
  };
  for (const BatchFilter& filter : filters) {
    std::string key = Narrowest(filter);
    EXPECT_NE(std::find(keys.begin(), keys.end(), key), keys.end()) << key;
  }
  batch.phase = Phase::kRunning;
  keys = FoundBy(batch);
  EXPECT_NE(std::find(keys.begin(), keys.end(), Narrowest({.live_only = true})), keys.end());
  EXPECT_EQ(Narrowest(BatchFilter{}), "");
}

TEST(Queries, WhatAnAnnouncementIsFoundByFollowsItsState) {
  Announcement announcement;
  announcement.batch = BatchId("b1");
  announcement.target = "ops";
  auto found = [&](const AnnouncementFilter& filter) {
    auto keys = FoundBy(announcement);
    return std::find(keys.begin(), keys.end(), Narrowest(filter)) != keys.end();
  };
  EXPECT_TRUE(found({.due = true}));
  EXPECT_TRUE(found({.due = true, .target = "ops"}));
  EXPECT_FALSE(found({.due = true, .target = "log"}));
  announcement.dead = true;
  EXPECT_FALSE(found({.due = true}));
  EXPECT_TRUE(found({.state = AnnouncementState::kDead, .target = "ops"}));
  announcement.sent_at = Instant::FromMicros(5);
  EXPECT_TRUE(found({.state = AnnouncementState::kSent}));
}

TEST(Queries, NewerBatchesHaveHigherNumbersAndTwoOfOneMomentDiffer) {
  Batch a = Ended(), b = Ended();
  a.created_at = b.created_at = Instant::FromMicros(1'769'555'415'000'000);
  b.id = BatchId("b2");
  EXPECT_NE(NumberOf(a), NumberOf(b));
  b.created_at = a.created_at + Duration(1);
  EXPECT_LT(NumberOf(a), NumberOf(b));
  EXPECT_LT(NumberOf(a), NumberAt(b.created_at));
}

TEST(Queries, AQueryThatNoIndexServesIsKnown) {
  QuerySpec spec{.collection = "prediction_batches", .found_by = "live", .order = "number"};
  EXPECT_FALSE(Served(MakeQuery(spec), "")) << "ascending";
  spec.descending = true;
  EXPECT_TRUE(Served(MakeQuery(spec), ""));
  EXPECT_FALSE(Served(MakeQuery(spec), "dev_")) << "the collection has another name there";
  spec.found_by = "";
  EXPECT_TRUE(Served(MakeQuery(spec), "")) << "one field has its index unasked";
  spec.order = "header";
  EXPECT_FALSE(Served(MakeQuery(spec), "")) << "not indexed, for its size";
  auto query = MakeQuery({.collection = "c", .found_by = "x", .order = "a"});
  EXPECT_FALSE(Served(query, ""));
}

// deploy/firestore.indexes.json is what an operator deploys.
TEST(Queries, TheIndexFileInDeployIsThisOne) {
  std::ifstream file(TIPOFF_SOURCE_DIR "/deploy/firestore.indexes.json");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, IndexesJson(""));
}

}  // namespace
}  // namespace tipoff::firestore
