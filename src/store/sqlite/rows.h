// How headers, requests and staged results become rows of tipoff.db and come back. Inside a
// transaction of the caller; problems are sqlite::Failure or kCorrupt.
#pragma once

#include <optional>
#include <vector>

#include "sqlite/connection.h"
#include "sqlite/database.h"
#include "store/store.h"

namespace tipoff::sqlite {

// Rows of one batch have keys between FirstKey and LastKey.
constexpr std::int64_t RowKey(std::int64_t batch_no, std::int64_t ordinal) {
  return (batch_no << 32) | ordinal;
}

std::optional<std::int64_t> FindBatchNo(Connection& db, const BatchId& batch);

std::int64_t InsertBatch(Connection& db, const Batch& batch);
// False unless the stored version is one below `batch`'s.
bool UpdateBatch(Connection& db, const Batch& batch);
// Columns of kBatchColumns, in order.
extern const std::string kBatchColumns;
Result<Batch> ReadBatch(const Statement& row);

void InsertRequest(Connection& db, std::int64_t batch_no, const NewRequest& request);
void UpdateRequest(Connection& db, std::int64_t batch_no, const Request& row);
extern const std::string kRequestColumns;  // Of `request r`.
Request ReadRequest(const Statement& row);

void InsertJournal(Connection& db, std::int64_t batch_no, const Batch& next, std::string_view text);
std::vector<Announcement> SelectAnnouncements(Connection& db, const AnnouncementFilter& filter,
                                              Instant now);
void InsertAnnouncement(Connection& db, const Announcement& announcement);

// The record as it is stored: with the transaction's time.
Record ReplaceRecord(WriteContext& context, Record record);

// What is stored for the request now: `result` if it was the first.
Completion InsertStaged(Connection& db, std::int64_t batch_no, const StagedResult& result,
                        Instant now);
extern const std::string kStagedColumns;
Result<StagedResult> ReadStaged(const Statement& row, const BatchId& batch);

}  // namespace tipoff::sqlite
