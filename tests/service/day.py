"""A game day as the platform's schedulers, workers and tools drive it, on its own paths."""
import random

from service import GAME_DATE, check, envelope, expect, run, until

# What the platform's schedulers send, without a content type.
START = {"game_date": GAME_DATE, "prediction_run_mode": "BACKFILL", "min_minutes": 15,
         "correlation_id": "day-1", "parent_processor": "scheduler", "dataset_prefix": "",
         "skip_completeness_check": False, "require_real_lines": False}
PLAYERS = 202
PREDICTIONS = 804


def start(client, **changes):
    answer = client.post("/start", START | changes)
    expect(answer.status == 202, "a start", answer)
    return answer.json["batch_id"]


def progress(client, batch):
    answer = client.get(f"/status?batch_id={batch}")
    expect(answer.status == 200, "/status", answer)
    return answer.json["progress"] | {"status": answer.json["status"]}


def players_of(client, batch):
    answer = client.get(f"/v1/batches/{batch}/requests")
    expect(answer.status == 200, "the requests", answer)
    return [request["player_id"] for request in answer.json["requests"]]


class PlatformWorker:
    """Reports flat messages by push, as the platform's own worker does."""

    def __init__(self, client, batch):
        self.client = client
        self.batch = batch
        self.sent = 0

    def message(self, player, predictions):
        return {"player_lookup": player, "game_date": GAME_DATE, "batch_id": self.batch,
                "predictions_generated": predictions, "correlation_id": "day-1",
                "timestamp": "2026-04-10T16:00:00+00:00",
                "worker_instance": "prediction-worker-00042-abc"}

    def push(self, message):
        self.sent += 1
        answer = self.client.post("/complete", envelope(message, self.sent))
        expect(answer.status == 204, "a push is acknowledged", message, answer)

    def report(self, player, predictions):
        self.push(self.message(player, predictions))


def worked_by_tipoff(world, folder, client):
    print("a day worked by two worker processes")
    workers = [world.program(folder, "worker", "--threads", "1", "--held-max", "2", "--name", name)
               for name in ("left", "right")]
    until("both workers are seen", lambda: len(
        [worker for worker in client.get("/v1/workers").json["workers"]
         if worker["name"].startswith(("left", "right"))]) == 2)
    batch = start(client)
    until("complete", lambda: progress(client, batch)["status"] == "complete")
    end = progress(client, batch)
    check((end["expected"], end["completed"], end["failed"], end["remaining"]) ==
          (PLAYERS, PLAYERS, 0, 0) and end["is_complete"], "all are complete, none failed", end)
    check(end["total_predictions"] == PREDICTIONS, f"{PREDICTIONS} predictions", end)
    requests = client.get(f"/v1/batches/{batch}/requests").json["requests"]
    by = {side: sum(request["worker"].startswith(side) for request in requests)
          for side in ("left", "right")}
    check(sum(by.values()) == PLAYERS, f"left worked {by['left']}, right {by['right']} of them")
    published = client.get(f"/v1/slots/{GAME_DATE}/predictions").json
    check({row["batch_id"] for row in published["predictions"]} == {batch}
          and len(published["predictions"]) == PREDICTIONS, "and all are published")
    for worker in workers:
        worker.terminate()
    check([worker.wait() for worker in workers] == [0, 0], "told to stop, both workers exit 0")
    check(client.get("/status").json["status"] == "no_active_batch", "nothing is live any more")


def started_twice(client):
    print("a start and another one")
    answer = client.post("/start", START)
    started = answer.json
    check(answer.status == 202 and started["status"] == "started", "/start answers 202", answer)
    batch = started["batch_id"]
    check(batch.startswith(f"batch_{GAME_DATE}_"), "the batch's id begins as it always did", batch)
    check(started["total_requests"] == PLAYERS and started["game_date"] == GAME_DATE
          and started["summary"]["total_players"] == PLAYERS, "it tells how many", started)
    check(f"/status?batch_id={batch}" in started["monitor_url"], "and where to look")
    again = client.post("/start", START)
    check(again.status == 409 and again.json["status"] == "already_running"
          and again.json["batch_id"] == batch and again.json["progress"]["expected"] == PLAYERS,
          "a second /start answers 409 and names it", again)
    newest = client.get("/status").json
    check(newest["batch_id"] == batch and newest["status"] == "in_progress"
          and newest["progress"]["completed"] == 0, "/status without a batch finds it", newest)
    check(client.post("/start", START | {"prediction_run_mode": "FIRST"}).status == 400,
          "a date outside of the window needs BACKFILL")
    return batch


