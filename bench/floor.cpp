#include "floor.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tipoff::bench {
namespace {

constexpr std::size_t kGroup = 1000;
// The log is checkpointed at this size, by the one connection: its pages have to get home, too.
constexpr int kCheckpointPages = 1024;
constexpr std::int64_t kBatchNo = 1;
constexpr std::int64_t kNow = 1'795'481'304'000'000;
const std::string kWorker = "a-machine-4711-k3f9a2/1";
const std::string kVersion = "0.1.0+1a2b3c4";
const std::string kTopic = "requests";

constexpr char kSchema[] = R"sql(
CREATE TABLE request(
  key INTEGER PRIMARY KEY,
  batch_no INTEGER NOT NULL,
  player TEXT NOT NULL,
  grp TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  predictions INTEGER NOT NULL,
  reason TEXT NOT NULL,
  worker TEXT NOT NULL,
  worker_version TEXT NOT NULL,
  late_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  leased_at INTEGER NOT NULL,
  reported_at INTEGER NOT NULL,
  counted_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX request_player ON request(batch_no, player, grp);

CREATE TABLE request_spec(
  key INTEGER PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE staged(
  key INTEGER PRIMARY KEY,
  status TEXT NOT NULL,
  predictions INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  reason TEXT NOT NULL,
  worker TEXT NOT NULL,
  worker_version TEXT NOT NULL,
  data_version TEXT NOT NULL,
  staged_at INTEGER NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  avail_at INTEGER NOT NULL,
  owner TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  deliveries INTEGER NOT NULL,
  published_at INTEGER NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX message_ready ON message(topic, avail_at, id);
)sql";

std::int64_t Key(std::size_t ordinal) {
  return (kBatchNo << 32) + static_cast<std::int64_t>(ordinal);
}

std::string Player(std::size_t ordinal) { return "p" + std::to_string(1'000'000 + ordinal); }

// A prepared statement; parameters count from 1, as SQLite counts them.
class Prepared {
 public:
  Prepared(sqlite3* db, const char* sql) : db_(db) {
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr) != 0) {
      throw std::runtime_error(sqlite3_errmsg(db));
    }
  }
  ~Prepared() { sqlite3_finalize(statement_); }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;

  Prepared& Int(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
    return *this;
  }
  Prepared& Text(int at, const std::string& value) {
    sqlite3_bind_text(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    return *this;
  }
  Prepared& Blob(int at, const std::string& value) {
    sqlite3_bind_blob(statement_, at, value.data(), static_cast<int>(value.size()), SQLITE_STATIC);
    return *this;
  }
  bool Step() {
    int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_));
    sqlite3_reset(statement_);
    return false;
  }
  std::int64_t Column(int at) { return sqlite3_column_int64(statement_, at); }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

void Execute(sqlite3* db, const char* sql) {
  if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(sqlite3_errmsg(db));
  }
}

}  // namespace

const char* FloorSchema() { return kSchema; }

struct Floor::Impl {
  ~Impl() { sqlite3_close_v2(db); }

  void Begin() { Execute(db, "BEGIN IMMEDIATE"); }
  void Commit() {
    Execute(db, "COMMIT");
    if (log_pages > kCheckpointPages) {
      sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    }
  }
  void Publish(std::size_t first, std::size_t last);
  std::vector<std::pair<std::int64_t, std::int64_t>> Claim();
  void Complete(std::size_t first,
                const std::vector<std::pair<std::int64_t, std::int64_t>>& claimed);

  sqlite3* db = nullptr;
  int log_pages = 0;
  FloorRows rows;
  std::size_t requests = 0;
};

Floor::Floor(const std::string& path, FloorRows rows) : impl_(new Impl) {
  impl_->rows = std::move(rows);
  if (sqlite3_open(path.c_str(), &impl_->db) != SQLITE_OK) {
    std::string problem = sqlite3_errmsg(impl_->db);
    delete impl_;
    throw std::runtime_error(path + ": " + problem);
  }
  sqlite3_wal_hook(
      impl_->db,
      [](void* pages, sqlite3*, const char*, int now) {
        *static_cast<int*>(pages) = now;
        return SQLITE_OK;
      },
      &impl_->log_pages);
  Execute(impl_->db, "PRAGMA journal_mode=WAL");
  Execute(impl_->db, "PRAGMA synchronous=FULL");
  Execute(impl_->db, "PRAGMA cache_size=-32768");
  Execute(impl_->db, "PRAGMA temp_store=MEMORY");
  Execute(impl_->db, kSchema);
}

