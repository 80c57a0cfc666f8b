#include "store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/reply.h"
#include "core/limits.h"
#include "store/codec.h"
#include "store/sqlite/rows.h"

namespace tipoff {
namespace {

using sqlite::Connection;
using sqlite::ReadContext;
using sqlite::RowKey;
using sqlite::Statement;
using sqlite::WriteContext;

Error NoBatch(const BatchId& batch) {
  return {Errc::kNotFound, fmt::format("there is no batch '{}'", batch.str())};
}

Result<std::int64_t> BatchNo(Connection& db, const BatchId& batch) {
  auto batch_no = sqlite::FindBatchNo(db, batch);
  if (!batch_no) return NoBatch(batch);
  return *batch_no;
}

// Header, rows, journal and announcements of one commit, in the caller's transaction.
Status ApplyCommit(WriteContext& context, const BatchCommit& commit) {
  Connection& db = context.db;
  TIPOFF_TRY(std::int64_t batch_no, BatchNo(db, commit.next.id));
  if (!sqlite::UpdateBatch(db, commit.next)) {
    return Error{Errc::kConflict, fmt::format("batch '{}' is no longer at version {}",
                                              commit.next.id.str(), commit.next.version - 1)};
  }
  TIPOFF_CRASH_POINT("store/commit-header");
  for (const NewRequest& request : commit.new_rows) sqlite::InsertRequest(db, batch_no, request);
  for (const Request& row : commit.rows) sqlite::UpdateRequest(db, batch_no, row);
  TIPOFF_CRASH_POINT("store/commit-rows");
  sqlite::InsertJournal(db, batch_no, commit.next, commit.journal);
  TIPOFF_CRASH_POINT("store/commit-journal");
  for (const Announcement& announcement : commit.announcements) {
    sqlite::InsertAnnouncement(db, announcement);
  }
  if (!commit.announcements.empty()) TIPOFF_CRASH_POINT("store/commit-announcements");
  for (const Record& record : commit.records) sqlite::ReplaceRecord(context, record);
  return Ok();
}

Result<CreateOutcome> ApplyCreate(WriteContext& context, const BatchCommit& created,
                                  const std::optional<BatchCommit>& superseded) {
  Connection& db = context.db;
  const Batch& batch = created.next;
  if (superseded) {
    TIPOFF_TRY_STATUS(ApplyCommit(context, *superseded));
    TIPOFF_CRASH_POINT("store/create-superseded");
  }
  if (!IsTerminal(batch.phase)) {
    Statement& live =
        db.Prepared("SELECT id FROM batch WHERE game_date=? AND dataset=? AND terminal_at=0")
            .With(FormatDay(batch.slot.game_date), batch.slot.dataset);
    if (live.Step()) {
      CreateOutcome held{false, BatchId(live.Text(0))};
      live.Reset();
      if (superseded) return Error{Errc::kConflict, "another batch has taken the slot"};
      return held;
    }
  }
  if (sqlite::FindBatchNo(db, batch.id)) {
    return Error{Errc::kExists, fmt::format("batch '{}' exists already", batch.id.str())};
  }
  std::int64_t batch_no = sqlite::InsertBatch(db, batch);
  TIPOFF_CRASH_POINT("store/create-header");
  for (const NewRequest& request : created.new_rows) sqlite::InsertRequest(db, batch_no, request);
  TIPOFF_CRASH_POINT("store/create-rows");
  sqlite::InsertJournal(db, batch_no, batch, created.journal);
  TIPOFF_CRASH_POINT("store/create-journal");
  for (const Announcement& announcement : created.announcements) {
    sqlite::InsertAnnouncement(db, announcement);
  }
  for (const Record& record : created.records) sqlite::ReplaceRecord(context, record);
  return CreateOutcome{true, batch.id};
}

// Removes up to `rows` rows of a batch that nobody needs any more; true once it is all gone.
Result<bool> ApplyDrop(Connection& db, const BatchId& batch, std::size_t rows) {
  Statement& find = db.Prepared(
                          "SELECT batch_no, terminal_at>0 AND rows_open_at_end=0 AND NOT EXISTS("
                          "SELECT 1 FROM announcement WHERE batch=?1 AND sent_at=0 AND dead=0) "
                          "FROM batch WHERE id=?1")
                        .With(batch.str());
  if (!find.Step()) return NoBatch(batch);
  std::int64_t batch_no = find.Int(0);
  bool over = find.Int(1) != 0;
  find.Reset();
  if (!over) {
    return Error{Errc::kConflict, fmt::format("batch '{}' is live, or not settled, or not "
                                              "announced yet",
                                              batch.str())};
  }
  auto left = static_cast<std::int64_t>(rows);
  for (const char* table : {"staged", "request_spec", "request", "journal"}) {
    std::string chunk = fmt::format(
        "DELETE FROM {0} WHERE key IN (SELECT key FROM {0} WHERE key>=? AND key<? LIMIT ?)", table);
    db.Prepared(chunk).With(RowKey(batch_no, 0), RowKey(batch_no + 1, 0), left).Run();
    left -= db.changes();
    TIPOFF_CRASH_POINT("store/drop-chunk");
    if (left <= 0) return false;
  }
  db.Prepared("DELETE FROM announcement WHERE batch=?").With(batch.str()).Run();
  TIPOFF_CRASH_POINT("store/drop-header");
  db.Prepared("DELETE FROM batch WHERE batch_no=?").With(batch_no).Run();
  return true;
}

std::uint32_t NextPublication(Connection& db, const Slot& slot) {
  Statement& newest =
      db.Prepared("SELECT max(publication) FROM batch WHERE game_date=? AND dataset=?")
          .With(FormatDay(slot.game_date), slot.dataset);
  std::uint32_t next = newest.Step() ? static_cast<std::uint32_t>(newest.Int(0)) + 1 : 1;
  newest.Reset();
  return next;
}

void ReadRows(Connection& db, std::int64_t batch_no, const RowKeys& keys,
              std::vector<Request>& rows) {
  static const std::string by_key =
      "SELECT " + sqlite::kRequestColumns + " FROM request r WHERE r.key=?";
  static const std::string by_player =
      "SELECT " + sqlite::kRequestColumns +
      " FROM request r WHERE r.batch_no=? AND r.player=? AND r.grp=?";
  auto take = [&](Statement& find) {
    if (find.Step()) rows.push_back(sqlite::ReadRequest(find));
    find.Reset();
  };
  for (std::uint32_t ordinal : keys.ordinals) {
    take(db.Prepared(by_key).With(RowKey(batch_no, ordinal)));
  }
  for (const RowKeys::Player& player : keys.players) {
    take(db.Prepared(by_player).With(batch_no, player.player.str(), player.group));
  }
  auto by_ordinal = [](const Request& a, const Request& b) { return a.ordinal < b.ordinal; };
  auto same = [](const Request& a, const Request& b) { return a.ordinal == b.ordinal; };
  std::sort(rows.begin(), rows.end(), by_ordinal);
  rows.erase(std::unique(rows.begin(), rows.end(), same), rows.end());
}

std::string BatchQuery(const BatchFilter& filter) {
  std::string where = "1";
  if (filter.live_only) where += " AND terminal_at=0";
  if (filter.unsettled) where += " AND rows_open_at_end>0 AND terminal_at>0";
  if (filter.published_only) where += " AND publication>0";
  if (filter.slot) where += " AND game_date=:date AND dataset=:dataset";
  if (filter.game_date) where += " AND game_date=:date";
  if (filter.phase) where += " AND phase=:phase";
  if (filter.retry_of) where += " AND retry_of=:retry AND retry_of<>''";
  if (filter.ended_before) where += " AND terminal_at>0 AND terminal_at<:ended";
  std::string order = filter.published_only ? "publication" : "batch_no";
  if (!filter.after.empty()) where += fmt::format(" AND {}<:after", order);
  return fmt::format("SELECT {} FROM batch WHERE {} ORDER BY {} DESC LIMIT :limit",
                     sqlite::kBatchColumns, where, order);
}

void BindNamed(sqlite3_stmt* statement, const char* name, std::string_view value) {
  int index = sqlite3_bind_parameter_index(statement, name);
  if (index == 0) return;
  sqlite3_bind_text(statement, index, value.data(), static_cast<int>(value.size()),
                    SQLITE_TRANSIENT);
}

}  // namespace

// Runs `operation(WriteContext&) -> Result<T>` on the writer thread.
template <class T, class Operation>
void SqliteStore::WriteCall(DoneWith<T> done, Operation operation) {
  auto reply = Reply<T>::Start(loop_, limits::kCallTime,
                               {Errc::kUnknownOutcome, "the database did not answer in time"},
                               std::move(done));
  auto result = std::make_shared<std::optional<Result<T>>>();
  database_.Write(
      [result, operation = std::move(operation)](WriteContext& context) -> Status {
        result->emplace(operation(context));
        if (!(*result)->ok()) return (*result)->error();
        return Ok();
      },
      [result, reply](Status status) {
        reply->Post(status.ok() ? std::move(**result) : Result<T>(status.error()));
      });
}

template <class T, class Operation>
void SqliteStore::ReadCall(DoneWith<T> done, Operation operation) {
  auto reply =
      Reply<T>::Start(loop_, limits::kCallTime,
                      {Errc::kUnavailable, "the database did not answer in time"}, std::move(done));
  auto result = std::make_shared<std::optional<Result<T>>>();
  database_.Read([result, operation = std::move(operation)](
                     ReadContext& context) { result->emplace(operation(context)); },
                 [result, reply](Status status) {
                   reply->Post(status.ok() ? std::move(**result) : Result<T>(status.error()));
                 });
}

void SqliteStore::Create(BatchCommit created, std::optional<BatchCommit> superseded,
                         DoneWith<CreateOutcome> done) {
  WriteCall<CreateOutcome>(std::move(done),
                           [created = std::move(created), superseded = std::move(superseded)](
                               WriteContext& context) -> Result<CreateOutcome> {
                             return ApplyCreate(context, created, superseded);
                           });
}

void SqliteStore::Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) {
  ReadCall<Snapshot>(
      std::move(done),
      [batch = std::move(batch), keys = std::move(keys)](ReadContext& context) -> Result<Snapshot> {
        static const std::string query =
            "SELECT " + sqlite::kBatchColumns + " FROM batch WHERE id=?";
        Statement& find = context.db.Prepared(query).With(batch.str());
        if (!find.Step()) return NoBatch(batch);
        Snapshot snapshot;
        std::int64_t batch_no = find.Int(30);
        TIPOFF_TRY(snapshot.batch, sqlite::ReadBatch(find));
        find.Reset();
        ReadRows(context.db, batch_no, keys, snapshot.rows);
        snapshot.next_publication = NextPublication(context.db, snapshot.batch.slot);
        return snapshot;
      });
}

