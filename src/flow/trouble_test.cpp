#include "flow/trouble.h"

#include <gtest/gtest.h>

#include "core/limits.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class TroubleLogTest : public testing::Test {
 protected:
  std::vector<Trouble> Read() {
    std::optional<Result<std::vector<Trouble>>> found;
    ListTroubles(store_, loop_.Now() - minutes(600), loop_.Now(),
                 [&](auto troubles) { found.emplace(std::move(troubles)); });
    loop_.RunUntil([&] { return found.has_value(); });
    return std::move(**found);
  }

  ManualLoop loop_;
  MemoryDatabase database_;
  MemoryStore memory_{database_, loop_};
  FaultyStore store_{memory_, loop_};
  TroubleLog log_{loop_, store_, "c1"};
};

TEST_F(TroubleLogTest, AStormOfErrorsIsOneWindowAndFewWrites) {
  for (int i = 0; i < 1000; ++i) log_.Note(Layer::kBus, "unavailable", "503", BatchId("b1"));
  loop_.Advance(seconds(10));
  auto troubles = Read();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_EQ(troubles[0].count, 1000u);
  EXPECT_EQ(troubles[0].layer, Layer::kBus);
  EXPECT_EQ(troubles[0].message, "503");
  EXPECT_EQ(troubles[0].batch, BatchId("b1"));
  EXPECT_LE(store_.calls["PutRecord"], 2);
}

TEST_F(TroubleLogTest, F34_WhatIsNotedWhileTheStoreIsAwayIsWrittenWhenItIsBack) {
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  log_.NoteStore({Errc::kUnavailable, "disk full"});
  loop_.Advance(minutes(10));
  ASSERT_EQ(log_.Unwritten().size(), 1u) << "it is kept in memory";
  store_.fault = [](const std::string&) { return Fault::kNone; };
  loop_.Advance(minutes(1));
  auto troubles = Read();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_EQ(troubles[0].layer, Layer::kStore);
  EXPECT_LT(troubles[0].first_at, loop_.Now() - minutes(9));
  EXPECT_TRUE(log_.Unwritten().empty());
}

TEST_F(TroubleLogTest, ErrorsFarApartAreSeveralWindows) {
  log_.Note(Layer::kHistory, "timeout", "slow");
  loop_.Advance(minutes(30));
  log_.Note(Layer::kHistory, "timeout", "slow again");
  loop_.Advance(seconds(10));
  EXPECT_EQ(Read().size(), 2u);
}

TEST_F(TroubleLogTest, ConflictsAreNotTheStoresTrouble) {
  log_.NoteStore({Errc::kConflict, "another was faster"});
  log_.NoteStore({Errc::kNotFound, "no such batch"});
  EXPECT_TRUE(log_.Unwritten().empty());
}

TEST_F(TroubleLogTest, ManyKindsAreBoundedAndTheirBatchesForgottenFirst) {
  for (int i = 0; i < 5000; ++i) {
    log_.Note(Layer::kBus, "unavailable", "503", BatchId("b" + std::to_string(i)));
  }
  EXPECT_LE(log_.Unwritten().size(), 2 * limits::kTroubleKinds);
  std::uint64_t count = 0;
  for (const Trouble& trouble : log_.Unwritten()) count += trouble.count;
  EXPECT_EQ(count, 5000u) << "none of them is lost";
}

TEST_F(TroubleLogTest, ALongLifeNeverForgetsWhichBatchAnErrorBelongsTo) {
  for (std::size_t i = 0; i < 3 * limits::kTroubleKinds; ++i) {
    log_.Note(Layer::kHistory, "timeout", "slow", BatchId("b" + std::to_string(i)));
    loop_.Advance(minutes(2));
  }
  for (const Trouble& trouble : Read()) EXPECT_FALSE(trouble.batch.empty());
}

TEST_F(TroubleLogTest, OldOnesAreForgotten) {
  log_.Note(Layer::kBus, "unavailable", "503");
  loop_.Advance(kTroubleKept + minutes(1));
  log_.Note(Layer::kBus, "unavailable", "504");
  loop_.Advance(seconds(10));
  std::size_t records = 0;
  store_.ListRecords({.kind = kTroubleRecords}, [&](auto found) { records = found->size(); });
  loop_.RunIdle();
  EXPECT_EQ(records, 1u);
}

}  // namespace
}  // namespace tipoff
