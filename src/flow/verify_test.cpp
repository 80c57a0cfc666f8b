#include "flow/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class VerifyTest : public testing::Test {
 protected:
  VerifyTest() : process_(world_.NewCoordinator()) {
    world_.AddSlate(5);
    process_->coordinator.Start();
    batch_ = world_.Start(*process_).batch.id;
    world_.loop.RunIdle();
  }

  JournalProof Verify() {
    auto proof = Await<JournalProof>(world_.loop, [&](DoneWith<JournalProof> done) {
      VerifyJournal(process_->store, batch_, std::move(done));
    });
    EXPECT_TRUE(proof.ok()) << proof.error().message;
    return proof.ok() ? *proof : JournalProof{};
  }

  // What somebody with an editor can reach.
  MemoryDatabase::StoredBatch& Stored() {
    return const_cast<MemoryDatabase::StoredBatch&>(world_.Everything(batch_));
  }

  World world_;
  std::unique_ptr<TestCoordinator> process_;
  BatchId batch_;
};

TEST_F(VerifyTest, ALiveBatchAndAnEndedOneFoldToWhatIsStored) {
  EXPECT_THAT(Verify().problems, IsEmpty());
  world_.WorkAll();
  world_.loop.RunIdle();
  ASSERT_EQ(world_.Stored(batch_).phase, Phase::kSucceeded);
  JournalProof proof = Verify();
  EXPECT_THAT(proof.problems, IsEmpty());
  EXPECT_EQ(proof.entries, world_.Stored(batch_).version);
  EXPECT_EQ(proof.hash, world_.Stored(batch_).journal_hash);
}

TEST_F(VerifyTest, OpenRowsOfAnEndedBatchReadAsWhatItsEndMadeOfThem) {
  world_.loop.Advance(std::chrono::hours(3));
  ASSERT_EQ(world_.Stored(batch_).phase, Phase::kFailed);
  EXPECT_THAT(Verify().problems, IsEmpty());
}

TEST_F(VerifyTest, AnEntryThatWasRewrittenNoLongerGivesItsHash) {
  std::string& text = Stored().journal[1].text;
  text.replace(text.find("actor c1"), 8, "actor c2");
  EXPECT_THAT(Verify().problems, ElementsAre(HasSubstr("entry 2")));
}

TEST_F(VerifyTest, AnEntryThatWasRewrittenWithItsHashNoLongerFitsTheNext) {
  world_.WorkAll();
  world_.loop.RunIdle();
  ASSERT_GE(Stored().journal.size(), 3u);
  JournalRecord& record = Stored().journal[1];
  record.text.replace(record.text.find("actor c1"), 8, "actor c2");
  record.hash = ChainHash(Stored().journal[0].hash, record.text);
  EXPECT_THAT(Verify().problems, ElementsAre(HasSubstr("entry 3")));
}

TEST_F(VerifyTest, AnEntryThatWasTakenAwayIsMissed) {
  Stored().journal.pop_back();
  std::vector<std::string> problems = Verify().problems;
  ASSERT_GE(problems.size(), 2u);
  EXPECT_THAT(problems[0], HasSubstr("another last hash"));
  EXPECT_EQ(problems[1], "version: the journal says 1, the batch 2");
}

TEST_F(VerifyTest, ARowThatWasChangedBesidesTheJournalIsNamed) {
  Stored().requests[3].row.state = RequestState::kSucceeded;
  EXPECT_THAT(Verify().problems, ElementsAre(HasSubstr("request 3: the journal says published")));
}

TEST_F(VerifyTest, ARowThatIsGoneIsMissed) {
  Stored().requests.erase(4);
  EXPECT_THAT(Verify().problems, ElementsAre(HasSubstr("4 requests are stored, 5 were recorded")));
}

TEST_F(VerifyTest, AHeaderThatWasChangedBesidesTheJournalIsSaid) {
  Stored().batch.predictions += 7;
  EXPECT_THAT(Verify().problems, ElementsAre(HasSubstr("predictions")));
}

TEST_F(VerifyTest, ABatchThatDoesNotExistHasNoJournal) {
  batch_ = BatchId("batch_none");
  auto proof = Await<JournalProof>(world_.loop, [&](DoneWith<JournalProof> done) {
    VerifyJournal(process_->store, batch_, std::move(done));
  });
  ASSERT_FALSE(proof.ok());
  EXPECT_EQ(proof.error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace tipoff