void SqliteStore::Commit(BatchCommit commit, DoneWith<Done> done) {
  WriteCall<Done>(std::move(done), [commit = std::move(commit)](WriteContext& context) -> Status {
    return ApplyCommit(context, commit);
  });
}

void SqliteStore::ListBatches(BatchFilter filter, DoneWith<BatchPage> done) {
  ReadCall<BatchPage>(
      std::move(done), [filter = std::move(filter)](ReadContext& context) -> Result<BatchPage> {
        TIPOFF_TRY(std::int64_t cursor, ParseBatchCursor(filter.after));
        Statement list(context.db.handle(), BatchQuery(filter));
        sqlite3_stmt* raw = list.handle();
        if (filter.slot) {
          BindNamed(raw, ":date", FormatDay(filter.slot->game_date));
          BindNamed(raw, ":dataset", filter.slot->dataset);
        }
        if (filter.game_date) BindNamed(raw, ":date", FormatDay(*filter.game_date));
        if (filter.phase) BindNamed(raw, ":phase", ToString(*filter.phase));
        if (filter.retry_of) BindNamed(raw, ":retry", filter.retry_of->str());
        auto limit = static_cast<std::int64_t>(std::min(filter.limit, limits::kBatchesPerPage));
        if (int after = sqlite3_bind_parameter_index(raw, ":after"); after > 0) {
          sqlite3_bind_int64(raw, after, cursor);
        }
        if (filter.ended_before) {
          sqlite3_bind_int64(raw, sqlite3_bind_parameter_index(raw, ":ended"),
                             filter.ended_before->micros());
        }
        sqlite3_bind_int64(raw, sqlite3_bind_parameter_index(raw, ":limit"), limit);
        BatchPage page;
        std::string last;
        for (; list.Step(); --limit) {
          last = std::to_string(list.Int(filter.published_only ? 26 : 30));
          auto batch = sqlite::ReadBatch(list);
          if (batch.ok()) {
            page.batches.push_back(std::move(*batch));
          } else {
            page.unreadable.push_back(list.Text(0) + ": " + batch.error().message);
          }
        }
        if (limit == 0) page.next = last;
        return page;
      });
}

