"""Firestore and Pub/Sub, as their official emulators: many processes, kills, deletions, pauses.

    cloud.py BINARY           what make test runs
    cloud.py BINARY large     10,000 requests; and each emulator stands still for half a minute
"""
import base64
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from league import GAME_DATE, PLAYERS, TEAMS, write_league
from service import Wrong, check, envelope, expect, run, tipoff, until

EMULATORS = pathlib.Path(__file__).resolve().parents[2] / "tools/emulators"
NOT_INSTALLED = 3
SKIPPED = 77
REQUESTS = "prediction-request-prod"
COMPLETIONS = "prediction-ready-prod"
DELIVERIES_MAX = 10  # Then a request is given up.
QUICK = {"TIPOFF_SWEEP_PERIOD": "500ms", "TIPOFF_SWEEP_LEASE": "3s", "TIPOFF_BATCH_STALL_AFTER": "8s",
         "TIPOFF_GCP_ACK_DEADLINE": "10s", "TIPOFF_WORKER_LEASE": "10s",
         "TIPOFF_BATCH_DEADLINE": "3m"}


class Cloud:
    """The emulators, a project of this test's own, and programs that use both."""

    def __init__(self, world, name="cloud", players_per_team=PLAYERS // TEAMS, beside=None,
                 **settings):
        """`beside`: another one, whose emulators are used."""
        self.world = world
        self.folder = beside.folder if beside else world.folder(f"{name}-emulators")
        hosts = beside.hosts if beside else self.start_emulators()
        self.hosts = hosts
        self.pubsub = hosts["PUBSUB_EMULATOR_HOST"]
        self.project = f"demo-{os.getpid()}-{time.time_ns()}"
        self.env = os.environ | hosts | QUICK | {
            "TIPOFF_PROFILE": "gcp", "GOOGLE_CLOUD_PROJECT": self.project} | settings
        self.data = world.folder(name)
        os.makedirs(self.data)
        self.cli("import", *write_league(self.data, players_per_team))
        self.cli("setup")

    def start_emulators(self):
        started = subprocess.run([EMULATORS, "start", self.folder], capture_output=True, text=True,
                                 timeout=120, check=False)
        if started.returncode == NOT_INSTALLED:
            print(f"SKIPPED: {started.stderr.strip() or started.stdout.strip()}")
            sys.exit(SKIPPED)
        expect(started.returncode == 0, "the emulators start", started.stderr)
        self.world.callback(subprocess.run, [EMULATORS, "stop", self.folder], capture_output=True)
        return dict(line.split("=", 1) for line in started.stdout.split())

    def cli(self, *arguments, exit_code=0):
        done = tipoff(self.data, *arguments, env=self.env)
        expect(done.returncode == exit_code, " ".join(arguments[:2]), done.stdout, done.stderr)
        return done.stdout

    def server(self, *more):
        return self.world.server(self.data, "--workers", "0", *more, env=self.env)

    def worker(self, *more):
        return self.world.program(self.data, "worker", "--threads", "1", *more, env=self.env)

    def rest(self, method, path, body=None):
        """Pub/Sub as a plain client has it."""
        request = urllib.request.Request(
            f"http://{self.pubsub}/v1/projects/{self.project}/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")

    def publish(self, topic, message):
        data = base64.b64encode(json.dumps(message).encode()).decode()
        self.rest("POST", f"topics/{topic}:publish", {"messages": [{"data": data}]})

    def pull(self, topic):
        """What lies on a topic's subscription: [(ack id, message)]."""
        answer = self.rest("POST", f"subscriptions/{topic}-subscription:pull",
                           {"maxMessages": 100, "returnImmediately": True})
        return [(one["ackId"], json.loads(base64.b64decode(one["message"]["data"])))
                for one in answer.get("receivedMessages", [])]

    def settle(self, topic, ack_ids, ack):
        verb, more = ("acknowledge", {}) if ack else ("modifyAckDeadline", {"ackDeadlineSeconds": 0})
        self.rest("POST", f"subscriptions/{topic}-subscription:{verb}", {"ackIds": ack_ids} | more)

    def stand_still(self, name, seconds):
        pid = int(pathlib.Path(self.folder, f"{name}.pid").read_text(encoding="ascii").split()[0])
        os.kill(pid, signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)


def start(client, dataset, players=PLAYERS):
    answer = client.post("/start", {"game_date": GAME_DATE, "dataset_prefix": dataset,
                                    "prediction_run_mode": "BACKFILL"})
    expect(answer.status == 202 and answer.json["total_requests"] == players, "/start", answer)
    return answer.json["batch_id"]


def batch_of(client, batch):
    answer = client.get(f"/v1/batches/{batch}")
    expect(answer.status == 200, "the batch", answer)
    return answer.json


def done_of(view):
    counts = view["counts"]
    return counts["succeeded"] + counts["skipped"] + counts["failed"]


