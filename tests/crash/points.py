"""Every place at which a process may die, by name: it dies there, comes back, and the laws hold.

    points.py BINARY             each of the points once (make nightly)
    points.py BINARY some        20 of them, which between them cover each part (make test)
    points.py BINARY NAME[:N]... these
"""
import concurrent.futures
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import traceback

import laws
from service import envelope
from stage import (BINARY, LARGE_DAY, SMALL_DAY, Stage, Wrong, expect, make_template, make_root,
                   tipoff, until)

# Two at a time: most of a run is waiting for deadlines and leases.
AT_ONCE = 3

SOME = """
start/create start/superseded start/child-claimed relay/published relay/confirmed worker/staged
worker/reported completion/counted driver/commit:9 driver/committed:5 fan-in/finalize
redrive/reconciled announce/sent retention/part-dropped database/commit:30 database/committed:30
database/migration-step store/commit-journal:4 import/recorded slates/put:3
""".split()

# Points of general use are passed all the time: they are tried early and in the middle of things.
LATER = {"database/commit": 40, "database/committed": 40, "database/begun": 25,
         "database/operation-run": 60, "database/answered": 30, "driver/commit": 12,
         "driver/committed": 12, "driver/loaded": 8, "driver/told": 8, "store/commit-header": 10,
         "store/commit-rows": 10, "store/commit-journal": 10, "store/record": 20,
         "bus/publish-one": 15, "bus/lease": 3, "completion/counted": 3, "sweep/begun": 8,
         "announce/sent": 4, "announce/send": 4, "store/announcement": 4}

FRESH = ("database/migrate", "database/migration-step", "database/migrated")
# Who works or closes, rather than who serves.
BY_WORKER = ("worker/", "store/stage-one", "bus/extend-one")
IMPORTS = ("import/", "slates/", "store/slate-one", "history/")
# What needs the large batch.
LARGE_ONLY = ("start/chunk", "start/chunk-written", "worker/extended", "bus/extend-one")