void SqliteStore::ListRequests(BatchId batch, RequestFilter filter,
                               DoneWith<std::vector<Request>> done) {
  ReadCall<std::vector<Request>>(
      std::move(done),
      [batch = std::move(batch),
       filter = std::move(filter)](ReadContext& context) -> Result<std::vector<Request>> {
        TIPOFF_TRY(std::int64_t batch_no, BatchNo(context.db, batch));
        std::int64_t states = 0;
        for (RequestState state : filter.states) states |= 1 << static_cast<int>(state);
        if (filter.states.empty()) states = (1 << kRequestStates) - 1;
        static const std::string query = "SELECT " + sqlite::kRequestColumns +
                                         " FROM request r WHERE r.key>? AND r.key<? AND "
                                         "(1<<r.state)&? ORDER BY r.key LIMIT ?";
        Statement& list = context.db.Prepared(query).With(
            filter.after < 0 ? RowKey(batch_no, 0) - 1 : RowKey(batch_no, filter.after),
            RowKey(batch_no + 1, 0), states, filter.limit);
        std::vector<Request> rows;
        while (list.Step()) rows.push_back(sqlite::ReadRequest(list));
        return rows;
      });
}

void SqliteStore::ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                             DoneWith<std::vector<NewRequest>> done) {
  ReadCall<std::vector<NewRequest>>(
      std::move(done),
      [batch = std::move(batch), after, limit,
       now](ReadContext& context) -> Result<std::vector<NewRequest>> {
        std::vector<NewRequest> outbox;
        Statement& find =
            context.db
                .Prepared("SELECT batch_no FROM batch WHERE id=? AND sealed AND terminal_at=0")
                .With(batch.str());
        if (!find.Step()) return outbox;
        std::int64_t batch_no = find.Int(0);
        find.Reset();
        static const std::string query =
            "SELECT " + sqlite::kRequestColumns +
            ", s.body FROM request r JOIN request_spec s ON s.key=r.key WHERE r.key>? AND r.key<? "
            "AND (r.state=0 OR (r.state<3 AND r.due_at>0)) AND r.due_at<=? ORDER BY r.key LIMIT ?";
        Statement& list = context.db.Prepared(query).With(
            after < 0 ? RowKey(batch_no, 0) - 1 : RowKey(batch_no, after), RowKey(batch_no + 1, 0),
            now.micros(), limit);
        while (list.Step()) {
          TIPOFF_TRY(RequestSpec spec, DecodeSpec(list.View(16)));
          outbox.push_back({sqlite::ReadRequest(list), std::move(spec)});
        }
        return outbox;
      });
}

