"""Processes of tipoff that are killed and come back, a caller who does not give up, and the books
of what has been promised and seen. Shared by the tests beside it, which judge by `laws`."""
import base64
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "service"))
from service import BINARY, Client, Receiver, Wrong, expect, tipoff, until  # noqa: E402

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SMALL_DAY = "2026-04-11"  # 24 players of the demo league.
LARGE_DAY = "2026-04-12"  # 1,100, so that a batch of it is created in two commits.
SMALL, LARGE = 24, 1100
PATIENCE = 60  # For anything that must happen in the end, on a machine that is busy.


def make_root():
    """A fresh folder, in memory if there is room: whoever is killed loses nothing there either."""
    room = os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 1 << 30
    return tempfile.mkdtemp(prefix="tipoff-crash-", dir="/dev/shm" if room else None)


class Kept:
    """One process of tipoff that is started again whenever it was killed, by whomever."""

    def __init__(self, stage, name, *arguments, arm="", env=None):
        self.stage = stage
        self.name = name
        self.arguments = arguments
        self.env = env or {}
        self.log_path = os.path.join(stage.root, f"{name}.log")
        self.reached = threading.Event()  # The crash point at which it was to die.
        self.lives = 0
        self.stopping = False
        self.paused = False
        self.ended_by_itself = None
        self.guard = threading.Lock()
        self._begin(arm)
        threading.Thread(target=self._keep, daemon=True).start()

    def _begin(self, arm=""):
        env = {name: value for name, value in os.environ.items() if not name.startswith("TIPOFF_")}
        env |= self.env | ({"TIPOFF_CRASH_AT": arm} if arm else {})
        self.lives += 1
        self.born_at = len(self.said()) if self.lives > 1 else 0
        with open(self.log_path, "ab") as log:
            where = [] if "--url" in self.arguments else ["--data", self.stage.folder]
            self.process = subprocess.Popen([BINARY, *where, *self.arguments], env=env,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _keep(self):
        while True:
            process = self.process
            code = process.wait()
            if "crash point" in self.said():
                self.reached.set()
            with self.guard:
                if self.process is not process:
                    continue
                if code != -signal.SIGKILL and not (self.stage.mortal and code != 0):
                    if not self.stopping:
                        self.ended_by_itself = code
                    return
                if self.stopping and not self.reached.is_set():
                    return
                while self.paused:
                    self.guard.release()
                    time.sleep(0.005)
                    self.guard.acquire()
                stopping, self.stopping = self.stopping, False
                self._begin()
            if stopping:  # It died while it was told to stop; the next life stops in order.
                self.stop_when_up()

    def stop_when_up(self):
        """From then on it hears what it is told."""
        word = "listening on" if self.arguments[0] == "serve" else "working for"
        until(f"{self.name} is up", lambda: word in self.said()[self.born_at:], PATIENCE)
        self.terminate()

    def said(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)

    def terminate(self):
        with self.guard:
            self.stopping = True
            self.process.send_signal(signal.SIGTERM)

    def wait_end(self, seconds=PATIENCE):
        until(f"{self.name} ends", lambda: self.process.poll() is not None
              and not self.alive_again(), seconds)
        expect(self.process.returncode == 0, f"{self.name} ends in order",
               self.process.returncode, self.said()[-3000:])

    def alive_again(self):
        with self.guard:
            return self.process.poll() is None or self.process.returncode == -signal.SIGKILL

    def destroy(self):
        with self.guard:
            self.stopping = True
            self.paused = False
            self.reached.clear()
            if self.process.poll() is None:
                self.process.kill()


class Caller:
    """Calls a server as a scheduler does: again and again, until there is an answer."""

    def __init__(self, stage, port):
        self.stage = stage
        self.url = f"http://127.0.0.1:{port}"

    def once(self, method, path, body=None, headers=None, timeout=10):
        """An answer, or None if there was none."""
        client = Client(self.url, timeout=timeout)
        try:
            return client.call(method, path, body, headers)
        except OSError:
            return None
        except Exception as broken:  # noqa: BLE001: half an answer of a process that died.
            if "http.client" in type(broken).__module__:
                return None
            raise
        finally:
            client.close()

    def ask(self, method, path, body=None, headers=None, seconds=PATIENCE):
        def probe():
            self.stage.check_alive()
            answer = self.once(method, path, body, headers)
            return answer if answer and answer.status not in (500, 503, 507) else None
        return until(f"an answer to {method} {path}", probe, seconds)

    def get(self, path, **more):
        return self.ask("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.ask("POST", path, body, **more)

    def start(self, dataset, key=None, **fields):
        """The id of a batch that was accepted."""
        body = {"game_date": SMALL_DAY, "dataset": dataset, "min_minutes": 0,
                "skip_completeness_check": True} | fields
        headers = {"Idempotency-Key": key or f"start-{dataset}"}
        answer = self.post("/v1/batches", body, headers=headers)
        expect(answer.status == 202, f"a start of {dataset}", answer)
        self.stage.books.accepted(answer.json)
        return answer.json["batch_id"]

    def order(self, batch, verb, body=None):
        answer = self.post(f"/v1/batches/{batch}:{verb}", body or {"reason": "tried"})
        if answer.status == 202:  # A retry starts another one.
            self.stage.books.accepted(answer.json)
        return answer

    def batch(self, batch):
        known = self.stage.books.known()
        answer = self.get(f"/v1/batches/{batch}")
        expect(answer.status == 200, f"batch {batch}", answer)
        self.stage.books.saw(answer.json, known)
        return answer.json

    def until_ended(self, batch, seconds=PATIENCE):
        return until(f"{batch} ends", lambda: (view := self.batch(batch))["ended_at"] and view,
                     seconds)


class Books:
    """What was promised to callers and what readers have seen: it may never be taken back."""

    def __init__(self):
        self.guard = threading.Lock()
        self.promised = {}   # The first terminal_by that was told.
        self.versions = {}
        self.ends = {}
        self.pushed = set()  # (batch, player) that were reported without being staged.
        self.wrong = []
        self.alive_since = 0  # When all had been down the last time.

    def accepted(self, view):
        with self.guard:
            self.promised.setdefault(view["batch_id"], view["terminal_by"])
        self.saw(view)

    def known(self):
        """What a reading that begins now may not fall behind of."""
        with self.guard:
            return set(self.ends), dict(self.versions)

    def saw(self, view, known=(frozenset(), {})):
        """One reading of one batch, by whatever way."""
        batch, counts = view["batch_id"], view["counts"]
        ended = view["phase"] in ("succeeded", "partial", "failed", "cancelled")
        end = {name: view[name] for name in
               ("phase", "reason", "counts", "total_predictions", "publication", "ended_at")}
        with self.guard:
            parts = sum(number for name, number in counts.items() if name != "expected")
            if parts != counts["expected"]:
                self.wrong.append(f"{batch}: the counts do not add up: {counts}")
            if ended != (view["ended_at"] is not None) or (ended and counts["open"]):
                self.wrong.append(f"{batch}: half an end: {view}")
            if ended and self.ends.setdefault(batch, end) != end:
                self.wrong.append(f"{batch}: an end has changed: {self.ends[batch]} to {end}")
            if batch in known[0] and not ended:
                self.wrong.append(f"{batch}: an end was taken back: {view}")
            if view["version"] < known[1].get(batch, 0):
                self.wrong.append(f"{batch}: version {known[1][batch]} was taken back: {view}")
            self.versions[batch] = max(view["version"], self.versions.get(batch, 0))


class Stage:
    """A data folder, what runs on it, and the books."""

    def __init__(self, template=None, more=""):
        self.root = make_root()
        self.folder = os.path.join(self.root, "data")
        if template:
            shutil.copytree(template, self.folder)
        else:
            os.mkdir(self.folder)
        self.receiver = Receiver()
        self.books = Books()
        self.kept = []
        self.over = threading.Event()
        self.failed = False
        self.mortal = False  # Whether a process may end by itself, and is started again.
        with open(os.path.join(self.folder, "tipoff.toml"), "w", encoding="utf-8") as file:
            file.write(CONFIG % {"hook": self.receiver.url, "secret": SECRET} + more)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        for kept in self.kept:
            kept.destroy()
        self.receiver.stop()
        for kept in self.kept:
            kept.process.wait()
        if kind is None and not self.failed:
            shutil.rmtree(self.root, True)
        else:
            print(f"        what was left behind is in {self.root}", flush=True)

    def server(self, name="server", **how):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.keep(name, "serve", "--workers", "0", "--port", str(port), **how)
        caller = Caller(self, port)
        threading.Thread(target=self._watch, args=(Caller(self, port),), daemon=True).start()
        return caller

    def worker(self, name="worker", *arguments, **how):
        arguments = arguments or ("--held-max", "50")
        return self.keep(name, "worker", "--threads", "1", *arguments, **how)

    def keep(self, name, *arguments, **how):
        self.kept.append(Kept(self, name, *arguments, **how))
        return self.kept[-1]

    def named(self, name):
        return next(kept for kept in self.kept if kept.name == name)

    def check_alive(self):
        for kept in self.kept:
            expect(kept.ended_by_itself is None, f"{kept.name} has ended by itself",
                   kept.ended_by_itself, kept.said()[-3000:])

    def _watch(self, caller):
        """Reads all batches all the time, as dashboards do."""
        while not self.over.wait(0.03):
            known = self.books.known()
            answer = caller.once("GET", "/v1/batches?limit=100")
            if answer is None or answer.status != 200:
                continue
            for view in answer.json["batches"]:
                self.books.saw(view, known)

    def sql(self, statement, *values):
        """Straight from the file, or into it: what somebody else has left there."""
        db = sqlite3.connect(os.path.join(self.folder, "tipoff.db"), timeout=20)
        try:
            with db:
                return db.execute(statement, values).fetchall()
        finally:
            db.close()

    def locks(self):
        folder = os.path.join(self.folder, "processes")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def stop_all(self):
        for kept in self.kept:
            kept.stop_when_up()
        for kept in self.kept:
            kept.wait_end()


CONFIG = """
[log]
format = "text"
[batch]
deadline = "30s"
stall_after = "10s"
[history]
timeout = "5s"
[sweep]
period = "100ms"
lease = "1s"
[worker]
lease = "1s"
[retention]
batches = "1h"
[alert]
interventions = 1
[canary]
period = "1s"
timeout = "20s"
[announce]
bus = true
timeout = "2s"
webhooks = ["ops=%(hook)s"]
webhook_secrets = ["ops=%(secret)s"]
"""


def trim_slates(folder):
    """Makes the two days of the tests out of the demo league's."""
    path = os.path.join(folder, "tipoff.db")
    with sqlite3.connect(path, timeout=20) as db:
        slate = json.loads(db.execute("SELECT body FROM slate WHERE game_date=?",
                                      (SMALL_DAY,)).fetchone()[0])
        players = slate["players"]
        small = slate | {"players": players[:SMALL]}
        large = slate | {"game_date": LARGE_DAY, "players": [
            player | {"player": f"{player['player']}x{number // len(players)}"}
            if number >= len(players) else player
            for number, player in ((n, players[n % len(players)]) for n in range(LARGE))]}
        for day, body in ((SMALL_DAY, small), (LARGE_DAY, large)):
            db.execute("UPDATE slate SET body=? WHERE game_date=?", (json.dumps(body), day))
    db.close()


def make_template(root):
    """A folder with the demo league and old batches that retention drops: one is in the way of a
    newer publication, one has ended without any."""
    folder = os.path.join(root, "template")
    made = tipoff(folder, "demo", "-o", "json")
    expect(made.returncode == 0, "the demo", made.stderr)
    trim_slates(folder)
    with Stage() as stage:
        shutil.rmtree(stage.folder)
        os.symlink(folder, stage.folder)
        with open(os.path.join(folder, "tipoff.toml"), "w", encoding="utf-8") as file:
            file.write(CONFIG % {"hook": stage.receiver.url, "secret": SECRET})
        server = stage.server()
        stage.worker("worker", "--held-max", "500")
        for number in (1, 2):
            batch = server.start("old", key=f"old-{number}", game_date=LARGE_DAY)
            expect(server.until_ended(batch)["phase"] == "succeeded", "an old batch")
        batch = server.start("old")
        server.order(batch, "cancel")
        server.until_ended(batch)
        until("announced", lambda: not stage.sql(
            "SELECT 1 FROM announcement WHERE sent_at=0") and not stage.sql(
            "SELECT 1 FROM batch WHERE terminal_at=0 OR rows_open_at_end>0"))
        stage.stop_all()
        stage.sql("UPDATE batch SET terminal_at = terminal_at - 7200000000")
        stage.sql("DELETE FROM message")
        os.unlink(stage.folder)
        os.mkdir(stage.folder)
    os.rename(os.path.join(folder, "demo"), os.path.join(root, "league"))
    return folder
