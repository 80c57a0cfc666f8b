"""The laws that must hold whatever died, judged from outside: by what callers were told, what
readers saw, what receivers heard, and by the files themselves, read without tipoff's code."""
import datetime
import hashlib
import json
import os
import sqlite3
import sys

from stage import HERE, SECRET, Wrong, expect, tipoff, until

sys.path.insert(0, os.path.join(HERE, "..", "..", "examples"))
from webhook_receiver import verify  # noqa: E402

STATES = ("pending", "published", "leased", "succeeded", "skipped", "failed", "expired",
          "cancelled", "undelivered")
TARGETS = {"autopsy", "bus", "log", "ops"}
OURS = "dataset NOT IN ('', 'old')"  # Not the template's.
LATE_SECONDS = 10  # How late an end may come where everything was killed meanwhile.


def settle(stage, caller):
    """Waits until nothing is left to do: nobody's work is lost, and none is done for ever."""
    for batch in list(stage.books.promised):
        caller.until_ended(batch)

    # But for what is held a minute: by a worker elsewhere, or as a report that is counted and could
    # not be acked.
    def rest():
        stage.check_alive()
        return not stage.sql("SELECT 1 FROM batch WHERE terminal_at=0 OR rows_open_at_end>0 "
                             "UNION ALL SELECT 1 FROM announcement WHERE sent_at=0 "
                             "UNION ALL SELECT 1 FROM message WHERE topic<>'announcements' "
                             "AND owner NOT LIKE 'api/%' AND (owner='' OR topic='requests') "
                             "AND CAST(body AS TEXT) NOT LIKE '%\"canary%'")
    until("everything comes to rest", rest, 40)


def judge_readers(stage, caller):
    """What readers of a day are shown, against the newest publication of each player."""
    with open_files(stage.folder) as db:
        for day, dataset in db.execute("SELECT DISTINCT game_date, dataset FROM batch "
                                       f"WHERE publication>0 AND {OURS}").fetchall():
            newest = {}
            for batch, player, state in db.execute(
                    "SELECT b.id, r.player, r.state FROM batch b JOIN request r USING(batch_no) "
                    "WHERE b.game_date=? AND b.dataset=? AND b.publication>0 AND r.state IN (3,4) "
                    "ORDER BY b.publication", (day, dataset)):
                newest[player] = batch if state == 3 else None
            wanted = {player: batch for player, batch in newest.items() if batch}
            answer = caller.get(f"/v1/slots/{day}/predictions?dataset={dataset}")
            shown = {}
            for row in answer.json["predictions"]:
                shown.setdefault(row["player_id"], set()).add(row["batch_id"])
            for player in shown.keys() | wanted.keys():
                if (wanted.get(player), player) in stage.books.pushed:
                    continue  # His are elsewhere, unless a worker of ours made some, too.
                expect(shown.get(player) == {wanted.get(player)},
                       f"readers of {dataset} see the newest of {player}", shown.get(player),
                       wanted.get(player))
    for batch in stage.books.promised:
        proof = caller.get(f"/v1/batches/{batch}/journal:verify")
        expect(proof.status == 200 and proof.json["holds"], f"the journal of {batch}", proof)


def open_files(folder):
    return sqlite3.connect(f"file:{folder}/tipoff.db?mode=ro", uri=True, timeout=20)