void SqliteStore::LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                            DoneWith<std::vector<RequestSpec>> done) {
  ReadCall<std::vector<RequestSpec>>(
      std::move(done),
      [batch = std::move(batch),
       ordinals = std::move(ordinals)](ReadContext& context) -> Result<std::vector<RequestSpec>> {
        TIPOFF_TRY(std::int64_t batch_no, BatchNo(context.db, batch));
        std::vector<RequestSpec> specs;
        for (std::uint32_t ordinal : ordinals) {
          Statement& find = context.db.Prepared("SELECT body FROM request_spec WHERE key=?")
                                .With(RowKey(batch_no, ordinal));
          if (!find.Step()) {
            return Error{Errc::kNotFound,
                         fmt::format("batch '{}' has no request {}", batch.str(), ordinal)};
          }
          TIPOFF_TRY(RequestSpec spec, DecodeSpec(find.View(0)));
          find.Reset();
          specs.push_back(std::move(spec));
        }
        return specs;
      });
}

void SqliteStore::DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) {
  WriteCall<bool>(std::move(done),
                  [batch = std::move(batch), rows](WriteContext& context) -> Result<bool> {
                    return ApplyDrop(context.db, batch, rows);
                  });
}

void SqliteStore::ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                              DoneWith<std::vector<JournalRecord>> done) {
  ReadCall<std::vector<JournalRecord>>(
      std::move(done),
      [batch = std::move(batch), after,
       limit](ReadContext& context) -> Result<std::vector<JournalRecord>> {
        TIPOFF_TRY(std::int64_t batch_no, BatchNo(context.db, batch));
        Statement& list =
            context.db
                .Prepared(
                    "SELECT key, body, hash FROM journal WHERE key>? AND key<? "
                    "ORDER BY key LIMIT ?")
                .With(RowKey(batch_no, static_cast<std::int64_t>(after)), RowKey(batch_no + 1, 0),
                      std::min(limit, limits::kJournalPerPage));
        std::vector<JournalRecord> records;
        while (list.Step()) {
          records.push_back(
              {static_cast<std::uint64_t>(list.Int(0) & 0xffffffff), list.Text(1), list.Text(2)});
        }
        return records;
      });
}

