#include "history/delayed_history.h"

#include <gtest/gtest.h>

#include "support/manual_loop.h"

namespace tipoff {
namespace {

using std::chrono::seconds;

// Answers at once.
class ReadyHistory final : public History {
 public:
  explicit ReadyHistory(Loop& loop) : loop_(loop) {}
  void Load(HistoryQuery, LoadDone done) override {
    ++queries;
    loop_.Post([done] { done(HistoryBatch{{}, {}, "v1"}); });
  }
  int queries = 0;

 private:
  Loop& loop_;
};

class DelayedHistoryTest : public testing::Test {
 protected:
  void Ask(History& history) {
    history.Load({}, [this](Result<HistoryBatch> answer) { answer_ = std::move(answer); });
    loop_.RunIdle();
  }

  ManualLoop loop_;
  ReadyHistory ready_{loop_};
  std::optional<Result<HistoryBatch>> answer_;
};

TEST_F(DelayedHistoryTest, AnswersAsItsSourceDoesButLater) {
  DelayedHistory history(loop_, ready_, {.delay = seconds(205)});
  Ask(history);
  loop_.Advance(seconds(204));
  EXPECT_FALSE(answer_);
  EXPECT_EQ(ready_.queries, 0);
  loop_.Advance(seconds(1));
  ASSERT_TRUE(answer_ && answer_->ok());
  EXPECT_EQ((*answer_)->data_version, "v1");
}

TEST_F(DelayedHistoryTest, FailsAsTold) {
  DelayedHistory history(loop_, ready_, {.delay = seconds(1), .failure = "quota exceeded"});
  Ask(history);
  loop_.Advance(seconds(1));
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code, Errc::kUnavailable);
  EXPECT_EQ(answer_->error().message, "quota exceeded");
}

TEST_F(DelayedHistoryTest, HangsAsTold) {
  DelayedHistory history(loop_, ready_, {.hangs = true});
  Ask(history);
  loop_.Advance(std::chrono::hours(24));
  EXPECT_FALSE(answer_);
}

TEST_F(DelayedHistoryTest, NothingComesOfItAfterItsEnd) {
  {
    DelayedHistory history(loop_, ready_, {.delay = seconds(1)});
    Ask(history);
  }
  loop_.Advance(seconds(2));
  EXPECT_EQ(ready_.queries, 0);
}

}  // namespace
}  // namespace tipoff