def worked_by_the_platform(client, batch):
    print("a day worked by the platform's worker, by push, with all that goes wrong")
    platform = PlatformWorker(client, batch)
    players = players_of(client, batch)
    expect(len(set(players)) == PLAYERS, "players", players)
    rng = random.Random(20260410)
    counts = {player: rng.choice([0, 25, 30, 35]) for player in players}
    deliveries = [player for player in players for _ in range(rng.choice([1, 1, 2, 5]))]
    rng.shuffle(deliveries)
    platform.push(b"no JSON at all")
    platform.push(b"\x00\xff\xfe")
    # Kept up to a length, which ends it within a character.
    platform.push({"batch_id": batch, "predictions_generated": 25, "note": "x" + "ć" * 5000})
    platform.push(platform.message(players[0], 25) | {"batch_id": "batch_2025-01-01_1735689600"})
    platform.push(platform.message("nobody-of-this-name", 25))
    check(progress(client, batch)["completed"] == 0,
          "malformed messages, an unknown batch and an unknown player count nothing")
    for player in deliveries:
        platform.report(player, counts[player])
    end = until("complete", lambda: (lambda now: now["status"] == "complete" and now)(
        progress(client, batch)))
    total = sum(counts.values())
    check((end["expected"], end["completed"], end["failed"], end["remaining"],
           end["total_predictions"]) == (PLAYERS, PLAYERS, 0, 0, total),
          f"{len(deliveries)} deliveries of {PLAYERS} completions in any order count "
          f"{PLAYERS} times", end)
    header = client.get(f"/v1/batches/{batch}").json
    skipped = sum(count == 0 for count in counts.values())
    check(header["phase"] == "succeeded" and header["counts"]["skipped"] == skipped
          and header["counts"]["succeeded"] == PLAYERS - skipped,
          "no predictions means skipped", header["counts"])
    platform.report(players[7], 99)
    after = client.get(f"/v1/batches/{batch}").json
    check((after["counts"], after["total_predictions"], after["ended_at"]) ==
          (header["counts"], total, header["ended_at"]), "one after the end changes nothing", after)
    reasons = [message["reason"] for message in client.get("/v1/quarantine").json["messages"]]
    check(len(reasons) == 5 and sum(message.count("batch_2025-01-01") for message in reasons) == 1,
          "what nobody could use lies in the quarantine, with its reason", reasons)


def stalls(client):
    print("the platform's ways to end a batch")
    batch = start(client)
    platform = PlatformWorker(client, batch)
    players = players_of(client, batch)
    cut = -(-PLAYERS * 92 // 100)
    for player in players[:cut]:
        platform.report(player, 30)
    answer = client.post("/check-stalled", {})
    check(answer.status == 200 and answer.json["batches_checked"] == 1
          and answer.json["batches_completed"] == 0
          and answer.json["results"][0]["action"] == "no_action",
          "/check-stalled leaves alone what moves", answer)
    answer = client.post("/check-stalled", {"batch_id": batch, "stall_threshold_minutes": 0,
                                            "min_completion_pct": 95})
    check(answer.json["results"][0]["action"] == "no_action", "and what is not done enough", answer)
    answer = client.post("/check-stalled", {"batch_id": batch, "stall_threshold_minutes": 0,
                                            "min_completion_pct": 90})
    result = answer.json["results"][0]
    check(answer.json["batches_completed"] == 1 and result["was_stalled"]
          and result["action"] == "completed_with_partial" and result["batch_id"] == batch,
          f"F28: {cut} of {PLAYERS} and no further event: it ends it", answer)
    end = progress(client, batch)
    check((end["status"], end["completed"], end["failed"]) == ("complete", cut, PLAYERS - cut),
          "partial, with exact counts", end)

    batch = start(client)
    platform = PlatformWorker(client, batch)
    for player in players[:10]:
        platform.report(player, 30)
    answer = client.post("/reset", {"game_date": GAME_DATE})
    check(answer.status == 200 and answer.json["batch_id"] == batch
          and answer.json["phase"] == "partial" and answer.json["progress"]["completed"] == 10,
          "/reset of a date ends its batch and keeps what has arrived", answer)
    answer = client.post("/reset", {"batch_id": batch})
    check(answer.status == 200 and answer.json["progress"]["completed"] == 10,
          "twice is as once", answer)
    expect(client.post("/reset", {"game_date": GAME_DATE}).status == 404, "no live batch: 404")

    batch = start(client)
    answer = client.post("/admin/clear-batch", {"batch_id": batch, "reason": "wrong slate"})
    check(answer.status == 200 and answer.json["phase"] == "cancelled"
          and answer.json["reason"] == "ClearedByOperator", "/admin/clear-batch cancels", answer)
    PlatformWorker(client, batch).report(players[0], 30)
    header = client.get(f"/v1/batches/{batch}").json
    check(header["phase"] == "cancelled" and header["total_predictions"] == 0
          and header["publication"] is None, "and what comes later changes nothing", header)
    check(client.get("/status?batch_id=batch_2025-01-01_1").status == 404,
          "/status of an unknown batch is 404")
    check(client.post("/start", START).status == 202, "after all of that, a start makes a batch")


def day(world):
    """a day of the platform, by the facts that its neighbours rely on"""
    folder = world.demo()
    server = world.server(folder, "--workers", "0")
    client = server.client()
    worked_by_tipoff(world, folder, client)
    worked_by_the_platform(client, started_twice(client))
    stalls(client)
    server.terminate()
    check(server.wait() == 0, "told to stop, the server exits 0", server.process.returncode,
          server.said())


run(day)