void SqliteStore::Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) {
  WriteCall<std::vector<Completion>>(
      std::move(done),
      [results = std::move(results)](WriteContext& context) -> Result<std::vector<Completion>> {
        std::vector<Completion> stored;
        stored.reserve(results.size());
        std::int64_t batch_no = 0;
        const BatchId* batch = nullptr;
        for (const StagedResult& result : results) {
          if (batch == nullptr || *batch != result.batch) {
            TIPOFF_TRY(batch_no, BatchNo(context.db, result.batch));
            batch = &result.batch;
          }
          stored.push_back(sqlite::InsertStaged(context.db, batch_no, result, context.now));
          TIPOFF_CRASH_POINT("store/stage-one");
        }
        return stored;
      });
}

void SqliteStore::ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                             std::vector<std::uint32_t> ordinals,
                             DoneWith<std::vector<StagedResult>> done) {
  ReadCall<std::vector<StagedResult>>(
      std::move(done),
      [batch = std::move(batch), after, limit,
       ordinals = std::move(ordinals)](ReadContext& context) -> Result<std::vector<StagedResult>> {
        TIPOFF_TRY(std::int64_t batch_no, BatchNo(context.db, batch));
        std::vector<StagedResult> staged;
        static const std::string by_key =
            "SELECT " + sqlite::kStagedColumns + " FROM staged WHERE key=?";
        static const std::string by_range =
            "SELECT " + sqlite::kStagedColumns +
            " FROM staged WHERE key>? AND key<? ORDER BY key LIMIT ?";
        for (std::uint32_t ordinal : ordinals) {
          Statement& find = context.db.Prepared(by_key).With(RowKey(batch_no, ordinal));
          if (!find.Step()) continue;
          TIPOFF_TRY(StagedResult result, sqlite::ReadStaged(find, batch));
          find.Reset();
          staged.push_back(std::move(result));
        }
        if (!ordinals.empty()) return staged;
        Statement& list = context.db.Prepared(by_range).With(
            after < 0 ? RowKey(batch_no, 0) - 1 : RowKey(batch_no, after), RowKey(batch_no + 1, 0),
            limit);
        while (list.Step()) {
          TIPOFF_TRY(StagedResult result, sqlite::ReadStaged(list, batch));
          staged.push_back(std::move(result));
        }
        return staged;
      });
}

