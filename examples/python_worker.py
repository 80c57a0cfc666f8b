#!/usr/bin/env python3
"""A tipoff worker in plain Python: takes requests from a server, predicts, hands in.

    python3 examples/python_worker.py --url http://127.0.0.1:8080 [--key KEY]

It needs nothing but Python 3. Its model is the mean of the last five games; put yours into
`predict`. docs/WORKERS.md explains each call.
"""
import argparse
import json
import os
import random
import signal
import socket
import statistics
import sys
import threading
import time
import urllib.error
import urllib.request

MODEL = "python_mean5"
VERSION = "python_mean5/1"
LEASE_SECONDS = 60


class Skip(Exception):
    """The player can't be predicted, and that will not change."""


def predict(request):
    """The predictions for one request. Pure: the same request gives the same answer."""
    games = request["history"]  # Newest first; an empty list means that he really has none.
    if request.get("availability") == "OUT":
        raise Skip("PlayerOut")
    if len(games) < 5:
        raise Skip("NoHistory")
    points = [game["points"] for game in games[:5]]
    mean = statistics.fmean(points)
    spread = max(statistics.stdev(points), 1.0)
    predictions = []
    for line in request["line_values"]:  # [null] where there is no line.
        recommendation = "NO_LINE"
        if line is not None:
            edge = mean - line
            recommendation = "PASS" if abs(edge) < 2 else "OVER" if edge > 0 else "UNDER"
        predictions.append({
            "system": MODEL,
            "line": line,
            "predicted_points": round(mean, 1),
            "spread": round(spread, 1),
            "confidence": 0.5,
            "recommendation": recommendation,
            "model_version": VERSION,
            "components": {"l5": round(mean, 2)},
        })
    return predictions


class Refused(Exception):
    """The server has understood, and says no: asking again would not help."""

    def __init__(self, status, detail):
        super().__init__(f"{status}: {detail}")
        self.status = status


class Server:
    def __init__(self, url, key):
        self.url = url.rstrip("/")
        self.key = key

    def post(self, path, body, timeout=30):
        """The answer as a dict. OSError: it may work later."""
        headers = {"Content-Type": "application/json"}
        if self.key:
            headers["X-API-Key"] = self.key
        call = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers,
                                      method="POST")
        try:
            with urllib.request.urlopen(call, timeout=timeout) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as problem:
            text = problem.read().decode(errors="replace")
            if problem.code >= 500 or problem.code in (408, 429):
                raise OSError(f"{problem.code}: {text.strip()}") from None
            raise Refused(problem.code, text.strip()) from None

    def lease(self, worker, wait, version, group):
        order = {"worker": worker, "worker_version": version, "max": 20,
                 "wait": f"{wait}s", "lease": f"{LEASE_SECONDS}s"}
        if group:
            order["group"] = group
        return self.post("/v1/leases", order, timeout=wait + 30)["leases"]


class Worker:
    def __init__(self, server, model=predict, version=VERSION, group=""):
        self.server = server
        self.model = model
        self.version = version
        self.group = group  # Of systems; "" is tipoff's own.
        # A name of this life of this worker: restarted, it is another one.
        self.name = f"python-{socket.gethostname()}-{os.getpid()}-{random.randrange(16**6):06x}"
        self.stopping = threading.Event()
        self.held = set()
        self.lock = threading.Lock()
        self.done = 0

    def keep_leases(self):
        """Says every third of a lease that we still work on what we hold."""
        while not self.stopping.wait(LEASE_SECONDS / 3):
            with self.lock:
                tokens = list(self.held)
            for token in tokens:
                try:
                    self.server.post(f"/v1/leases/{token}:heartbeat",
                                     {"lease": f"{LEASE_SECONDS}s"})
                except (OSError, Refused):
                    pass  # Lost, or the server is away: handing in late is harmless.

    def report(self, token, verb, body):
        """Until the server has it. Reporting twice is harmless, so that we may always try again."""
        for attempt in range(8):
            try:
                return self.server.post(f"/v1/leases/{token}:{verb}", body)
            except OSError as problem:
                print(f"{verb}: {problem}; trying again", file=sys.stderr)
                time.sleep(random.uniform(0.5, 1) * min(2 ** attempt, 15))
        return None  # The lease ends by itself, and somebody else gets the request.

    def fail(self, token, kind, reason):
        try:
            self.report(token, "fail", {"kind": kind, "reason": reason[:300]})
        except Refused as problem:  # Nothing more can be done about it; the lease ends by itself.
            print(f"refused: {problem}", file=sys.stderr)

    def work(self, lease):
        token = lease["token"]
        try:
            self.report(token, "complete", {"predictions": self.model(lease["request"])})
            self.done += 1
        except Skip as why:
            self.fail(token, "skip", str(why))
            self.done += 1
        except Refused as problem:
            print(f"refused: {problem}", file=sys.stderr)
            if problem.status == 400:
                self.fail(token, "error", str(problem))
        except Exception as problem:  # A bug of ours must not stop the others.
            self.fail(token, "error", repr(problem))

    def take(self, wait):
        leases = self.server.lease(self.name, wait, self.version, self.group)
        with self.lock:
            self.held = {lease["token"] for lease in leases}
        for lease in leases:
            if self.stopping.is_set():
                self.report(lease["token"], "release", {})
            else:
                self.work(lease)
            with self.lock:
                self.held.discard(lease["token"])
        return len(leases)

    def run(self, once, max_seconds):
        threading.Thread(target=self.keep_leases, daemon=True).start()
        end = time.monotonic() + max_seconds if max_seconds else None
        failures = 0
        while not self.stopping.is_set() and (end is None or time.monotonic() < end):
            try:
                taken = self.take(wait=2)
                failures = 0
                if once and taken == 0:
                    break
            except OSError as problem:
                failures += 1
                pause = random.uniform(0.5, 1) * min(2 ** failures, 30)
                print(f"{problem}; asking again in {pause:.0f} s", file=sys.stderr)
                self.stopping.wait(pause)


def main(model=predict, version=VERSION, group="", about=__doc__):
    parser = argparse.ArgumentParser(description=about.split("\n", maxsplit=1)[0])
    parser.add_argument("--url", default=os.environ.get("TIPOFF_URL", "http://127.0.0.1:8080"))
    parser.add_argument("--key", default=os.environ.get("TIPOFF_KEY", ""),
                        help="API key with the role work ($TIPOFF_KEY)")
    parser.add_argument("--group", default=group,
                        help="group of systems to work for; absent: tipoff's own")
    parser.add_argument("--once", action="store_true", help="end when there is nothing to do")
    parser.add_argument("--max-seconds", type=float, help="end after so long")
    options = parser.parse_args()
    worker = Worker(Server(options.url, options.key), model, version, options.group)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    print(f"working for {options.url} as {worker.name}", file=sys.stderr)
    try:
        worker.run(options.once, options.max_seconds)
    except Refused as problem:
        sys.exit(f"the server refuses this worker: {problem}")
    print(f"done: {worker.done} requests", file=sys.stderr)


if __name__ == "__main__":
    main()
