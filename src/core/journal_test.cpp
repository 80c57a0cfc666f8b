#include "core/journal.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

constexpr Instant kStart = Instant::FromMicros(1'700'000'000'000'000);

JournalEntry Created(std::uint32_t expected) {
  JournalEntry entry;
  entry.seq = 1;
  entry.at = kStart;
  entry.actor = "host-1-abc";
  entry.events = {"created"};
  entry.expected = expected;
  return entry;
}

JournalEntry Next(const JournalEntry& before) {
  JournalEntry entry = before;
  ++entry.seq;
  entry.events = {"completions (1)"};
  entry.transitions.clear();
  return entry;
}

TEST(Journal, AnEntryReadsBackAsWritten) {
  JournalEntry entry = Created(12);
  entry.events = {"completions (3)", "cancel"};
  entry.phase = Phase::kCancelled;
  entry.reason = Reason::kCancelledByOperator;
  entry.message = "two\nlines \\ and a backslash";
  entry.predictions = 77;
  entry.publication = 3;
  entry.open_become = OpenBecome::kCancelled;
  entry.transitions = {{RequestState::kSucceeded, {{0, 4}, {9, 9}}}};
  entry.republish = {{5, 6}};
  entry.late = {{1, 1}};
  auto read = DecodeJournal(EncodeJournal(entry));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, entry);
}

TEST(Journal, ADamagedEntryIsCorruptAndNamesItsLine) {
  std::string text = EncodeJournal(Created(3));
  for (std::string damaged : {text.substr(0, text.size() - 4), "seq x\n" + text, text + "what 1\n",
                              text + "to flying 0-1\n", text + "to failed 3-1\n"}) {
    auto read = DecodeJournal(damaged);
    ASSERT_FALSE(read.ok()) << damaged;
    EXPECT_EQ(read.error().code, Errc::kCorrupt);
  }
}

TEST(Journal, RangesAreSortedAndMerged) {
  auto ranges = ToRanges({7, 1, 2, 0, 9, 2});
  EXPECT_EQ(ranges, (std::vector<OrdinalRange>{{0, 2}, {7, 7}, {9, 9}}));
}

TEST(Journal, ChangingAnyByteChangesTheChain) {
  std::string one = EncodeJournal(Created(3));
  std::string two = EncodeJournal(Next(Created(3)));
  std::string chain = ChainHash(ChainHash("", one), two);
  std::string tampered = one;
  tampered[tampered.find("abc")] = 'b';
  EXPECT_NE(ChainHash(ChainHash("", tampered), two), chain);
}

TEST(JournalFold, GivesBackTheCounts) {
  JournalFold fold;
  JournalEntry entry = Created(3);
  ASSERT_TRUE(fold.Add(entry).ok());
  entry = Next(entry);
  entry.transitions = {{RequestState::kPublished, {{0, 2}}}};
  ASSERT_TRUE(fold.Add(entry).ok());
  entry = Next(entry);
  entry.phase = Phase::kPartial;
  entry.reason = Reason::kDeadlineExceeded;
  entry.predictions = 4;
  entry.transitions = {{RequestState::kSucceeded, {{1, 1}}}};
  entry.open_become = OpenBecome::kExpiredOrUndelivered;
  ASSERT_TRUE(fold.Add(entry).ok());

  Batch stored;
  stored.version = 3;
  stored.phase = Phase::kPartial;
  stored.reason = Reason::kDeadlineExceeded;
  stored.predictions = 4;
  stored.counts.Set(RequestState::kSucceeded, 1);
  stored.counts.Set(RequestState::kExpired, 2);
  EXPECT_TRUE(fold.Matches(stored).ok()) << fold.Matches(stored).error().message;
  stored.counts.Set(RequestState::kExpired, 1);
  stored.counts.Set(RequestState::kFailed, 1);
  EXPECT_EQ(fold.Matches(stored).error().code, Errc::kCorrupt);
}

TEST(JournalFold, RefusesAGapASecondResultAndAChangeAfterTheEnd) {
  JournalFold fold;
  JournalEntry entry = Created(2);
  ASSERT_TRUE(fold.Add(entry).ok());
  JournalEntry gap = Next(Next(entry));
  EXPECT_FALSE(fold.Add(gap).ok());
  entry = Next(entry);
  entry.transitions = {{RequestState::kFailed, {{0, 1}}}};
  ASSERT_TRUE(fold.Add(entry).ok());
  JournalEntry second = Next(entry);
  second.transitions = {{RequestState::kSucceeded, {{0, 0}}}};
  EXPECT_FALSE(fold.Add(second).ok());

  JournalFold ended;
  ASSERT_TRUE(ended.Add(Created(0)).ok());
  JournalEntry end = Next(Created(0));
  end.phase = Phase::kSucceeded;
  end.reason = Reason::kNoRequests;
  ASSERT_TRUE(ended.Add(end).ok());
  JournalEntry flipped = Next(end);
  flipped.phase = Phase::kFailed;
  EXPECT_FALSE(ended.Add(flipped).ok());
}

TEST(JournalFold, ATerminalBatchWithOpenRequestsIsAContradiction) {
  JournalFold fold;
  ASSERT_TRUE(fold.Add(Created(1)).ok());
  JournalEntry end = Next(Created(1));
  end.phase = Phase::kSucceeded;
  end.reason = Reason::kCompleted;
  EXPECT_FALSE(fold.Add(end).ok());
}

}  // namespace
}  // namespace tipoff
