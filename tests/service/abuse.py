"""Clients that idle, dribble, flood or have no right to what they ask; and ways not to start."""
import concurrent.futures
import json
import os
import shutil
import socket
import stat
import time

from service import GAME_DATE, Client, Server, check, envelope, expect, run, tipoff, until

IDLE = 500
SLOW = 50
# Longer than a machine that is busy with other tests needs; a server that starves never answers.
ANSWER_SECONDS = 5
DRIBBLE_SECONDS = 5  # Half of what the server gives a request.
ROLES = {"read": 1, "work": 2, "operate": 3}


def connect(url, text=""):
    host, _, port = url.removeprefix("http://").rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.sendall(text.encode())
    return connection


def read_all(connection):
    """What the server sends until it closes."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts).decode()


class Stream:
    """Server-sent events of a batch, one after the other."""

    def __init__(self, url, batch, last_seen=None):
        header = f"Last-Event-ID: {last_seen}\r\n" if last_seen is not None else ""
        self.connection = connect(url, f"GET /v1/batches/{batch}/events HTTP/1.1\r\n"
                                       f"Host: localhost\r\n{header}\r\n")
        self.file = self.connection.makefile("r", encoding="utf-8", newline="\r\n")
        expect(" 200 " in self.file.readline(), "a stream")
        while self.file.readline() != "\r\n":
            pass
        self.text = ""  # What has come and was not given out: a chunk may hold several events.

    def next(self):
        """(id, data) of the next event; None after the last."""
        while "\n\n" not in self.text:
            size = int(self.file.readline(), 16)
            if size == 0:
                return None
            chunk = ""
            while len(chunk.encode()) < size + 2:
                chunk += self.file.read(1)
            self.text += chunk[:-2]
        event, self.text = self.text.split("\n\n", 1)
        fields = dict(line.split(": ", 1) for line in event.strip().split("\n"))
        return int(fields["id"]), json.loads(fields["data"])

    def close(self):
        self.file.close()
        self.connection.close()


def start(client, **changes):
    answer = client.post("/v1/batches", {"game_date": GAME_DATE} | changes)
    expect(answer.status == 202, "a start", answer)
    return answer.json["batch_id"]


def report(client, batch, players):
    for player in players:
        answer = client.post("/complete", envelope(
            {"batch_id": batch, "player_lookup": player, "predictions_generated": 4}))
        expect(answer.status == 204, "a completion", answer)


def crowd(world, server):
    """500 idle connections and 50 that dribble; the others do not notice."""
    idle = [world.enter_context(connect(server.url)) for _ in range(IDLE)]
    slow = [world.enter_context(connect(server.url, "POST /start HTTP/1.1\r\nHost: localhost\r\n"))
            for _ in range(SLOW // 2)]
    slow += [world.enter_context(connect(
        server.url, "POST /start HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n{"))
        for _ in range(SLOW - SLOW // 2)]
    opened = time.monotonic()
    client = server.client(timeout=ANSWER_SECONDS)
    for number in range(30):
        # On a busy machine this takes longer than they are given: who was answered 408 meanwhile
        # must not be written to, or the answer is lost.
        if time.monotonic() - opened < DRIBBLE_SECONDS:
            for connection in slow:
                connection.sendall(b"X")
        expect(client.get("/livez").status == 200, "/livez")
        answer = client.post("/start", {"game_date": GAME_DATE, "dataset_prefix": f"d{number}",
                                        "prediction_run_mode": "BACKFILL"})
        expect(answer.status == 202, "/start", answer)
    check(True, f"F48: with {IDLE} idle connections and {SLOW} slow ones, /livez and /start answer")
    big = server.client(timeout=ANSWER_SECONDS)
    try:
        status = big.post("/start", b" " * 10_000_000).status
    except (BrokenPipeError, ConnectionResetError):  # It had answered and closed before the end.
        status = int(read_answer(server.url, 10_000_000))
    check(status == 413, "a body of 10 MB is 413", status)
    return idle, slow


def read_answer(url, size):
    """The status for a body that is announced and not sent."""
    with connect(url, f"POST /start HTTP/1.1\r\nHost: localhost\r\n"
                      f"Content-Length: {size}\r\n\r\n") as connection:
        return read_all(connection).split(" ")[1]


def crowd_ends(idle, slow):
    answers = [read_all(connection).split("\r\n")[0] for connection in slow]
    check(all(" 408 " in answer for answer in answers), "the slow ones are answered 408", answers)
    idle[0].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    check(" 200 " in read_all(idle[0]), "the idle ones are still served")


def strangers(server):
    """A page of another site can reach a server on this machine: it gets nothing."""
    client = server.client()
    body = {"game_date": GAME_DATE}
    for headers in ({"Host": "tipoff.example.com"}, {"Host": "127.0.0.1.example.com:80"},
                    {"Origin": "https://evil.example.com"}, {"Origin": "null"}):
        for method, path in (("POST", "/start"), ("GET", "/v1/batches"), ("GET", "/status")):
            answer = client.call(method, path, body if method == "POST" else None, headers)
            expect(answer.status == 403, f"{method} {path} with {headers}", answer)
    check(True, "a foreign Host or Origin is 403")


def streams(server):
    client = server.client()
    batch = start(client, dataset="streams")
    requests = client.get(f"/v1/batches/{batch}/requests").json["requests"]
    players = [request["player_id"] for request in requests]
    stream = Stream(server.url, batch)
    first, data = stream.next()
    expect(data["batch_id"] == batch and data["version"] == first, "the first event", data)
    report(client, batch, players[:5])
    second, _ = stream.next()
    expect(second > first, "the second event", first, second)
    stream.close()
    report(client, batch, players[5:10])
    version = client.get(f"/v1/batches/{batch}").json["version"]
    stream = Stream(server.url, batch, last_seen=second)
    seen = []
    while not seen or seen[-1] < version:
        number, data = stream.next()
        seen += [entry["seq"] for entry in data["journal"]]
        expect(seen[-1] == number, "an event's journal ends with its id", number, seen)
    check(seen == list(range(second + 1, version + 1)),
          "a stream resumes after Last-Event-ID, without a gap and without a double", second, seen)
    expect(client.post(f"/v1/batches/{batch}:finish").status == 200, "finish")
    while event := stream.next():
        last = event[1]
    check(last["phase"] == "partial" and last["counts"]["succeeded"] == 10,
          "and ends after the terminal event", last)
    stream.close()


def stops(world, folder, server):
    """SIGTERM with streams, idle connections and half a request open."""
    client = server.client()
    batch = start(client, dataset="stops")
    streams_open = [Stream(server.url, batch) for _ in range(5)]
    for stream in streams_open:
        expect(stream.next() is not None, "an event")
    idle = [world.enter_context(connect(server.url)) for _ in range(20)]
    half = world.enter_context(connect(server.url, "POST /start HTTP/1.1\r\nHost: loc"))
    began = time.monotonic()
    server.terminate()
    code = server.wait()
    took = time.monotonic() - began
    check(code == 0 and took < 10, f"SIGTERM with streams and idle connections: exit 0, "
          f"{took:.1f} s", code, server.said())
    for stream in streams_open:
        while stream.next() is not None:
            pass
    check(True, "its streams end as streams do")
    expect(idle[0].recv(10) == b"" and half is not None, "idle connections are closed")
    again = world.server(folder, "--workers", "0")
    check(again.client().get(f"/v1/batches/{batch}").json["phase"] in
          ("accepted", "dispatching", "running"), "and the next server goes on with the batch")
    return again


def stops_at_once(world, folder):
    """SIGTERM while a batch is being sent."""
    codes = []
    for number in range(8):
        server = world.server(folder, "--workers", "0")
        start(server.client(), dataset=f"at-once-{number}")
        server.terminate()
        codes.append(server.wait())
    check(codes == [0] * len(codes), "SIGTERM right after a start: exit 0, every time", codes)


def roles(world, folder):
    """Every route by every role, as the description says who may what."""
    keys = {}
    for role in ROLES:
        made = tipoff(folder, "keys", "add", f"test-{role}", "--role", role, "-o", "json")
        expect(made.returncode == 0, "keys add", made.stderr)
        keys[role] = json.loads(made.stdout)["key"]
    server = world.server(folder, "--workers", "0", "--host", "0.0.0.0")
    url = server.url.replace("0.0.0.0", "127.0.0.1")
    client = Client(url)
    paths = client.get("/openapi.json").json["paths"]
    refused = allowed = 0
    for path, item in paths.items():
        real = path.replace("{id}", "batch_2025-01-01_1").replace("{game_date}", GAME_DATE)
        real = real.replace("{token}", "x")
        for method, operation in item.items():
            needed = operation.get("x-role")
            body = None if method == "get" else "[]"  # Refused, where it gets so far.

            def ask(headers):
                return client.call(method.upper(), real, body, headers).status

            if needed is None:
                expect(ask({}) not in (401, 403, 500), f"{method} {path} needs no key")
                continue
            expect(ask({}) == 401, f"F47: {method} {path} without a key")
            expect(ask({"X-API-Key": keys["operate"][:-1] + "~"}) == 401, f"{path} with a wrong key")
            expect(ask({"Authorization": "Bearer anything"}) == 401, f"{path} with any bearer")
            for role, rank in ROLES.items():
                for header in ({"X-API-Key": keys[role]},
                               {"Authorization": f"Bearer {keys[role]}"}):
                    status = ask(header)
                    may = rank >= ROLES[needed]
                    expect((status not in (401, 403)) if may else status == 403,
                           f"{method} {path} as {role}", status)
                    allowed, refused = allowed + may, refused + (not may)
    check(allowed and refused, f"roles: {allowed} calls allowed, {refused} refused, as described")
    key = keys["read"]
    expect(client.get(f"/v1/batches?key={key}").status == 401, "a key in the URL")
    expect(key.split("_")[2] not in server.said(), "no key in the log")
    check(True, "a key in the URL opens nothing, and no key is in the log")
    server.terminate()
    check(server.wait() == 0, "SIGTERM: exit 0")


def refused_start(world, why, code, *arguments, says, **how):
    program = world.program(*arguments, **how)
    got = program.wait()
    said = program.said()
    check(got in code and all(word in said for word in says), f"{why}: exit {got}", got, said)


def does_not_start(world, folder, server):
    empty = world.folder("empty")
    refused_start(world, "0.0.0.0 without a key", (78,), empty, "serve", "--port", "0",
                  "--host", "0.0.0.0", says=("0.0.0.0", "keys add"))
    port = server.url.rpartition(":")[2]
    refused_start(world, "a port that is taken", (78,), folder, "serve", "--port", port,
                  says=(port, "server.port"))
    # Root may write anywhere, so the program runs as somebody else.
    closed = world.folder("closed")
    shutil.copytree(folder, closed, ignore=shutil.ignore_patterns("processes", "*-shm", "*-wal"))
    os.chmod(os.path.dirname(closed), 0o755)
    for name in os.listdir(closed):
        os.chmod(os.path.join(closed, name), stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    os.chmod(closed, 0o555)
    who = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    refused_start(world, "a data folder that may not be written", (77, 78), closed, "serve",
                  "--port", "0", says=(closed,), **who)
    os.chmod(closed, 0o755)


def abuse(world):
    """the server withstands its clients, and does not start where it should not"""
    folder = world.demo()
    server = world.server(folder, "--workers", "0")
    idle, slow = crowd(world, server)
    with concurrent.futures.ThreadPoolExecutor(1) as beside:
        ends = beside.submit(crowd_ends, idle, slow)
        strangers(server)
        streams(server)
        does_not_start(world, folder, server)
        ends.result()
    server = stops(world, folder, server)
    server.terminate()
    expect(server.wait() == 0, "the next server ends")
    stops_at_once(world, folder)
    roles(world, folder)


run(abuse)