def judge_files(stage):
    """After the last process has ended."""
    books = stage.books
    expect(not books.wrong, "what readers saw", *books.wrong[:3])
    for name in ("tipoff.db", "history.db"):
        path = os.path.join(stage.folder, name)
        with sqlite3.connect(path, timeout=20) as db:
            found = db.execute("PRAGMA integrity_check").fetchall()
        db.close()
        expect(found == [("ok",)], f"{name} is whole", found)
    with open_files(stage.folder) as db:
        db.row_factory = sqlite3.Row
        batches = {row["id"]: row for row in db.execute(
            f"SELECT * FROM batch WHERE {OURS}")}
        missing = set(books.promised) - set(batches)
        expect(not missing, "what was accepted is there", missing)
        for batch in batches.values():
            judge_batch(db, batch, books)
        judge_slots(db, batches.values())
        judge_announcements(stage, db, batches)
        judge_predictions(db)
    db.close()
    alive = [name for name in stage.locks() if name.endswith((".lock", ".sock"))]
    expect(not alive, "who has left leaves nothing", alive)
    proof = tipoff(stage.folder, "batch", "journal", next(iter(batches)), "--verify")
    expect(proof.returncode == 0, "batch journal --verify", proof.stdout, proof.stderr)


def micros(text):
    """An RFC 3339 instant in UTC."""
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(at.timestamp() * 1_000_000)


def judge_batch(db, batch, books):
    name = batch["id"]
    low, high = batch["batch_no"] << 32, (batch["batch_no"] + 1) << 32
    expect(batch["terminal_at"] > 0, f"{name} has ended")
    promised = books.promised.get(name)
    if promised:
        late = batch["terminal_at"] - max(micros(promised), books.alive_since * 1_000_000)
        expect(late < LATE_SECONDS * 1_000_000, f"{name} has ended in time", late)
    rows = db.execute("SELECT * FROM request WHERE batch_no=?", (batch["batch_no"],)).fetchall()
    header = {state: batch[state] for state in STATES if batch[state]}
    found = {}
    for row in rows:
        found[STATES[row["state"]]] = found.get(STATES[row["state"]], 0) + 1
    if batch["sealed"]:
        expect(found == header, f"{name}: its rows are its counts", found, header)
    predictions = sum(row["predictions"] for row in rows if row["state"] == 3)
    expect(predictions == batch["predictions"], f"{name}: its predictions", predictions,
           batch["predictions"])
    seen = books.ends.get(name)
    if seen:
        told = {state: seen["counts"][state] for state in STATES[3:] if seen["counts"][state]}
        expect(seen["phase"] == batch["phase"] and seen["reason"] == batch["reason"] and
               told == header and seen["total_predictions"] == batch["predictions"] and
               (seen["publication"] or 0) == batch["publication"],
               f"{name}: its end is the one that was told", seen, dict(batch))
    staged = {row["key"]: row for row in db.execute(
        "SELECT key, status, predictions FROM staged WHERE key>=? AND key<?", (low, high))}
    for row in rows:
        kept = staged.get(row["key"])
        state = STATES[row["state"]]
        pushed = (name, row["player"]) in books.pushed
        if state == "succeeded":
            expect(pushed or kept and kept["status"] == "succeeded" and
                   kept["predictions"] == row["predictions"],
                   f"{name}: {row['player']} is counted for what is staged", dict(row))
        if kept and batch["reason"] in ("Completed", "RequestsFailed"):
            expect(pushed or state in (kept["status"], "failed"),
                   f"{name}: what {row['player']}'s worker has staged is counted", dict(row))
    judge_journal(db, batch, low, high)


def judge_journal(db, batch, low, high):
    name, last, ends = batch["id"], "", []
    entries = db.execute("SELECT key, body, hash FROM journal WHERE key>=? AND key<? ORDER BY key",
                         (low, high)).fetchall()
    expect([entry["key"] - low for entry in entries] == list(range(1, batch["version"] + 1)),
           f"{name}: a journal entry for each version", batch["version"], len(entries))
    for entry in entries:
        last = hashlib.sha256(f"{last}\n{entry['body']}".encode()).hexdigest()
        expect(last == entry["hash"], f"{name}: its journal is chained", entry["key"] - low)
        phase = next(line for line in entry["body"].split("\n") if line.startswith("phase "))[6:]
        if phase in ("succeeded", "partial", "failed", "cancelled"):
            ends.append(phase)
        else:
            expect(not ends, f"{name}: it lived on after its end", phase)
    expect(last == batch["journal_hash"] and set(ends) == {batch["phase"]},
           f"{name}: its journal ends as it did", ends, batch["phase"])


