"""Ends are told to receivers that verify, fail, hang and come back; canaries fly."""
import base64
import json
import os
import subprocess
import sys
import time

from service import GAME_DATE, Receiver, check, expect, run, tipoff, until

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "examples"))
from webhook_receiver import verify  # noqa: E402

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


def write_config(folder, receivers, more=""):
    signed = {name: receiver for name, receiver in receivers.items() if name != "chat"}
    text = "[announce]\nbus = true\ntimeout = \"2s\"\n"
    text += "webhooks = %s\n" % json.dumps([f"{n}={r.url}" for n, r in signed.items()])
    text += "webhook_secrets = %s\n" % json.dumps([f"{n}={SECRET}" for n in signed])
    text += "slack = %s\n" % json.dumps([f"chat={receivers['chat'].url}"])
    with open(os.path.join(folder, "tipoff.toml"), "w", encoding="utf-8") as file:
        file.write(text + more)


def start(client):
    answer = client.post("/v1/batches", {"game_date": GAME_DATE})
    expect(answer.status == 202, "a start", answer)
    return answer.json["batch_id"]


def states(client, batch):
    answer = client.get("/v1/announcements?limit=500")
    expect(answer.status == 200, "the announcements", answer)
    return {item["target"]: item for item in answer.json["announcements"]
            if item["batch_id"] == batch}


def announcements(world):
    folder = world.demo()
    receivers = {"ops": Receiver(), "down": Receiver(500), "slow": Receiver(0),
                 "gone": Receiver(410), "moved": Receiver(302), "chat": Receiver(200)}
    for receiver in receivers.values():
        world.callback(receiver.stop)
    write_config(folder, receivers)
    server = world.server(folder, "--workers", "2")
    client = server.client()
    batch = start(client)
    until("the end is announced", lambda: receivers["ops"].calls and receivers["chat"].calls)
    headers, body = receivers["ops"].calls[0]
    check(verify(SECRET, headers, body), "F37 the signature is right")
    check(not verify(SECRET, headers, body + b" "), "and is of these bytes alone")
    check(not verify(SECRET, headers, body, time.time() + 3600), "and of this hour")
    event = json.loads(body)
    check(event["specversion"] == "1.0" and event["type"] == "org.tipoff.batch.ended"
          and event["subject"] == batch and event["id"] == headers["webhook-id"],
          "the body is a CloudEvent of the batch", event)
    truth = client.get(f"/v1/batches/{batch}").json
    check(event["data"]["status"] == truth["status"] == "succeeded"
          and event["data"]["counts"] == truth["counts"], "it tells the truth", event)
    text = json.loads(receivers["chat"].calls[0][1])["text"]
    check(GAME_DATE in text and "succeeded" in text, "the channel reads it", text)
    until("the others are tried", lambda: len(receivers["down"].calls) >= 2
          and receivers["slow"].calls and receivers["gone"].calls and receivers["moved"].calls)
    known = until("each is judged", lambda: (lambda s: s if s["slow"]["tries"] > 0
                                             and s["gone"]["state"] == "dead" else None)(
                                                 states(client, batch)))
    check({target: item["state"] for target, item in known.items()}
          == {"ops": "sent", "chat": "sent", "log": "sent", "bus": "sent", "autopsy": "sent",
              "down": "pending", "slow": "pending", "gone": "dead", "moved": "pending"},
          "F37 sent, pending and dead are told apart", known)
    check("302" in known["moved"]["last_error"], "a redirect is not followed", known["moved"])
    check(len({call[0]["webhook-id"] for call in receivers["down"].calls}) == 1,
          "F26 every try has one id")
    metrics = client.get("/metrics").text
    check("tipoff_announcements_dead 1\n" in metrics and "tipoff_announcements_pending 3\n"
          in metrics, "metrics count them", metrics)
    doctor = tipoff(folder, "doctor")
    check("1 given up" in doctor.stdout, "doctor shows the dead letter", doctor.stdout)

    server.kill()
    for name in ("down", "slow", "gone"):
        receivers[name].status = 204
    receivers["slow"].over.set()
    server = world.server(folder, "--workers", "0")
    client = server.client()
    until("F26 what a killed coordinator left is sent by the next",
          lambda: states(client, batch)["down"]["state"] == "sent"
          and states(client, batch)["slow"]["state"] == "sent", 40)
    check(True, "F26 what a killed coordinator left is sent by the next")
    resent = tipoff(folder, "announcements", "resend", known["gone"]["id"], "--reason", "it is back")
    expect(resent.returncode == 0, "resend", resent.stderr)
    until("F37 a dead letter is sent by order",
          lambda: states(client, batch)["gone"]["state"] == "sent")
    check(verify(SECRET, *receivers["gone"].calls[-1]), "F37 a dead letter is sent by order")
    other = client.post("/start", {"game_date": GAME_DATE, "dataset_prefix": "bad",
                                   "prediction_run_mode": "BACKFILL"}).json["batch_id"]
    client.post(f"/v1/batches/{other}:finish", {"reason": "to see why"})
    until("a bad end is told", lambda: [1 for call in receivers["ops"].calls
                                        if other in call[1].decode()])
    event = [json.loads(call[1]) for call in receivers["ops"].calls if other in call[1].decode()][0]
    check(event["data"]["status"] == "failed" and event["data"]["autopsy"]["causes"],
          "a bad end says why", event)
    tested = tipoff(folder, "announcements", "test", "ops")
    check(tested.returncode == 0 and "ops answered 204" in tested.stdout, "a sample arrives",
          tested.stdout, tested.stderr)
    check(verify(SECRET, *receivers["ops"].calls[-1]), "and is signed")
    tested = tipoff(folder, "announcements", "test", "moved")
    check(tested.returncode == 1 and "not followed" in tested.stderr, "a bad receiver is told",
          tested.stderr)
    shown = tipoff(folder, "config")
    check(SECRET not in shown.stdout and receivers["chat"].url not in shown.stdout,
          "secrets and addresses are not shown")
    server.terminate()
    expect(server.wait() == 0, "an orderly stop", server.said())


