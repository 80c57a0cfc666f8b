#include "bus/end_message.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

Batch Ended(Phase phase, Reason reason, std::int64_t predictions) {
  Batch batch;
  batch.id = BatchId("batch_2025-01-15_1");
  batch.slot.game_date = ParseDay("2025-01-15").value();
  batch.phase = phase;
  batch.reason = reason;
  batch.predictions = predictions;
  batch.correlation_id = "corr-1";
  batch.trigger = "schedule";
  batch.created_at = Instant::FromMicros(1'000'000);
  batch.terminal_at = Instant::FromMicros(3'500'000);
  return batch;
}

json::object Message(const Batch& batch) { return ParseJson(EncodeBatchEnd(batch))->as_object(); }

TEST(EndMessage, SaysEverythingThatThePlatformReads) {
  Batch batch = Ended(Phase::kPartial, Reason::kDeadlineExceeded, 54);
  batch.counts = Counts(10);
  batch.counts.Move(RequestState::kPending, RequestState::kSucceeded, 6);
  batch.counts.Move(RequestState::kPending, RequestState::kSkipped, 1);
  batch.counts.Move(RequestState::kPending, RequestState::kExpired, 3);
  json::object message = Message(batch);
  EXPECT_EQ(message["processor_name"], "PredictionCoordinator");
  EXPECT_EQ(message["phase"], "phase_5_predictions");
  EXPECT_EQ(message["execution_id"], "batch_2025-01-15_1");
  EXPECT_EQ(message["correlation_id"], "corr-1");
  EXPECT_EQ(message["game_date"], "2025-01-15");
  EXPECT_EQ(message["status"], "partial");
  EXPECT_EQ(message["record_count"].to_number<int>(), 54);
  EXPECT_EQ(message["records_failed"].to_number<int>(), 3);
  EXPECT_EQ(message["duration_seconds"].to_number<double>(), 2.5);
  EXPECT_EQ(message["trigger_source"], "schedule");
  for (const char* field : {"output_table", "output_dataset", "timestamp"}) {
    EXPECT_TRUE(message.contains(field)) << field;
  }
  json::object& metadata = message["metadata"].as_object();
  EXPECT_EQ(metadata["batch_id"], "batch_2025-01-15_1");
  EXPECT_EQ(metadata["expected_players"].to_number<int>(), 10);
  EXPECT_EQ(metadata["completed_players"].to_number<int>(), 7);
  EXPECT_EQ(metadata["total_predictions"].to_number<int>(), 54);
  EXPECT_EQ(metadata["completion_percentage"].to_number<double>(), 70);
  EXPECT_EQ(metadata["completion_pct"].to_number<double>(), 70);
  EXPECT_EQ(metadata["reason"], "DeadlineExceeded");
}

TEST(EndMessage, F37_OnlySuccessIsCalledSuccess) {
  auto status = [](Phase phase, Reason reason, std::int64_t predictions) {
    return std::string(Message(Ended(phase, reason, predictions))["status"].as_string());
  };
  EXPECT_EQ(status(Phase::kSucceeded, Reason::kCompleted, 10), "success");
  EXPECT_EQ(status(Phase::kSucceeded, Reason::kNoRequests, 0), "no_data");
  EXPECT_EQ(status(Phase::kPartial, Reason::kStalled, 10), "partial");
  EXPECT_EQ(status(Phase::kFailed, Reason::kNoPredictions, 0), "failed");
  EXPECT_EQ(status(Phase::kFailed, Reason::kDeadlineExceeded, 0), "failed");
  EXPECT_EQ(status(Phase::kCancelled, Reason::kSuperseded, 10), "failed");
}

}  // namespace
}  // namespace tipoff
