#include "store/firestore/documents.h"

#include <gtest/gtest.h>

#include <set>

#include "store/firestore/limits.h"

namespace tipoff::firestore {
namespace {

Batch Sample() {
  Batch batch;
  batch.id = BatchId("batch_2026-01-28_1769555415_abc");
  batch.slot = {*ParseDay("2026-01-28"), "test"};
  batch.version = 7;
  batch.counts = Counts(5);
  batch.counts.Move(RequestState::kPending, RequestState::kSucceeded, 2);
  batch.counts.Move(RequestState::kPending, RequestState::kSkipped, 1);
  batch.counts.Move(RequestState::kPending, RequestState::kFailed, 1);
  batch.predictions = 61;
  batch.created_at = Instant::FromMicros(1'769'555'415'000'001);
  batch.terminal_by = batch.created_at + std::chrono::hours(2);
  batch.progress_at = batch.created_at + std::chrono::minutes(1);
  batch.correlation_id = "corr";
  batch.policy.required_players = {PlayerId("o'neal.jr-šarić")};
  return batch;
}

fs::Document Header(const Batch& batch) {
  fs::Document document = HeaderDocument(batch, batch.progress_at);
  AddCreated(batch, 100, document);
  return document;
}

// FACTS of the platform: its tools read these names.
TEST(Documents, AHeaderHasThePlatformsFieldsByTheirNames) {
  fs::Document document = Header(Sample());
  const auto& fields = document.fields();
  for (const char* name : {"batch_id",
                           "game_date",
                           "expected_players",
                           "completed_players",
                           "failed_players",
                           "total_predictions",
                           "is_complete",
                           "start_time",
                           "completion_time",
                           "correlation_id",
                           "dataset_prefix",
                           "created_at",
                           "updated_at",
                           "stall_completed",
                           "stall_reason",
                           "manual_clear",
                           "clear_reason",
                           "completed_count",
                           "phase",
                           "reason",
                           "terminal_by",
                           "version",
                           "progress_at",
                           "counts",
                           "slot"}) {
    EXPECT_TRUE(fields.contains(name)) << name;
  }
  EXPECT_EQ(TextOf(document, "batch_id"), "batch_2026-01-28_1769555415_abc");
  EXPECT_EQ(TextOf(document, "game_date"), "2026-01-28");
  EXPECT_EQ(TextOf(document, "dataset_prefix"), "test");
  EXPECT_EQ(IntegerOf(document, "expected_players"), 5);
  EXPECT_EQ(IntegerOf(document, "completed_count"), 3);
  EXPECT_EQ(IntegerOf(document, "total_predictions"), 61);
  EXPECT_FALSE(BooleanOf(document, "is_complete"));
  EXPECT_TRUE(fields.at("is_complete").has_boolean_value()) << "they list is_complete == false";
  EXPECT_TRUE(fields.at("completion_time").has_null_value());
  EXPECT_TRUE(fields.at("completed_players").has_array_value());
  EXPECT_TRUE(fields.at("start_time").has_timestamp_value());
  EXPECT_EQ(MapOf(document, "counts").at("succeeded").integer_value(), 2);
}

TEST(Documents, AnEndIsToldInThePlatformsWords) {
  Batch batch = Sample();
  batch.phase = Phase::kPartial;
  batch.reason = Reason::kStalled;
  batch.message = "no progress for 5m";
  batch.terminal_at = batch.created_at + std::chrono::minutes(9);
  fs::Document stalled = Header(batch);
  EXPECT_TRUE(BooleanOf(stalled, "is_complete"));
  EXPECT_TRUE(BooleanOf(stalled, "stall_completed"));
  EXPECT_EQ(TextOf(stalled, "stall_reason"), "no progress for 5m");
  EXPECT_EQ(TimeOf(stalled, "completion_time"), batch.terminal_at);
  EXPECT_FALSE(BooleanOf(stalled, "manual_clear"));
  batch.phase = Phase::kCancelled;
  batch.reason = Reason::kClearedByOperator;
  fs::Document cleared = Header(batch);
  EXPECT_TRUE(BooleanOf(cleared, "manual_clear"));
  EXPECT_EQ(TextOf(cleared, "clear_reason"), "no progress for 5m");
}

TEST(Documents, AHeaderReadsBackWhole) {
  Batch batch = Sample();
  batch.phase = Phase::kFinalizing;
  batch.decided = {Phase::kPartial, Reason::kRequestsFailed, "1 failed"};
  batch.sealed = true;
  batch.rows_written = 5;
  batch.suspicion = {1, "why", true};
  auto read = DecodeHeader(Header(batch));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, batch);
}

TEST(Documents, ADamagedHeaderIsCorruptNotACrash) {
  for (const char* text :
       {"", "{}", "[1]", R"({"phase":"running","reason":"None","counts":[1]})"}) {
    fs::Document document;
    (*document.mutable_fields())["header"] = Text(text);
    auto read = DecodeHeader(document);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.error().code, Errc::kCorrupt) << text;
  }
}

TEST(Documents, OnlySomeStatesNameTheirPlayers) {
  std::vector<Request> rows(4);
  const RequestState states[] = {RequestState::kSucceeded, RequestState::kSkipped,
                                 RequestState::kFailed, RequestState::kPublished};
  for (std::size_t i = 0; i < 4; ++i) {
    rows[i].player = PlayerId("p" + std::to_string(i));
    rows[i].state = states[i];
  }
  Names names = NamesIn(rows);
  EXPECT_EQ(names.completed, (std::vector<std::string>{"p0", "p1"}));
  EXPECT_EQ(names.failed, (std::vector<std::string>{"p2"}));
}

TEST(Documents, F07_RowsAreCalledByNumberNeverByName) {
  EXPECT_EQ(RowKey(12), "r12");
  EXPECT_EQ(OrdinalOf("r12"), 12);
  for (const char* key : {"", "r", "12", "rx", "r1x", "r-1", "r99999999999"}) {
    EXPECT_EQ(OrdinalOf(key), -1) << key;
  }
}

TEST(Documents, LargeBatchesHaveLargerDocumentsNotMore) {
  EXPECT_EQ(*RowsPerDocument(1), 100u);
  EXPECT_EQ(*RowsPerDocument(450), 100u);
  EXPECT_EQ(*RowsPerDocument(10'000), 100u);
  EXPECT_EQ(*RowsPerDocument(100'000), 250u);
  for (std::uint32_t expected : {40'001u, 99'999u, kRequestsPerBatch}) {
    std::uint32_t rows = *RowsPerDocument(expected);
    EXPECT_LE((expected + rows - 1) / rows, kDocumentsPerBatch);
    EXPECT_LE(rows, kRowsPerDocumentMax);
  }
  auto refused = RowsPerDocument(kRequestsPerBatch + 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kExhausted);
}

TEST(Documents, AFullDocumentOfRequestsIsBelowTheLimit) {
  fs::Document document;
  auto& fields = *document.mutable_fields();
  for (std::uint32_t i = 0; i < kRowsPerDocumentMax; ++i) {
    Request row;
    row.player = PlayerId("some-players-name-" + std::to_string(i));
    row.reason = std::string(500, 'x');
    row.worker = std::string(64, 'w');
    (*fields["rows"].mutable_map_value()->mutable_fields())[RowKey(i)] = EncodeRow(row);
    (*fields["specs"].mutable_map_value()->mutable_fields())[RowKey(i)] =
        Text(std::string(600, 's'));
  }
  EXPECT_LT(document.ByteSizeLong(), kDocumentBytes);
}

TEST(Documents, TheLargestDayFitsIntoADocument) {
  Slate slate;
  slate.game_date = *ParseDay("2026-01-28");
  for (int i = 0; i < 450; ++i) {
    SlatePlayer player;
    player.player = PlayerId("player-" + std::to_string(i));
    player.name = "Some Player Šarić " + std::to_string(i);
    player.team = "DEN";
    for (int b = 0; b < 40; ++b) {
      player.lines.push_back({"bookmaker-" + std::to_string(b), *Line::Parse("24.5")});
    }
    slate.players.push_back(player);
  }
  fs::Document document = SlateDocument(slate);
  EXPECT_LT(document.ByteSizeLong(), kDocumentBytes / 10);
  auto read = DecodeSlateDocument(document);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, slate);
  (*document.mutable_fields())["body"] = Bytes("damaged");
  EXPECT_EQ(DecodeSlateDocument(document).error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace tipoff::firestore
