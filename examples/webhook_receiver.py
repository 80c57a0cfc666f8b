#!/usr/bin/env python3
"""Receives tipoff's webhooks and verifies who sent them, as Standard Webhooks has it.

    export WEBHOOK_SECRET=whsec_...       # the same as in announce.webhook_secrets
    python3 webhook_receiver.py 9000

Prints one line for each announcement. The same one may come twice: its id says so. Answer within a
few seconds, with 2xx once it is kept, and do the work afterwards. Needs nothing but Python 3.
"""
import base64
import hashlib
import hmac
import http.server
import json
import os
import sys
import time

TOLERANCE_SECONDS = 300  # Older or younger ones may be somebody's recording.


def verify(secret, headers, body, now=None):
    """Whether who knows `secret` sent these bytes lately. `headers` maps lower-case names."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        sent_at = int(headers["webhook-timestamp"])
        signed = b".".join([headers["webhook-id"].encode(), str(sent_at).encode(), body])
        signatures = headers["webhook-signature"].split(" ")
    except (KeyError, ValueError):
        return False
    if abs((time.time() if now is None else now) - sent_at) > TOLERANCE_SECONDS:
        return False
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(right.encode(), given.encode()) for given in signatures)


class Receiver(http.server.BaseHTTPRequestHandler):
    seen = set()

    def do_POST(self):
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1 << 20))
        headers = {name.lower(): value for name, value in self.headers.items()}
        if not verify(os.environ["WEBHOOK_SECRET"], headers, body):
            return self.answer(401)
        event = json.loads(body)
        if event["id"] not in self.seen:
            self.seen.add(event["id"])
            data = event["data"]
            print(event["type"], event["subject"], data.get("status"), data.get("reason"),
                  "missing", data.get("missing", {}).get("count"), flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver).serve_forever()
