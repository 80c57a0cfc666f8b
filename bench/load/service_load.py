"""How fast the service answers, measured on this machine: /start, /complete, /livez in a crowd.

    /usr/bin/python3 bench/load/service_load.py build/release/tipoff

Server and client share the machine, so that the server has one core less than it says, unless it
is pinned: for /complete the server runs on one core and the client on the others.
"""
import base64
import json
import os
import pathlib
import selectors
import socket
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/service"))
from league import GAME_DATE, PLAYERS, write_league  # noqa: E402
from service import World, expect, run, tipoff, until  # noqa: E402

STARTS = 200
COMPLETE_BATCHES = 50
CONNECTIONS = 32
IDLE = 500
SLOW = 50
CALLS = 2000


def row(what, value):
    print(f"{what:<64} {value:>24}", flush=True)


def quantiles(times):
    times = sorted(times)
    at = [times[min(len(times) - 1, int(len(times) * q))] * 1000 for q in (0.5, 0.99)]
    return f"{at[0]:.1f} / {at[1]:.1f} / {times[-1] * 1000:.1f} ms"


def timed_start(client, dataset):
    body = json.dumps({"game_date": GAME_DATE, "dataset_prefix": dataset,
                       "prediction_run_mode": "BACKFILL"})
    began = time.perf_counter()
    answer = client.post("/start", body)
    took = time.perf_counter() - began
    expect(answer.status == 202 and answer.json["total_requests"] == PLAYERS, "/start", answer)
    return took, answer.json["batch_id"]


def published(client, batch):
    counts = client.get(f"/v1/batches/{batch}").json["open"]
    return counts["pending"] == 0


def measure_starts(client):
    times = []
    for number in range(STARTS):
        took, batch = timed_start(client, f"quiet-{number}")
        times.append(took)
        until("published", lambda batch=batch: published(client, batch))
        expect(client.post(f"/v1/batches/{batch}:cancel").status == 200, "cancel")
    row(f"/start, {PLAYERS} players, one by one: p50 / p99 / max of {STARTS}", quantiles(times))
    times, batches = [], []
    for number in range(STARTS):
        took, batch = timed_start(client, f"rush-{number}")
        times.append(took)
        batches.append(batch)
    row("/start, the next one at once, others being sent", quantiles(times))
    for batch in batches:
        expect(client.post(f"/v1/batches/{batch}:cancel").status == 200, "cancel")


def request_bytes(batch, player):
    data = json.dumps({"player_lookup": player, "game_date": GAME_DATE, "batch_id": batch,
                       "predictions_generated": 25, "correlation_id": "load",
                       "timestamp": "2026-01-25T16:00:00+00:00", "worker_instance": "load"})
    body = json.dumps({"message": {"data": base64.b64encode(data.encode()).decode(),
                                   "messageId": "1", "publishTime": "2026-01-25T16:00:00Z"},
                       "subscription": "projects/nba/subscriptions/prediction-ready-prod"})
    return (f"POST /complete HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
            f"{body}").encode()


def connect(url):
    host, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def flood(url, requests):
    """Sends all over CONNECTIONS keep-alive connections, each with one under way at a time."""
    selector = selectors.DefaultSelector()
    waiting = iter(requests)
    times, sent_at = [], {}

    def send(connection):
        request = next(waiting, None)
        if request is None:
            selector.unregister(connection)
            connection.close()
            return
        sent_at[connection] = time.perf_counter()
        connection.sendall(request)

    for _ in range(CONNECTIONS):
        connection = connect(url)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
    began = time.perf_counter()
    for key in list(selector.get_map().values()):
        send(key.fileobj)
    while selector.get_map():
        for key, _ in selector.select():
            answer = key.fileobj.recv(4096)
            expect(answer.startswith(b"HTTP/1.1 204 ") and answer.endswith(b"\r\n\r\n"),
                   "/complete", answer)
            times.append(time.perf_counter() - sent_at[key.fileobj])
            send(key.fileobj)
    return time.perf_counter() - began, times


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_completions(server, client):
    requests = []
    batches = [timed_start(client, f"complete-{n}")[1] for n in range(COMPLETE_BATCHES)]
    for batch in batches:
        until("published", lambda batch=batch: published(client, batch))
        answer = client.get(f"/v1/batches/{batch}/requests?limit=500")
        requests += [request_bytes(batch, request["player_id"])
                     for request in answer.json["requests"]]
    expect(len(requests) == COMPLETE_BATCHES * PLAYERS, "requests", len(requests))
    # Batch after batch, as on a game day.
    cpu = cpu_seconds(server.process.pid)
    took, times = flood(server.url, requests)
    cpu = cpu_seconds(server.process.pid) - cpu
    for batch in batches:
        end = until("it ends", lambda batch=batch: (lambda told: told["ended_at"] and told)(
            client.get(f"/v1/batches/{batch}").json))
        expect(end["phase"] == "succeeded" and end["counts"]["succeeded"] == PLAYERS
               and end["total_predictions"] == 25 * PLAYERS, "counts", end)
    row(f"/complete, {CONNECTIONS} connections, server on one core",
        f"{len(requests) / took:,.0f} a second")
    row("  its latency: p50 / p99 / max", quantiles(times))
    row("  the server's CPU time for 1,000", f"{cpu / len(requests) * 1e6:.0f} ms")


def measure_crowd(world, server, client):
    times = [timed_get(client) for _ in range(CALLS)]
    row(f"/livez, nobody else: p50 / p99 / max of {CALLS}", quantiles(times))
    for _ in range(IDLE):
        world.enter_context(connect(server.url))
    slow = [world.enter_context(connect(server.url)) for _ in range(SLOW)]
    for connection in slow:
        connection.sendall(b"POST /start HTTP/1.1\r\nHost: localhost\r\n")
    times = []
    for number in range(CALLS):
        slow[number % SLOW].sendall(b"X")
        times.append(timed_get(client))
    row(f"/livez, {IDLE} idle and {SLOW} dribbling connections", quantiles(times))


def timed_get(client):
    began = time.perf_counter()
    answer = client.get("/livez")
    expect(answer.status == 200, "/livez", answer)
    return time.perf_counter() - began


def load(world):
    """the service under load"""
    folder = world.folder()
    os.mkdir(folder)
    imported = tipoff(folder, "import", *write_league(folder))
    expect(imported.returncode == 0, "import", imported.stderr)
    cores = sorted(os.sched_getaffinity(0))
    row("machine", f"{len(cores)} CPUs")
    row("load of the machine before", f"{os.getloadavg()[0]:.1f}")
    row("program", tipoff(folder, "--version").stdout.split("\n")[0].removeprefix("tipoff "))
    server = world.server(folder, "--workers", "0")
    client = server.client()
    measure_starts(client)
    measure_crowd(world, server, client)
    server.terminate()
    server.wait()
    server = world.server(folder, "--workers", "0",
                          preexec_fn=lambda: os.sched_setaffinity(0, cores[:1]))
    os.sched_setaffinity(0, cores[1:] or cores)
    measure_completions(server, server.client())


run(load)