Floor::~Floor() { delete impl_; }

void Floor::Create(std::size_t requests) {
  impl_->requests = requests;
  Prepared request(impl_->db,
                   "INSERT INTO request(key, batch_no, player, grp, state, attempt, due_at, "
                   "predictions, reason, worker, worker_version, late_at, recorded_at, "
                   "published_at, leased_at, reported_at, counted_at) "
                   "VALUES(?,?,?,'',0,0,0,0,'','','',0,?,0,0,0,0)");
  Prepared spec(impl_->db, "INSERT INTO request_spec(key, body) VALUES(?,?)");
  for (std::size_t first = 0; first < requests; first += kGroup) {
    impl_->Begin();
    for (std::size_t i = first; i < std::min(first + kGroup, requests); ++i) {
      std::string player = Player(i);
      request.Int(1, Key(i)).Int(2, kBatchNo).Text(3, player).Int(4, kNow).Step();
      spec.Int(1, Key(i)).Text(2, impl_->rows.spec).Step();
    }
    impl_->Commit();
  }
}

void Floor::Impl::Publish(std::size_t first, std::size_t last) {
  Prepared message(db,
                   "INSERT INTO message(topic, avail_at, owner, epoch, deliveries, published_at, "
                   "body) VALUES(?,?,'',0,0,?,?)");
  Prepared published(db, "UPDATE request SET state=1, attempt=1, published_at=? WHERE key=?");
  Begin();
  for (std::size_t i = first; i < last; ++i) {
    message.Text(1, kTopic).Int(2, kNow).Int(3, kNow).Blob(4, rows.message).Step();
    published.Int(1, kNow).Int(2, Key(i)).Step();
  }
  Commit();
}

std::vector<std::pair<std::int64_t, std::int64_t>> Floor::Impl::Claim() {
  Prepared claim(db,
                 "UPDATE message SET avail_at=?1, owner=?2, epoch=epoch+1, "
                 "deliveries=deliveries+1 WHERE id IN (SELECT id FROM message WHERE topic=?3 AND "
                 "avail_at<=?4 ORDER BY avail_at, id LIMIT ?5) RETURNING id, epoch");
  std::vector<std::pair<std::int64_t, std::int64_t>> claimed;
  Begin();
  claim.Int(1, kNow + 60'000'000).Text(2, kWorker).Text(3, kTopic).Int(4, kNow);
  claim.Int(5, static_cast<std::int64_t>(kGroup));
  while (claim.Step()) claimed.emplace_back(claim.Column(0), claim.Column(1));
  Commit();
  return claimed;
}

void Floor::Impl::Complete(std::size_t first,
                           const std::vector<std::pair<std::int64_t, std::int64_t>>& claimed) {
  Prepared staged(db,
                  "INSERT INTO staged(key, status, predictions, attempt, reason, worker, "
                  "worker_version, data_version, staged_at, body) "
                  "VALUES(?,'succeeded',1,1,'',?,?,'',?,?) ON CONFLICT(key) DO NOTHING");
  Prepared counted(db,
                   "UPDATE request SET state=3, predictions=1, worker=?, worker_version=?, "
                   "reported_at=?, counted_at=? WHERE key=? AND state<3");
  Prepared ack(db, "DELETE FROM message WHERE id=? AND epoch=?");
  Begin();
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    staged.Int(1, Key(first + i)).Text(2, kWorker).Text(3, kVersion).Int(4, kNow);
    staged.Text(5, rows.staged).Step();
    counted.Text(1, kWorker).Text(2, kVersion).Int(3, kNow).Int(4, kNow);
    counted.Int(5, Key(first + i)).Step();
    ack.Int(1, claimed[i].first).Int(2, claimed[i].second).Step();
  }
  Commit();
}

void Floor::Work() {
  for (std::size_t first = 0; first < impl_->requests; first += kGroup) {
    impl_->Publish(first, std::min(first + kGroup, impl_->requests));
  }
  std::size_t done = 0;
  while (done < impl_->requests) {
    auto claimed = impl_->Claim();
    if (claimed.empty()) throw std::runtime_error("the floor has lost a message");
    impl_->Complete(done, claimed);
    done += claimed.size();
  }
}

}  // namespace tipoff::bench
