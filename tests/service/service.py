"""The release binary, run and called from outside as its users do. Shared by the tests beside it.

Each test is a script: it gets the binary's path as its argument, says what it has checked, and
ends with 1 at the first thing that is not so.
"""
import base64
import contextlib
import http.client
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

BINARY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/release/tipoff")
# The demo league's next game day, and what predicting it makes.
GAME_DATE = "2026-04-10"


class Wrong(Exception):
    """What was checked is not so."""


def check(so, what, *details):
    """Says that `what` is so, or ends the test."""
    if not so:
        raise Wrong(": ".join([what] + [str(detail)[:2000] for detail in details]))
    print(f"  ok  {what}", flush=True)


def expect(so, what, *details):
    """As check, without a word where it is so: for what is checked many times."""
    if not so:
        raise Wrong(": ".join([what] + [str(detail)[:2000] for detail in details]))


def until(what, probe, seconds=20):
    """Asks `probe` until it answers something true, and returns that."""
    give_up = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > give_up:
            raise Wrong(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.text = response.read().decode()

    @property
    def json(self):
        return json.loads(self.text)

    def __str__(self):
        return f"{self.status} {self.text}"


class Client:
    """One keep-alive connection."""

    def __init__(self, url, headers=None, timeout=20):
        self.url = url
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
        self.headers = headers or {}

    def call(self, method, path, body=None, headers=None):
        """`body` is text, bytes, or something that becomes JSON, sent without a content type."""
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.connection.request(method, path, body, self.headers | (headers or {}))
        return Answer(self.connection.getresponse())

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, body, **more)

    def another(self):
        """Another connection to the same server."""
        return Client(self.url, self.headers, self.connection.timeout)

    def close(self):
        self.connection.close()


class Program:
    """A running tipoff. Its stdout is read line by line; its stderr goes to a file."""

    def __init__(self, folder, *arguments, **how):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [BINARY, "--data", folder, *arguments], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.log, text=True, **how)
        self.lines = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def wait(self, seconds=20):
        """Its exit code."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Wrong(f"it did not end within {seconds} s", self.said()) from None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.log.close()


class Server(Program):
    """`tipoff serve`, ready to be called."""

    def __init__(self, folder, *arguments, **how):
        super().__init__(folder, "serve", "--port", "0", *arguments, **how)

        def listening():
            if self.process.poll() is not None:
                raise Wrong("serve ended", self.process.returncode, self.said())
            return [line for line in self.lines if line.startswith("listening on http://")]

        self.url = until("listening", listening)[0].removeprefix("listening on ")

    def client(self, **more):
        return Client(self.url, **more)


class Receiver:
    """Answers each call with `status`, and keeps what came. 0: it never answers."""

    def __init__(self, status=204):
        self.status = status
        self.calls = []
        self.over = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # Who sent it died meanwhile.
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.calls.append((headers, body))
                if outer.status == 0:
                    outer.over.wait(60)
                    return
                with contextlib.suppress(OSError):  # Who asked may have died.
                    self.answer()

            def answer(self):
                self.send_response(outer.status)
                if outer.status == 302:
                    self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.send_header("content-length", "15")
                self.end_headers()
                self.wfile.write(b'{"status":"ok"}')

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


def tipoff(folder, *arguments, **how):
    """Runs a command to its end."""
    return subprocess.run([BINARY, "--data", folder, *arguments], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL, check=False, **how)


class World(contextlib.ExitStack):
    """A temporary folder, and programs that end with the test."""

    def folder(self, name="data"):
        if not hasattr(self, "root"):
            self.root = tempfile.mkdtemp(prefix="tipoff-service-")
            self.callback(shutil.rmtree, self.root, True)
        return os.path.join(self.root, name)

    def demo(self, name="data"):
        """A data folder with the demo league. Its next game day has been predicted once."""
        folder = self.folder(name)
        made = tipoff(folder, "demo", "-o", "json")
        expect(made.returncode == 0, "the demo", made.stderr)
        expect(json.loads(made.stdout)["game_date"] == GAME_DATE, "the demo's day", made.stdout)
        return folder

    def program(self, *arguments, **how):
        program = Program(*arguments, **how)
        self.callback(program.kill)
        return program

    def server(self, *arguments, **how):
        server = Server(*arguments, **how)
        self.callback(server.kill)
        return server


def envelope(message, number=1):
    """A message as Pub/Sub pushes it. `message` is bytes, or something that becomes JSON."""
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    return {
        "message": {"data": base64.b64encode(data).decode(), "messageId": str(number),
                    "attributes": {}, "publishTime": "2026-01-28T23:10:15.123Z"},
        "subscription": "projects/nba/subscriptions/prediction-ready-prod",
    }


def run(test):
    """Runs the script's one function with a World."""
    name = os.path.basename(sys.argv[0])
    print(f"{name}: {test.__doc__.strip()}", flush=True)
    began = time.monotonic()
    try:
        with World() as world:
            test(world)
    except Wrong as wrong:
        print(f"WRONG  {wrong}", flush=True)
        sys.exit(1)
    print(f"{name}: all of it is so ({time.monotonic() - began:.1f} s)", flush=True)