class Day:
    """A game day with everything that can happen on one, among it most of what goes wrong."""

    def __init__(self, stage, at):
        self.stage = stage
        name = at.partition(":")[0]
        self.large = name in LARGE_ONLY
        self.by_worker = name.startswith(BY_WORKER)
        self.at = at
        self.server = stage.server(arm="" if self.by_worker else at)

    def run(self):
        self.without_workers()
        self.ordered()
        self.stage.worker("worker", "--held-max", "30", arm=self.at if self.by_worker else "")
        self.with_workers()
        laws.judge(self.stage, self.server)
        return self.stage.named("worker" if self.by_worker else "server")

    def without_workers(self):
        """One batch runs into its promised time; another stalls, and is worked at in all the ways
        that are not tipoff's own."""
        server, stage = self.server, self.stage
        self.overdue = server.start("overdue", policy={"deadline": "1500ms", "stall_after": "1s"})
        self.stalled = server.start("stalled", policy={"deadline": "25s", "stall_after": "1s"})
        until("all is published", lambda: server.batch(self.stalled)["open"]["pending"] == 0)
        players = {request["ordinal"]: request["player_id"] for request in
                   server.get(f"/v1/batches/{self.stalled}/requests").json["requests"]}
        self.leased_elsewhere()
        # A worker's push, a push of nonsense, and nonsense on both topics.
        server.post("/complete", push({"player_lookup": players[20], "batch_id": self.stalled,
                                       "predictions_generated": 3}))
        stage.books.pushed.add((self.stalled, players[20]))
        server.post("/complete", push("nonsense"))
        for topic in ("requests", "completions"):
            stage.sql("INSERT INTO message(topic, avail_at, owner, epoch, deliveries, "
                      "published_at, body) VALUES(?,0,'',0,0,1,'nonsense')", topic)
        # One that was delivered too often, and one whose worker died before it reported.
        stage.sql("UPDATE message SET deliveries=10 WHERE topic='requests' AND "
                  "CAST(body AS TEXT) LIKE ? AND CAST(body AS TEXT) LIKE ?",
                  f"%{self.stalled}%", f"%\"{players[21]}\"%")
        stage.sql("INSERT INTO staged(key, status, predictions, attempt, reason, worker, "
                  "worker_version, data_version, staged_at, body) SELECT (batch_no<<32)+22, "
                  "'skipped', 0, 1, 'tried', 'gone', '', '', 1, '[]' FROM batch WHERE id=?",
                  self.stalled)
        server.until_ended(self.overdue)
        until("the sweep has found what was staged", lambda: stage.sql(
            "SELECT 1 FROM request r JOIN batch b USING(batch_no) WHERE b.id=? AND r.state=4",
            self.stalled))

    def leased_elsewhere(self):
        """Over HTTP: one is done, one fails, one is given back."""
        server = self.server
        order = {"worker": "elsewhere", "lease": "5s", "max": 3, "history": False}
        leases = server.post("/v1/leases", order).json["leases"]
        if len(leases) < 3:  # Some answer was lost, and comes back when its lease ends.
            return
        prediction = {"system": "mine", "predicted_points": 20, "spread": 5, "confidence": 0.5,
                      "recommendation": "NO_LINE", "model_version": "1"}
        for verb, body in (("complete", {"predictions": [prediction]}),
                           ("fail", {"kind": "transient", "reason": "it failed"}),
                           ("release", {})):
            answer = server.post(f"/v1/leases/{leases.pop()['token']}:{verb}", body)
            expect(answer.status in (200, 204, 410), verb, answer)

    def ordered(self):
        """What operators do, with nobody at work."""
        server = self.server
        cancelled = server.start("cancelled")
        expect(server.order(cancelled, "cancel").status == 200, "a cancel")
        finished = server.start("finished")
        patch = server.ask("PATCH", f"/v1/batches/{finished}", {"stall_percent": 80})
        expect(patch.status == 200, "a patch", patch)
        expect(server.order(finished, "finish").status == 200, "a finish")
        server.start("forced")
        self.forced = server.start("forced", key="again", force=True)
        self.retry = server.order(self.overdue, "retry").json["batch_id"]

    def with_workers(self):
        server, stage = self.server, self.stage
        whole = [server.start("whole"), self.forced, self.retry]
        if self.large:
            whole.append(server.start("large", game_date=LARGE_DAY))
            self.lock_now_and_then()
        stage.worker("doomed", "--held-max", "10")
        until("it has begun", lambda: len(stage.locks()) > 4 or stage.named("doomed").lives > 1)
        stage.named("doomed").kill()
        for batch in whole:
            view = server.until_ended(batch)
            end = (view["phase"], view["reason"])
            # A retry has its parent's deadline, which a crash may well outlast.
            late = batch == self.retry and end[1] == "DeadlineExceeded"
            expect(late or end == ("succeeded", "Completed"), "a whole day", view)
        end = server.until_ended(self.stalled)
        expect(end["counts"]["failed"] <= 3, "what was given up has failed", end)
        if end["counts"]["failed"]:
            server.until_ended(server.order(self.stalled, "retry").json["batch_id"])
        until("a canary is back", lambda: any(
            canary["state"] == "back" for canary in server.get("/v1/canaries").json["canaries"]))

    def lock_now_and_then(self):
        """Somebody else writes for a while, so that work takes longer than a third of its lease."""
        path = os.path.join(self.stage.folder, "tipoff.db")
        db = sqlite3.connect(path, timeout=20, isolation_level=None)
        for _ in range(4):
            db.execute("BEGIN IMMEDIATE")
            time.sleep(0.5)
            db.execute("ROLLBACK")
            time.sleep(0.1)
        db.close()


def push(message):
    return envelope(message if not isinstance(message, str) else message.encode())


def F01_F02_F13_F26_a_day_with_a_death(template, at):
    with Stage(template) as stage:
        try:
            died = Day(stage, at).run()
            if not died.reached.is_set():
                raise Wrong(f"{at} was not reached")
        except BaseException:
            stage.failed = True
            raise


