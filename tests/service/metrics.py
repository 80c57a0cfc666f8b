"""/metrics is what Prometheus reads; it scrapes a running server, and its alert on a stuck batch fires."""
import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request

from service import GAME_DATE, check, expect, run, until

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy")
SKIPPED = 77


def check_text(text):
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                             text=True, check=False)
    expect(checked.returncode == 0, "promtool check metrics", checked.stdout + checked.stderr)
    check("batch_20" not in text and not re.search(r"batch_id|batch=", text),
          "promtool finds nothing wrong, and no batch is a label")


def check_board(text):
    with open(os.path.join(DEPLOY, "grafana", "tipoff.json"), encoding="utf-8") as file:
        board = json.load(file)
    with open(os.path.join(DEPLOY, "alerts.yml"), encoding="utf-8") as file:
        wanted = json.dumps(board) + file.read()
    known = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    # Told once a canary has flown.
    known |= {name for name in re.findall(r"\btipoff_canary\w+", wanted)}
    unknown = sorted({re.sub(r"_(bucket|sum|count)$", "", name)
                      for name in re.findall(r"\btipoff_\w+", wanted)} - known)
    check(not unknown, "board and alerts ask only for what is told", unknown)


def check_rules():
    tested = subprocess.run(["promtool", "test", "rules", os.path.join(DEPLOY, "alerts_test.yml")],
                            capture_output=True, text=True, check=False)
    check(tested.returncode == 0, "the alert rules do what their test says",
          tested.stdout + tested.stderr)


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quick_rules(folder):
    """The project's own rules, without the minute that an alert waits."""
    with open(os.path.join(DEPLOY, "alerts.yml"), encoding="utf-8") as file:
        rules = re.sub(r"for: \d+m", "for: 1s", file.read())
    path = os.path.join(folder, "alerts.yml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(rules)
    return path


def prometheus(world, folder, target):
    os.makedirs(folder)
    config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
              "rule_files": [quick_rules(folder)],
              "scrape_configs": [{"job_name": "tipoff", "static_configs": [{"targets": [target]}]}]}
    with open(os.path.join(folder, "prometheus.yml"), "w", encoding="utf-8") as file:
        json.dump(config, file)
    port = free_port()
    process = subprocess.Popen(
        ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    world.callback(lambda: (process.kill(), process.wait()))
    return f"http://127.0.0.1:{port}"


def ask(url, path):
    try:
        with urllib.request.urlopen(url + path, timeout=5) as answer:
            return json.load(answer)["data"]
    except OSError:
        return {}


def value(url, query):
    found = ask(url, "/api/v1/query?query=" + urllib.parse.quote(query)).get("result", [])
    return float(found[0]["value"][1]) if found else None


def firing(url):
    alerts = ask(url, "/api/v1/alerts").get("alerts", [])
    return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}


def metrics(world):
    """Prometheus scrapes a running server, and says so when a batch is stuck"""
    folder = world.demo()
    server = world.server(folder, "--workers", "0")
    client = server.client()
    text = client.get("/metrics").text
    check_text(text)
    check_board(text)
    check_rules()
    url = prometheus(world, world.folder("prometheus"), server.url.removeprefix("http://"))
    until("it scrapes", lambda: value(url, "up") == 1, 60)
    check(value(url, "max(tipoff_live_batches)") == 0, "Prometheus scrapes the server")
    check("TipoffBatchStuck" not in firing(url), "while nothing is stuck no alert says so")
    batch = client.post("/v1/batches", {"game_date": GAME_DATE,
                                        "policy": {"stall_after": "1s"}}).json["batch_id"]
    until("the alert fires", lambda: "TipoffBatchStuck" in firing(url), 60)
    check(True, "a batch without workers fires TipoffBatchStuck")
    client.post(f"/v1/batches/{batch}:cancel", {"reason": "r"})
    until("it is over", lambda: "TipoffBatchStuck" not in firing(url), 60)
    check(True, "which is over when the batch has ended")


if not shutil.which("prometheus") or not shutil.which("promtool"):
    print("SKIPPED: prometheus is not installed: apt-get install prometheus")
    sys.exit(SKIPPED)
run(metrics)