def ended(client, batch, seconds=120):
    def look():
        view = batch_of(client, batch)
        return view if view["ended_at"] else None
    return until(f"{batch} has ended", look, seconds)


def counted_exactly(client, batch, view, players=PLAYERS):
    check((view["phase"], view["counts"]["succeeded"]) == ("succeeded", players),
          f"all {players} are counted, each once", view)
    seen, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/batches/{batch}/requests?limit=500" +
                          (f"&cursor={cursor}" if cursor else "")).json
        seen += [(row["player_id"], row["state"]) for row in page["requests"]]
        cursor = page.get("next_cursor")
    check(len(set(seen)) == players and {state for _, state in seen} == {"succeeded"},
          "and so say the rows", len(seen))


def killed_half_way(cloud):
    print("two coordinators and three workers; one of each is killed half-way")
    servers = [cloud.server(), cloud.server()]
    workers = [cloud.worker("--held-max", "10", "--name", f"w{n}") for n in range(3)]
    client = servers[1].client()
    batch = start(servers[0].client(), "killed")
    until("half-way", lambda: done_of(batch_of(client, batch)) >= PLAYERS // 4, 60)
    servers[0].kill()
    workers[0].kill()
    view = ended(client, batch)
    counted_exactly(client, batch, view)
    return servers[1], workers[1:]


def platform_completion(batch, player, predictions=25):
    return {"player_lookup": player, "game_date": GAME_DATE, "batch_id": batch,
            "predictions_generated": predictions, "correlation_id": "c",
            "timestamp": "2026-01-25T16:00:00+00:00", "worker_instance": "prediction-worker-00042"}


def F38_completions_at_once(cloud, clients, batch, players):
    """Completions of one batch at the same instant: half on the bus, half at two doors."""
    done = batch_of(clients[0], batch)["counts"]["succeeded"]
    for many in (2, 20, 40):
        now, players = players[:many], players[many:]
        gate, answers = threading.Barrier(many), []

        def complete(number, player, gate=gate, answers=answers):
            message = platform_completion(batch, player)
            gate.wait(20)
            if number % 2:
                cloud.publish(COMPLETIONS, message)
                answers.append(204)
            else:
                client = clients[number // 2 % len(clients)].another()
                answers.append(client.post("/complete", envelope(message, number)).status)
                client.close()

        threads = [threading.Thread(target=complete, args=pair) for pair in enumerate(now)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        expect(answers == [204] * many, "all are taken", answers)
        done += many
        until(f"{many} are counted", lambda done=done: batch_of(clients[0], batch)[
            "counts"]["succeeded"] >= done, 30)
        view = batch_of(clients[1], batch)
        check((view["counts"]["succeeded"], view["total_predictions"]) == (done, 25 * done),
              f"F38: of {many} completions at once none is lost, none counted twice", view)


def F16_dead_letters_come_back(cloud):
    print("a request that no worker can work")
    server = cloud.server()
    client = server.client()
    batch = start(client, "dead", TEAMS)
    held = []

    def all_held():
        held.extend(cloud.pull(REQUESTS))
        return len(held) == TEAMS
    until("each request is delivered", all_held, 30)
    (dead_id, dead), *others = held
    for _, message in others:
        cloud.publish(COMPLETIONS, platform_completion(batch, message["player_lookup"]))
    cloud.settle(REQUESTS, [ack_id for ack_id, _ in others], True)
    deliveries = 1
    while True:
        cloud.settle(REQUESTS, [dead_id], False)
        if deliveries == DELIVERIES_MAX:
            break
        again = until("it is delivered again", lambda: cloud.pull(REQUESTS), 20)
        expect([message["player_lookup"] for _, message in again] == [dead["player_lookup"]],
               "nothing else is", again)
        dead_id = again[0][0]
        deliveries += 1

    def given_up():  # The emulator gives a message up when somebody pulls, as workers always do.
        expect(not cloud.pull(REQUESTS), "it comes no more")
        view = batch_of(client, batch)
        return view if view["ended_at"] else None
    view = until("the batch has ended", given_up, 60)
    check((view["phase"], view["counts"]["succeeded"], view["counts"]["failed"])
          == ("partial", TEAMS - 1, 1), "given up by Pub/Sub, it is back in its batch as failed", view)
    failed, = client.get(f"/v1/batches/{batch}/requests?state=failed").json["requests"]
    check(failed["player_id"] == dead["player_lookup"] and "DeadLetter" in failed["reason"],
          "with the reason, and the player's name", failed)
    server.terminate()
    check(server.wait() == 0, "told to stop, the server exits 0", server.said())


def as_configured(cloud):
    print("what setup makes is what is configured")
    group = cloud.rest("GET", f"subscriptions/{REQUESTS}-gpu-subscription")
    check("deadLetterPolicy" in group and "retryPolicy" not in group
          and group["messageRetentionDuration"] == "86400s",
          "a group's subscription: its dead letters, no retry policy, a day", group)
    pushed = tipoff(cloud.data, "doctor", env=cloud.env | {
        "TIPOFF_GCP_REQUESTS_PUSH_ENDPOINT": "https://worker.example.com/predict"})
    check("and 30s is needed" in pushed.stdout,
          "doctor: where requests are pushed, the ack deadline must outlast a history's load",
          pushed.stdout)
    pulled = tipoff(cloud.data, "doctor", env=cloud.env)
    check("is needed" not in pulled.stdout, "where they are pulled, workers hold on to them",
          pulled.stdout)


def others_take_part(cloud, client, workers):
    print("a plain publisher, and a worker that knows only the platform's completion")
    for worker in workers:
        worker.terminate()
        check(worker.wait() == 0, "told to stop, a worker exits 0", worker.said())
    batch = start(client, "platform")
    until("published", lambda: batch_of(client, batch)["open"]["pending"] == 0, 30)
    rows = client.get(f"/v1/batches/{batch}/requests?limit=500").json["requests"]
    for row in rows[:2]:
        cloud.publish(COMPLETIONS, platform_completion(batch, row["player_id"]))
    until("two are counted", lambda: batch_of(client, batch)["counts"]["succeeded"] == 2, 30)
    check(batch_of(client, batch)["total_predictions"] == 50, "what the platform's worker reports counts")
    second = cloud.server()
    F38_completions_at_once(cloud, [client, second.client()], batch, [row["player_id"] for row in rows[3:]])
    second.kill()
    cloud.publish(REQUESTS, {"player_lookup": rows[2]["player_id"], "game_date": GAME_DATE,
                             "batch_id": batch, "game_id": rows[2]["game_id"], "line_values": [None]})
    workers = [cloud.worker("--name", "late")]
    view = ended(client, batch)
    check(view["counts"]["succeeded"] == PLAYERS, "a plain client's message is worked", view)
    return workers


def F20_subscription_and_topic_deleted(cloud, client):
    print("F20: the workers' subscription is deleted, then its topic")
    cloud.rest("DELETE", f"subscriptions/{REQUESTS}-subscription")
    batch = start(client, "deleted")
    until("why names the subscription", lambda: "subscription" in json.dumps(
        client.get(f"/v1/batches/{batch}/why").json["layer"]), 40)
    told = cloud.cli("doctor", exit_code=1)
    check(f"{REQUESTS}-subscription" in told and "FAIL" in told, "doctor names the piece")
    cloud.cli("setup")
    check(ended(client, batch)["phase"] == "succeeded", "made anew, the batch goes on and ends well")
    cloud.rest("DELETE", f"topics/{REQUESTS}")
    told = cloud.cli("doctor", exit_code=1)
    check(f"topic {REQUESTS}" in told and "FAIL" in told, "doctor names the topic", told)
    cloud.cli("setup")
    batch = start(client, "topic")
    check(ended(client, batch)["phase"] == "succeeded", "a topic made anew serves, too")


def many(world):
    cloud = Cloud(world, "many", 334)
    players = 334 * TEAMS
    server = cloud.server()
    for n in range(2):
        cloud.worker("--name", f"w{n}")
    client = server.client()
    print(f"{players} requests")
    batch = start(client, "many", players)
    counted_exactly(client, batch, ended(client, batch, 170), players)


def standing_still(world):
    cloud = Cloud(world, "still")
    server = cloud.server()
    for n in range(2):
        cloud.worker("--held-max", "10", "--name", f"w{n}")
    client = server.client()
    for name in ("firestore", "pubsub"):
        print(f"{name} stands still for 30 s in the middle")
        batch = start(client, name)
        until("some are done", lambda batch=batch: done_of(batch_of(client, batch)) >= 20, 60)
        cloud.stand_still(name, 30)
        counted_exactly(client, batch, ended(client, batch, 170))


def cloud(world):
    """Many processes on Firestore and Pub/Sub, as their emulators have it."""
    if sys.argv[2:] == ["large"]:
        many(world)
        standing_still(world)
        return
    if sys.argv[2:]:
        raise Wrong(f"there is no '{sys.argv[2]}', only: large")
    parts = Cloud(world)
    server, workers = killed_half_way(parts)
    workers = others_take_part(parts, server.client(), workers)
    F20_subscription_and_topic_deleted(parts, server.client())
    server.terminate()
    check(server.wait() == 0, "told to stop, the server exits 0", server.said())
    # Pub/Sub's own pauses between deliveries would make it a minute.
    parts = Cloud(world, "dead", 1, parts, TIPOFF_GCP_RETRY_MIN="0s", TIPOFF_GCP_RETRY_MAX="0s",
                  TIPOFF_GCP_RETENTION="1d", TIPOFF_START_GROUPS="gpu")
    as_configured(parts)
    del parts.env["TIPOFF_START_GROUPS"]  # Nobody works for the group.
    F16_dead_letters_come_back(parts)


if __name__ == "__main__":
    run(cloud)