void SqliteStore::PutSlates(std::vector<Slate> slates, DoneWith<Done> done) {
  WriteCall<Done>(std::move(done), [slates = std::move(slates)](WriteContext& context) -> Status {
    for (const Slate& slate : slates) {
      context.db.Prepared("INSERT OR REPLACE INTO slate(game_date, as_of, body) VALUES(?,?,?)")
          .With(FormatDay(slate.game_date), slate.as_of.micros(), EncodeSlate(slate))
          .Run();
      TIPOFF_CRASH_POINT("store/slate-one");
    }
    return Ok();
  });
}

void SqliteStore::GetSlate(Day game_date, DoneWith<Slate> done) {
  ReadCall<Slate>(std::move(done), [game_date](ReadContext& context) -> Result<Slate> {
    Statement& find =
        context.db.Prepared("SELECT body FROM slate WHERE game_date=?").With(FormatDay(game_date));
    if (!find.Step()) {
      return Error{
          Errc::kNotFound,
          fmt::format("no games are known on {}: none was played or scheduled then, or its "
                      "schedule and box scores are still to be imported",
                      FormatDay(game_date))};
    }
    auto slate = DecodeSlate(find.View(0));
    find.Reset();
    return slate;
  });
}

void SqliteStore::AcquireLease(std::string name, Incarnation owner, Duration ttl,
                               DoneWith<LeaseGrant> done) {
  WriteCall<LeaseGrant>(
      std::move(done),
      [name = std::move(name), owner = std::move(owner),
       ttl](WriteContext& context) -> Result<LeaseGrant> {
        LeaseGrant grant;
        Statement& find =
            context.db.Prepared("SELECT owner, token, until_at FROM lease WHERE name=?").With(name);
        if (find.Step()) {
          grant.holder = Incarnation(find.Text(0));
          grant.token = static_cast<std::uint64_t>(find.Int(1));
          grant.until = Instant::FromMicros(find.Int(2));
          find.Reset();
        }
        if (grant.holder != owner && grant.until > context.now) return grant;
        if (grant.holder != owner || grant.until <= context.now) ++grant.token;
        grant.granted = true;
        grant.holder = owner;
        grant.until = context.now + ttl;
        context.db
            .Prepared("INSERT OR REPLACE INTO lease(name, owner, token, until_at) VALUES(?,?,?,?)")
            .With(name, owner.str(), grant.token, grant.until.micros())
            .Run();
        TIPOFF_CRASH_POINT("store/lease");
        return grant;
      });
}

void SqliteStore::ListAnnouncements(AnnouncementFilter filter,
                                    DoneWith<std::vector<Announcement>> done) {
  ReadCall<std::vector<Announcement>>(
      std::move(done),
      [filter = std::move(filter)](ReadContext& context) -> Result<std::vector<Announcement>> {
        return sqlite::SelectAnnouncements(context.db, filter, context.now);
      });
}

void SqliteStore::CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) {
  ReadCall<std::vector<AnnouncementCount>>(
      std::move(done), [](ReadContext& context) -> Result<std::vector<AnnouncementCount>> {
        Statement& list = context.db.Prepared(
            "SELECT target, sum(dead=0), sum(dead), min(CASE WHEN dead=0 THEN recorded_at END) "
            "FROM announcement WHERE sent_at=0 GROUP BY target ORDER BY target");
        std::vector<AnnouncementCount> counts;
        while (list.Step()) {
          counts.push_back({list.Text(0), static_cast<std::uint64_t>(list.Int(1)),
                            static_cast<std::uint64_t>(list.Int(2)),
                            Instant::FromMicros(list.Int(3))});
        }
        return counts;
      });
}

void SqliteStore::UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) {
  WriteCall<Done>(std::move(done),
                  [announcement = std::move(announcement)](WriteContext& context) -> Status {
                    sqlite::InsertAnnouncement(context.db, announcement);
                    TIPOFF_CRASH_POINT("store/announcement");
                    return Ok();
                  });
}

