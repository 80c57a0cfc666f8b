"""One batch on each profile, side by side: the data folder, and Firestore with Pub/Sub as their
official emulators. The same processes on both: a server without workers, and two workers beside it.

    /usr/bin/python3 bench/load/profiles.py build/release/tipoff

Emulators answer from memory on this machine: the services themselves add a network to each call,
and take about one write a second to a document. What carries over is how often they are asked.
"""
import os
import pathlib
import statistics
import sys
import time
from datetime import datetime

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/service"))
from cloud import Cloud, batch_of, start  # noqa: E402
from league import PLAYERS, write_league  # noqa: E402
from service import expect, run, tipoff, until  # noqa: E402

BATCHES = 5
WORKERS = 2


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def rows_of(client, batch):
    return client.get(f"/v1/batches/{batch}/requests?limit=500").json["requests"]


def one_batch(client, dataset):
    """(start, first request taken, whole batch) in ms, and commits."""
    began = time.perf_counter()
    batch = start(client, dataset)
    answered = (time.perf_counter() - began) * 1000
    view = until("it ends", lambda: (lambda seen: seen if seen["ended_at"] else None)(
        batch_of(client, batch)), 120)
    expect(view["counts"]["succeeded"] == PLAYERS, "all succeed", view)
    created = instant(view["started_at"])
    hops = [row["leased_at"] or row["reported_at"] for row in rows_of(client, batch)]
    return (answered, (min(map(instant, hops)) - created) * 1000,
            (instant(view["ended_at"]) - created) * 1000, view["version"])


def measure(name, server, workers):
    client = server.client()
    until("the workers are there", lambda: sum(
        not worker.get("stopped_at") for worker in client.get("/v1/workers").json["workers"]) == workers)
    one_batch(client, "warm")
    taken = [one_batch(client, f"d{number}") for number in range(BATCHES)]
    answered, first, whole, commits = map(statistics.median, zip(*taken))
    print(f"| {name} | {answered:.1f} ms | {first:.0f} ms | {whole:.0f} ms | {commits:.0f} | "
          f"{commits / PLAYERS:.3f} |", flush=True)


def profiles(world):
    """Medians of one batch of 450 on each profile."""
    print(f"{os.cpu_count()} cores; {BATCHES} batches of {PLAYERS} requests, "
          f"{WORKERS} worker processes of one thread", flush=True)
    print("| profile | start answered | first request taken | whole batch | commits | "
          "commits a completion |\n|---|---|---|---|---|---|", flush=True)
    data = world.folder("embedded")
    os.makedirs(data)
    imported = tipoff(data, "import", *write_league(data))
    expect(imported.returncode == 0, "import", imported.stderr)
    server = world.server(data, "--workers", "0")
    for number in range(WORKERS):
        world.program(data, "worker", "--threads", "1", "--name", f"w{number}")
    measure("embedded", server, WORKERS)
    cloud = Cloud(world, "gcp", TIPOFF_BATCH_STALL_AFTER="2m")
    server = cloud.server()
    for number in range(WORKERS):
        cloud.worker("--name", f"w{number}")
    measure("gcp, emulators", server, WORKERS)


run(profiles)