def run_tells(world):
    folder = world.demo("run")
    receivers = {"ops": Receiver(), "chat": Receiver()}
    for receiver in receivers.values():
        world.callback(receiver.stop)
    write_config(folder, receivers)
    ran = tipoff(folder, "run", "--date", GAME_DATE, "-o", "json")
    expect(ran.returncode == 0, "run", ran.stderr)
    check(len(receivers["ops"].calls) == 1 and len(receivers["chat"].calls) == 1,
          "run tells the receivers before it ends")


def example(world):
    port = 19000 + os.getpid() % 1000
    process = subprocess.Popen(
        ["/usr/bin/python3", os.path.join(ROOT, "examples", "webhook_receiver.py"), str(port)],
        stdout=subprocess.PIPE, text=True, env=os.environ | {"WEBHOOK_SECRET": SECRET})
    world.callback(process.wait)
    world.callback(process.kill)
    folder = world.folder("example")
    os.makedirs(folder)

    class There:
        url = f"http://127.0.0.1:{port}/"

    write_config(folder, {"ops": There, "chat": There})
    until("the example listens",
          lambda: tipoff(folder, "announcements", "test", "ops").returncode == 0)
    line = process.stdout.readline()
    check("org.tipoff.batch.ended batch_sample partial" in line, "the example prints it", line)
    check(tipoff(folder, "announcements", "test", "chat").returncode == 1,
          "and refuses what is not signed")


def canaries(world):
    folder = world.demo("canary")
    with open(os.path.join(folder, "tipoff.toml"), "w", encoding="utf-8") as file:
        file.write('[canary]\nperiod = "1s"\ntimeout = "2s"\nlosses_max = 2\n')
    server = world.server(folder, "--workers", "0")
    client = server.client()

    def health():
        return client.get("/v1/canaries").json

    until("F12 without a worker the path is dead", lambda: health()["dead"], 30)
    check(health()["canaries"][0]["lost_after"] == "published",
          "F12 without a worker canaries are lost after the publish", health())
    check(client.get("/readyz").status == 200, "readiness leaves them out unless told")
    check(client.get("/readyz?canary=1").status == 503, "and says no if told")
    check(client.get("/health/deep").status == 503, "deep health says no")
    backlog = {topic["topic"]: topic for topic in client.get("/v1/backlog").json["topics"]}
    check(backlog["requests"]["waiting"] == 1, "one lies on the bus, no more", backlog)
    doctor = tipoff(folder, "doctor")
    check(doctor.returncode == 1 and "start a worker" in doctor.stdout, "doctor says what to do",
          doctor.stdout)
    worker = world.program(folder, "worker")
    until("a worker brings them back", lambda: health()["losses"] == 0, 30)
    check(health()["canaries"][-1]["id"] != "", "a worker brings them back")
    back = until("one is back", lambda: [c for c in health()["canaries"] if c["state"] == "back"])[0]
    check(back["sent_at"] <= back["worked_at"] <= back["counted_at"] and back["worker"],
          "each hop is kept", back)
    check(client.get("/readyz?canary=1").status == 200, "ready again")
    check("tipoff_canary_last_success_age_seconds" in client.get("/metrics").text, "measured")
    worker.kill()
    until("F13 a killed worker is noticed", lambda: health()["dead"], 40)
    check(True, "F13 a killed worker is noticed")
    check(client.get("/v1/quarantine").json["messages"] == [], "no canary is quarantined")


def webhook(world):
    """Ends are told to receivers that verify, fail, hang and come back; canaries fly."""
    announcements(world)
    run_tells(world)
    example(world)
    canaries(world)


run(webhook)
