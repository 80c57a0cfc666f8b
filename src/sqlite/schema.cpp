#include "sqlite/schema.h"

namespace tipoff::sqlite {
namespace {

// Instants are microseconds since 1970, 0 for never. `key` is batch_no * 2^32 + ordinal, so that
// the rows of a batch lie together and are found without a second index.
constexpr char kVersion1[] = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE batch(
  batch_no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  game_date TEXT NOT NULL,
  dataset TEXT NOT NULL,
  version INTEGER NOT NULL,
  phase TEXT NOT NULL,
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  sealed INTEGER NOT NULL,
  rows_written INTEGER NOT NULL,
  pending INTEGER NOT NULL,
  published INTEGER NOT NULL,
  leased INTEGER NOT NULL,
  succeeded INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  undelivered INTEGER NOT NULL,
  open_become INTEGER NOT NULL,
  rows_open_at_end INTEGER NOT NULL,
  predictions INTEGER NOT NULL,
  late INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  terminal_by INTEGER NOT NULL,
  progress_at INTEGER NOT NULL,
  terminal_at INTEGER NOT NULL,
  publication INTEGER NOT NULL,
  retry_of TEXT NOT NULL,
  journal_hash TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE UNIQUE INDEX batch_live ON batch(game_date, dataset) WHERE terminal_at = 0;
CREATE INDEX batch_slot ON batch(game_date, dataset, publication);
CREATE INDEX batch_unsettled ON batch(batch_no) WHERE rows_open_at_end > 0;
CREATE INDEX batch_retry ON batch(retry_of) WHERE retry_of <> '';

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

CREATE TABLE journal(
  key INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE announcement(
  id TEXT PRIMARY KEY,
  batch TEXT NOT NULL,
  target TEXT NOT NULL,
  tries INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  last_error TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX announcement_due ON announcement(due_at) WHERE sent_at = 0 AND dead = 0;

CREATE TABLE slate(
  game_date TEXT PRIMARY KEY,
  as_of INTEGER NOT NULL,
  body TEXT NOT NULL
);

CREATE TABLE lease(
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  token INTEGER NOT NULL,
  until_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE record(
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY(kind, id)
) WITHOUT ROWID;

CREATE TABLE quarantine(
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  topic TEXT NOT NULL,
  reason TEXT NOT NULL,
  body BLOB NOT NULL
);

-- The bus. A message that is leased is one whose avail_at lies in the future and that has an owner;
-- it comes back by itself when that instant passes.
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

-- For people with a SQL shell.
CREATE VIEW requests AS
  SELECT b.id AS batch_id, r.key & 4294967295 AS ordinal, r.player AS player_id,
         json_extract(s.body, '$.player_name') AS player_name, r.state, r.attempt, r.predictions,
         r.reason, r.worker
    FROM request r JOIN batch b USING(batch_no) JOIN request_spec s ON s.key = r.key;
CREATE VIEW predictions AS
  SELECT b.id AS batch_id, b.game_date, r.player AS player_id,
         json_extract(s.body, '$.player_name') AS player_name,
         json_extract(p.value, '$.system') AS system,
         json_extract(p.value, '$.line') AS line,
         json_extract(p.value, '$.predicted_points') AS predicted_points,
         json_extract(p.value, '$.confidence') AS confidence,
         json_extract(p.value, '$.recommendation') AS recommendation
    FROM staged t JOIN request r ON r.key = t.key JOIN batch b USING(batch_no)
    JOIN request_spec s ON s.key = t.key, json_each(t.body) p;
)sql";

// Announcements that are not only about batches' ends, and since when they wait.
constexpr char kVersion2[] = R"sql(
ALTER TABLE announcement ADD COLUMN kind TEXT NOT NULL DEFAULT 'batch.ended';
ALTER TABLE announcement ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE announcement ADD COLUMN recorded_at INTEGER NOT NULL DEFAULT 0;
UPDATE announcement SET recorded_at = due_at;
DROP INDEX announcement_due;
CREATE INDEX announcement_due ON announcement(due_at) WHERE sent_at = 0;
)sql";

}  // namespace

std::vector<std::string> Migrations() { return {kVersion1, kVersion2}; }

void GiveBack(WriteContext& context, const Incarnation& dead) {
  context.db.Prepared("UPDATE message SET avail_at=?, owner='' WHERE owner=? AND avail_at>?")
      .With(context.now.micros(), dead.str(), context.now.micros())
      .Run();
  context.db.Prepared("UPDATE lease SET until_at=0 WHERE owner=?").With(dead.str()).Run();
}

}  // namespace tipoff::sqlite