def fresh(_, at):
    """The first start in an empty folder dies; the next one makes what is missing."""
    with Stage() as stage:
        server = stage.server(arm=at)
        until("ready", lambda: (answer := server.once("GET", "/readyz")) and answer.status == 200)
        expect(server.post("/v1/batches", {"game_date": SMALL_DAY}).json["status"] ==
               "no_games_scheduled", "it serves")
        stage.stop_all()
        if not stage.kept[0].reached.is_set():
            raise Wrong(f"{at} was not reached")
        with laws.open_files(stage.folder) as db:
            expect(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the file is whole")


UNDISTURBED = {}  # What an import leaves where nothing dies, by the template.


def facts(folder):
    """What an import leaves, apart from when."""
    found = {}
    with sqlite3.connect(os.path.join(folder, "history.db"), timeout=20) as db:
        expect(db.execute("PRAGMA integrity_check").fetchone() == ("ok",), "history.db is whole")
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            if table == "imports":
                rows = db.execute("SELECT count(*) FROM imports").fetchall()
            elif table == "state":
                rows = db.execute("SELECT dirty_from FROM state").fetchall()
            else:
                rows = db.execute(f"SELECT * FROM {table}").fetchall()
            found[table] = sorted(map(repr, rows))
    db.close()
    path = os.path.join(folder, "tipoff.db")
    if os.path.exists(path):
        with sqlite3.connect(path, timeout=20) as db:
            found["slates"] = [(day, without_time(body)) for day, body in db.execute(
                "SELECT game_date, body FROM slate ORDER BY game_date")]
        db.close()
    return found


def without_time(body):
    slate = json.loads(body)
    slate.pop("as_of_us")
    return slate


def imported(template, at):
    """An import dies: each file is in as a whole or not at all, and the same command again ends
    where an undisturbed one does."""
    sources = os.path.join(template, "..", "league")
    files = [os.path.join(sources, name) for name in sorted(os.listdir(sources))]
    with Stage() as stage:
        env = {name: value for name, value in os.environ.items() if not name.startswith("TIPOFF_")}
        died = subprocess.run([BINARY, "--data", stage.folder, "import", *files], check=False,
                              env=env | {"TIPOFF_CRASH_AT": at}, capture_output=True, text=True,
                              timeout=120)
        if died.returncode != -9 or f"crash point {at.partition(':')[0]}" not in died.stderr:
            raise Wrong(f"{at} was not reached: exit {died.returncode}: {died.stderr[-500:]}")
        whole = set()
        if os.path.exists(os.path.join(stage.folder, "history.db")):
            with sqlite3.connect(os.path.join(stage.folder, "history.db"), timeout=20) as db:
                if db.execute("SELECT 1 FROM sqlite_master WHERE name='imports'").fetchone():
                    whole = {name for (name,) in db.execute("SELECT path FROM imports")}
            db.close()
        again = tipoff(stage.folder, "import", *files, "-o", "json")
        expect(again.returncode == 0, "the same import again", again.stderr)
        for file in json.loads(again.stdout)["files"]:
            if file["path"] in whole:
                expect(file["new"] == 0, f"{file['path']} was stored as a whole", file)
        first, undisturbed = facts(stage.folder), UNDISTURBED[template]
        for table in undisturbed:
            if table != "imports":
                expect(first.get(table) == undisturbed[table], f"{table} as if nothing happened")
        leftovers = [name for name in os.listdir(stage.folder) if "importing" in name]
        expect(not leftovers, "nothing is left behind", leftovers)


def undisturbed_import(root, template):
    sources = os.path.join(root, "league")
    folder = os.path.join(root, "undisturbed")
    done = tipoff(folder, "import", *[os.path.join(sources, name)
                                      for name in sorted(os.listdir(sources))])
    expect(done.returncode == 0, "an import", done.stderr)
    UNDISTURBED[template] = facts(folder)


def scenario(at):
    name = at.partition(":")[0]
    if name in FRESH:
        return fresh
    return imported if name.startswith(IMPORTS) else F01_F02_F13_F26_a_day_with_a_death


def points():
    listed = subprocess.run([BINARY, "man"], env=os.environ | {"TIPOFF_CRASH_AT": "list"},
                            capture_output=True, text=True, check=True).stdout.split()
    return listed + [f"{name}:{nth}" for name, nth in LATER.items()]


def try_names():
    """A name that means nothing is refused, so that nobody waits for a crash that never comes."""
    for at in ("nowhere", "relay/published:0", "relay/published:often"):
        refused = subprocess.run([BINARY, "man"], env=os.environ | {"TIPOFF_CRASH_AT": at},
                                 capture_output=True, text=True, check=False)
        expect(refused.returncode == 78 and "TIPOFF_CRASH_AT=list" in refused.stderr, "refused",
               refused.stderr)


def try_point(template, at):
    began = time.monotonic()
    try:
        scenario(at)(template, at)
        why = ""
    except Wrong as wrong:
        why = str(wrong)
    except Exception:  # noqa: BLE001: told with its point, and the others go on.
        why = traceback.format_exc()
    took = time.monotonic() - began
    print(f"  {'ok   ' if not why else 'WRONG'} {at} ({took:.1f} s)" + (f": {why}" if why else ""),
          flush=True)
    return why


def main():
    chosen = sys.argv[2:] or points()
    if chosen == ["some"]:
        chosen = SOME
    began = time.monotonic()
    root = make_root()
    try:
        try_names()
        template = make_template(root)
        undisturbed_import(root, template)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
            wrong = [why for why in threads.map(lambda at: try_point(template, at), chosen) if why]
    finally:
        shutil.rmtree(root, True)
    names = {at.partition(":")[0] for at in chosen}
    print(f"points.py: {len(chosen)} crashes, {len(names)} points, "
          f"{len(wrong)} wrong ({time.monotonic() - began:.0f} s)", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