void SqliteStore::PutRecord(Record record, PutMode mode, DoneWith<Record> done) {
  WriteCall<Record>(
      std::move(done), [record = std::move(record), mode](WriteContext& context) -> Result<Record> {
        TIPOFF_CRASH_POINT("store/record");
        if (mode == PutMode::kReplace) return sqlite::ReplaceRecord(context, record);
        Statement& find = context.db.Prepared("SELECT at, body FROM record WHERE kind=? AND id=?")
                              .With(record.kind, record.id);
        if (!find.Step()) return sqlite::ReplaceRecord(context, record);
        Record first{record.kind, record.id, Instant::FromMicros(find.Int(0)), find.Text(1)};
        find.Reset();
        return first;
      });
}

void SqliteStore::GetRecord(std::string kind, std::string id, DoneWith<Record> done) {
  ReadCall<Record>(
      std::move(done),
      [kind = std::move(kind), id = std::move(id)](ReadContext& context) -> Result<Record> {
        Statement& find =
            context.db.Prepared("SELECT at, body FROM record WHERE kind=? AND id=?").With(kind, id);
        if (!find.Step()) {
          return Error{Errc::kNotFound, fmt::format("there is no {} '{}'", kind, id)};
        }
        Record record{kind, id, Instant::FromMicros(find.Int(0)), find.Text(1)};
        find.Reset();
        return record;
      });
}

void SqliteStore::ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) {
  ReadCall<std::vector<Record>>(
      std::move(done),
      [filter = std::move(filter)](ReadContext& context) -> Result<std::vector<Record>> {
        Statement& list = filter.newest_first
                              ? context.db.Prepared(
                                    "SELECT id, at, body FROM record WHERE kind=?1 AND "
                                    "(?2='' OR id<?2) ORDER BY id DESC LIMIT ?3")
                              : context.db.Prepared(
                                    "SELECT id, at, body FROM record WHERE kind=?1 AND id>?2 "
                                    "ORDER BY id LIMIT ?3");
        list.With(filter.kind, filter.after, filter.limit);
        std::vector<Record> records;
        while (list.Step()) {
          records.push_back(
              {filter.kind, list.Text(0), Instant::FromMicros(list.Int(1)), list.Text(2)});
        }
        return records;
      });
}

void SqliteStore::DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) {
  WriteCall<std::size_t>(
      std::move(done),
      [kind = std::move(kind), before](WriteContext& context) -> Result<std::size_t> {
        context.db.Prepared("DELETE FROM record WHERE kind=? AND at<?")
            .With(kind, before.micros())
            .Run();
        return static_cast<std::size_t>(context.db.changes());
      });
}

void SqliteStore::Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) {
  WriteCall<Done>(std::move(done),
                  [messages = std::move(messages)](WriteContext& context) -> Status {
                    for (const Quarantined& message : messages) {
                      Statement& insert = context.db.Prepared(
                          "INSERT INTO quarantine(at, topic, reason, body) VALUES(?,?,?,?)");
                      insert.Bind(0, context.now.micros()).BindText(1, message.topic);
                      insert.BindText(2, message.reason).BindBlob(3, message.body);
                      insert.Run();
                      TIPOFF_CRASH_POINT("store/quarantine-one");
                    }
                    return Ok();
                  });
}

void SqliteStore::ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) {
  ReadCall<std::vector<Quarantined>>(
      std::move(done), [limit](ReadContext& context) -> Result<std::vector<Quarantined>> {
        Statement& list =
            context.db
                .Prepared("SELECT at, topic, reason, body FROM quarantine ORDER BY id DESC LIMIT ?")
                .With(limit);
        std::vector<Quarantined> messages;
        while (list.Step()) {
          messages.push_back(
              {Instant::FromMicros(list.Int(0)), list.Text(1), list.Text(2), list.Text(3)});
        }
        return messages;
      });
}

}  // namespace tipoff