def judge_slots(db, batches):
    """One batch at a time, one publication number once."""
    slots = {}
    for batch in batches:
        slots.setdefault((batch["game_date"], batch["dataset"]), []).append(batch)
    for slot, lives in slots.items():
        numbers = [batch["publication"] for batch in lives if batch["publication"]]
        expect(len(numbers) == len(set(numbers)), f"{slot}: publication numbers", numbers)
        lives = sorted(lives, key=lambda batch: batch["batch_no"])
        for one, next_one in zip(lives, lives[1:]):
            # Its creation was decided on before the slot was free, perhaps, but nothing after it.
            began = db.execute("SELECT body FROM journal WHERE key=?",
                               ((next_one["batch_no"] << 32) + 2,)).fetchone()
            if began:
                at = int(next(line for line in began["body"].split("\n")
                              if line.startswith("at "))[3:])
                expect(one["terminal_at"] <= at, f"{slot}: one live batch", one["id"],
                       next_one["id"])
        keys = [key for key in (json.loads(batch["details"]).get("idempotency_key")
                                for batch in lives) if key]
        expect(len(keys) == len(set(keys)), f"{slot}: one batch a key", keys)


def judge_predictions(db):
    """Whoever died meanwhile: a player's predictions are those of any other batch of that day."""
    unlike = db.execute("SELECT game_date, player_id, system, count(*) AS all_of_them "
                        "FROM predictions GROUP BY 1, 2, 3 HAVING count(DISTINCT predicted_points) "
                        "+ count(DISTINCT confidence) > 2").fetchall()
    expect(not unlike, "the same predictions", [dict(row) for row in unlike[:3]])


def judge_announcements(stage, db, batches):
    """Each end is told to everybody, at least once, always in the same words under the same id."""
    for name, batch in batches.items():
        rows = db.execute("SELECT id, target, sent_at FROM announcement WHERE batch=? AND "
                          "kind='batch.ended'", (name,)).fetchall()
        expect({row["target"] for row in rows} == TARGETS and len(rows) == len(TARGETS) and
               all(row["sent_at"] for row in rows) and
               all(row["id"] == f"{name}.{row['target']}" for row in rows),
               f"{name}: its end is announced", [dict(row) for row in rows])
        heard = db.execute("SELECT count(*) FROM message WHERE topic='announcements' AND "
                           "CAST(body AS TEXT) LIKE ?", (f"%{name}%",)).fetchone()[0]
        expect(heard >= 1, f"{name}: the bus has its end")
    told = {}
    for headers, body in list(stage.receiver.calls):
        # Judged as of its own time: the first ones came minutes ago.
        expect(verify(SECRET, headers, body, int(headers["webhook-timestamp"])),
               "a webhook is signed", headers)
        event = json.loads(body)
        if event["type"] != "org.tipoff.batch.ended":
            continue
        # Late results are counted after the end, as late; an autopsy comes along once it is there.
        for moving in ("version", "late", "autopsy"):
            event["data"].pop(moving, None)
        first = told.setdefault(event["id"], event)
        expect(first["data"] == event["data"] and headers["webhook-id"] == event["id"],
               "what is told twice is told alike", first, event)
    for name, batch in batches.items():
        event = told.get(f"{name}.ops")
        expect(event is not None, f"{name}: its receiver was told")
        expect(event["data"]["status"] == batch["phase"], f"{name}: and told the truth", event)


def judge(stage, caller):
    """All of it: waits for rest, reads as a reader, stops everything in order, opens the files."""
    settle(stage, caller)
    judge_readers(stage, caller)
    stage.stop_all()
    stage.over.set()
    judge_files(stage)


__all__ = ["Wrong", "judge", "judge_batch", "judge_files", "judge_readers", "open_files", "settle"]
