"""The description of the API is well-formed, and the server keeps to it, route by route."""
import re

import jsonschema

from service import GAME_DATE, check, envelope, expect, run, tipoff, until

METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
PREDICTION = {"system": "mine", "predicted_points": 20.5, "spread": 5, "confidence": 0.5,
              "line": None, "recommendation": "NO_LINE", "model_version": "mine/1",
              "components": {"l5": 20.1}}
NO_BATCH = "batch_2025-01-01_1735689600"
NO_JSON = "{\"game_date\": "
FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date")(lambda text: not isinstance(text, str)
                       or re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None)
FORMATS.checks("date-time")(
    lambda text: not isinstance(text, str)
    or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text) is not None)


def references(node, where="#"):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield where, node["$ref"]
        for key, value in node.items():
            yield from references(value, f"{where}/{key}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from references(value, f"{where}/{number}")


class Description:
    def __init__(self, document):
        self.document = document
        self.schemas = document["components"]["schemas"]
        self.operations = {(method.upper(), path): operation
                           for path, item in document["paths"].items()
                           for method, operation in item.items()}
        self.resolver = jsonschema.RefResolver("", document)
        self.seen = {}  # (method, path) -> the statuses that it has answered.

    def check_form(self):
        document = self.document
        expect(re.fullmatch(r"3\.1\.\d+", document["openapi"]), "openapi", document["openapi"])
        expect(document["info"]["title"] and document["info"]["version"], "info")
        schemes = document["components"]["securitySchemes"]
        for scheme in schemes.values():
            expect(scheme["type"] in ("apiKey", "http"), "a security scheme", scheme)
        for (method, path), operation in self.operations.items():
            expect(path.startswith("/") and method.lower() in METHODS, "a path", method, path)
            self.check_operation(f"{method} {path}", path, operation)
            for needed in operation.get("security", []):
                expect(set(needed) <= set(schemes), "an unknown security scheme", needed)
        check(len(self.operations) > 30, f"its {len(self.operations)} operations are well-formed")
        broken = [ref for _, ref in references(document)
                  if not ref.startswith("#/components/schemas/")
                  or ref.rsplit("/", 1)[1] not in self.schemas]
        check(not broken, "every $ref leads somewhere", broken)
        unused = set(self.schemas) - {ref.rsplit("/", 1)[1] for _, ref in references(document)}
        check(not unused, "every schema is used", unused)
        for name, schema in self.schemas.items():
            try:
                jsonschema.Draft202012Validator.check_schema(schema)
            except jsonschema.SchemaError as error:
                expect(False, f"schema {name}", error.message)
        check(True, f"its {len(self.schemas)} schemas are schemas of JSON Schema 2020-12")

    def check_operation(self, name, path, operation):
        expect(operation["summary"], name, "no summary")
        parameters = operation.get("parameters", [])
        names = [(parameter["in"], parameter["name"]) for parameter in parameters]
        expect(len(set(names)) == len(names), name, "a parameter twice")
        for parameter in parameters:
            expect(parameter["in"] in ("path", "query", "header") and "schema" in parameter, name,
                   parameter)
        in_path = {parameter["name"] for parameter in parameters
                   if parameter["in"] == "path" and parameter.get("required") is True}
        expect(in_path == set(re.findall(r"\{(\w+)\}", path)), name, "path parameters", in_path)
        expect(operation["responses"], name, "no responses")
        for status, response in operation["responses"].items():
            expect(re.fullmatch(r"[1-5]\d\d|default", status), name, status)
            expect(response["description"], name, status, "no description")
            for media in response.get("content", {}).values():
                expect("schema" in media, name, status, "no schema")
        for media in operation.get("requestBody", {}).get("content", {}).values():
            expect("schema" in media, name, "no schema of the body")

    def validate(self, schema, value, where):
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver,
                                                    format_checker=FORMATS)
        problems = [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
                    for error in validator.iter_errors(value)]
        expect(not problems, where, "; ".join(problems), value)

    def valid(self, schema, value):
        return jsonschema.Draft202012Validator(schema, resolver=self.resolver).is_valid(value)

    def fields(self, schema, value):
        """The fields that a schema tells of for this object; None where it leaves them open."""
        if "$ref" in schema:
            return self.fields(self.schemas[schema["$ref"].rsplit("/", 1)[1]], value)
        known = dict(schema.get("properties", {}))
        parts = schema.get("allOf", []) + [part for part in schema.get("anyOf", [])
                                           if self.valid(part, value)]
        for part in parts:
            known |= self.fields(part, value) or {}
        return known or None

    def untold(self, schema, value, where=""):
        """Fields of an answer that its schema does not tell of."""
        if isinstance(value, dict):
            known = self.fields(schema, value)
            for name, inner in value.items() if known is not None else ():
                if name not in known:
                    yield f"{where}/{name}"
                else:
                    yield from self.untold(known[name], inner, f"{where}/{name}")
        elif isinstance(value, list):
            if "$ref" in schema:
                schema = self.schemas[schema["$ref"].rsplit("/", 1)[1]]
            for inner in value[:3]:
                yield from self.untold(schema.get("items", {}), inner, f"{where}[]")


class Caller:
    """Calls routes and holds every answer against what is described."""

    def __init__(self, description, client):
        self.description = description
        self.client = client

    def __call__(self, status, method, template, body=None, headers=None, query="", **params):
        path = template
        for name, value in params.items():
            path = path.replace("{" + name + "}", value)
        where = f"{method} {path}{query}"
        operation = self.description.operations[(method, template)]
        answer = self.client.call(method, path + query, body, headers)
        expect(answer.status == status, where, f"not {status}", body, answer)
        self.description.seen.setdefault((method, template), set()).add(status)
        expect(str(status) in operation["responses"], where, f"{status} is not declared", answer)
        self.check_body(where, operation["responses"][str(status)], answer)
        if status < 300 and "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            self.description.validate(schema, body if body is not None else {}, f"{where}: sent")
        return answer.json if "json" in answer.headers.get("content-type", "") else answer

    def check_body(self, where, response, answer):
        content = response.get("content", {})
        kind = answer.headers.get("content-type", "").split(";")[0]
        if not content:
            return expect(answer.text == "", where, "a body is not declared", answer)
        expect(kind in content, where, f"{kind} is not declared", answer)
        schema = content[kind]["schema"]
        if "json" not in kind:
            return self.description.validate(schema, answer.text, where)
        self.description.validate(schema, answer.json, where)
        untold = sorted(set(self.description.untold(schema, answer.json)))
        return expect(not untold, where, "fields that are not described", untold)

    def bad_bodies(self, method, template, **params):
        for body in (NO_JSON, "[]", "\xff"):
            self(400, method, template, body, **params)


def look(call):
    for path in ("/livez", "/health", "/readyz", "/ready", "/health/deep", "/metrics",
                 "/openapi.json", "/v1/workers", "/v1/coordinators", "/v1/quarantine",
                 "/v1/backlog", "/v1/audit"):
        call(200, "GET", path)
    page(call)
    call(200, "GET", "/v1/canaries")
    call(200, "GET", "/readyz", query="?canary=1")
    call(400, "GET", "/v1/canaries", query="?limit=0")
    told = call(200, "GET", "/v1/announcements", query="?state=sent&limit=1")["announcements"]
    call(400, "GET", "/v1/announcements", query="?state=lost")
    call(200, "POST", "/v1/announcements/{id}:resend", {"reason": "again"}, id=told[0]["id"])
    call(404, "POST", "/v1/announcements/{id}:resend", {}, id="nothing")
    bad_field = {"raeson": "x"}
    call(400, "POST", "/v1/announcements/{id}:resend", bad_field, id=told[0]["id"])
    call(200, "GET", "/v1/audit", query="?limit=1")
    for path in ("/v1/quarantine", "/v1/audit", "/v1/batches"):
        call(400, "GET", path, query="?limit=0")
    call(200, "GET", "/v1/batches", query="?limit=1&live=true&phase=running&date=TODAY")
    for query in ("phase=over", "date=2025-13-01", "live=perhaps", "older_than=5", "colour=red"):
        call(400, "GET", "/v1/batches", query=f"?{query}")
    call(200, "GET", "/v1/slots/{game_date}/predictions", game_date=GAME_DATE)
    call(200, "GET", "/v1/slots/{game_date}/predictions", game_date="2024-01-01")
    call(400, "GET", "/v1/slots/{game_date}/predictions", game_date="soon")
    call(400, "GET", "/v1/slots/{game_date}/predictions", game_date=GAME_DATE, query="?stat=points")
    for path in ("", "/requests", "/predictions", "/journal", "/events"):
        call(404, "GET", f"/v1/batches/{{id}}{path}", id=NO_BATCH)


def page(call):
    html = call(200, "GET", "/")
    call(304, "GET", "/", headers={"If-None-Match": html.headers["etag"]})
    script = re.search(r'src="/assets/([^"]+)"', html.text).group(1)
    call(200, "GET", "/assets/{name}", name=script)
    call(404, "GET", "/assets/{name}", name="nothing.js")
    expect(call(200, "GET", "/v1/session")["open"], "doors are open")
    call(401, "POST", "/v1/session", {"key": "tip_aaaaaaaa_wrong"})
    call(400, "POST", "/v1/session", {"key": "x"}, {"Idempotency-Key": "k"})
    call(400, "POST", "/v1/session", {"key": "x", "colour": 1})
    call.bad_bodies("POST", "/v1/session")
    call(204, "DELETE", "/v1/session")


def start(call):
    v1 = {"game_date": GAME_DATE, "run_mode": "FIRST", "min_minutes": 15, "dataset": "",
          "force": False, "use_multiple_lines": True, "skip_completeness_check": False,
          "correlation_id": "c", "parent_processor": "p",
          "policy": {"deadline": "30m", "stall_after": "5m", "stall_percent": 80,
                     "tolerance": "100% until 20m, 90% at deadline", "required_players": [],
                     "publishes_max": 3}}
    platform = {"game_date": GAME_DATE, "prediction_run_mode": "BACKFILL", "min_minutes": 15,
                "force": False, "correlation_id": "c", "parent_processor": "p",
                "dataset_prefix": "", "skip_completeness_check": False,
                "skip_postponement_check": True, "require_real_lines": False,
                "use_multiple_lines": False}
    batch = call(202, "POST", "/v1/batches", v1)["batch_id"]
    call(200, "POST", "/v1/batches", v1)
    call(409, "POST", "/start", platform)
    key = {"Idempotency-Key": "one"}
    again = platform | {"force": True, "correlation_id": "c2"}
    newest = call(202, "POST", "/start", again, key)["batch_id"]
    expect(call(202, "POST", "/start", again, key)["batch_id"] == newest, "the same answer again")
    call(422, "POST", "/start", platform, key)
    expect(call(200, "GET", "/v1/batches/{id}", id=batch)["superseded_by"] == newest, "superseded")
    off = {"game_date": "2026-07-15"}
    call(200, "POST", "/v1/batches", off)
    call(200, "POST", "/start", off | {"prediction_run_mode": "BACKFILL"})
    nobody = {"game_date": "2026-04-08", "min_minutes": 48}
    call(404, "POST", "/v1/batches", nobody, {"Idempotency-Key": "two"})
    call(422, "POST", "/v1/batches", v1, {"Idempotency-Key": "two"})
    call(404, "POST", "/start", {"game_date": "2026-04-08", "min_minutes": 48,
                                 "prediction_run_mode": "BACKFILL"})
    call.bad_bodies("POST", "/start")
    call.bad_bodies("POST", "/v1/batches")
    call(400, "POST", "/start", {"game_date": GAME_DATE})
    for bad in ({"min_minutes": 60}, {"run_mode": "NEVER"}, {"colour": 1}, {"policy": 5},
                {"policy": {"publishes_max": 0}}, {"policy": {"stall_percent": 101}},
                {"policy": {"deadline": "5"}}, {"force": "yes"}):
        call(400, "POST", "/v1/batches", {"game_date": GAME_DATE} | bad)
    return newest


def watch(call, batch):
    call(200, "GET", "/v1/batches")
    call(200, "GET", "/v1/batches/{id}", id=batch)
    call(200, "GET", "/v1/batches/{id}/requests", id=batch, query="?state=pending,published")
    page = call(200, "GET", "/v1/batches/{id}/requests", id=batch, query="?limit=5")
    call(200, "GET", "/v1/batches/{id}/requests", id=batch,
         query=f"?limit=500&cursor={page['next_cursor']}")
    call(400, "GET", "/v1/batches/{id}/requests", id=batch, query="?state=lost")
    call(200, "GET", "/v1/batches/{id}/journal", id=batch, query="?limit=1")
    call(400, "GET", "/v1/batches/{id}/journal", id=batch, query="?after=x")
    proof = call(200, "GET", "/v1/batches/{id}/journal:verify", id=batch)
    expect(proof["holds"], "the journal folds to what is stored", proof)
    call(404, "GET", "/v1/batches/{id}/journal:verify", id=NO_BATCH)
    call(400, "GET", "/v1/batches/{id}/events", id=batch, query="?last_event_id=x")
    call(200, "GET", "/status", query=f"?batch_id={batch}")
    call(200, "GET", "/status")
    call(404, "GET", "/status", query=f"?batch_id={NO_BATCH}")


def lease(call):
    order = {"worker": "w-1", "worker_version": "w/1", "group": "", "max": 8, "wait": "5s",
             "lease": "60s", "history": True}
    tokens = []

    def take():  # Those of the superseded batch are not handed out: some answers are empty.
        leases = call(200, "POST", "/v1/leases", order | {"max": 8 - len(tokens)})["leases"]
        tokens.extend(lease["token"] for lease in leases)
        return len(tokens) == 8

    until("eight leases", take)
    for bad in ({}, {"worker": "w", "max": 0}, {"worker": "w", "max": 201}, {"worker": ""},
                {"worker": "w", "wait": "5m"}, {"worker": "w", "lease": "1s"},
                {"worker": "w", "colour": 1}):
        call(400, "POST", "/v1/leases", bad)
    call.bad_bodies("POST", "/v1/leases")
    beat, complete, fail, release = (f"/v1/leases/{{token}}:{action}" for action in
                                     ("heartbeat", "complete", "fail", "release"))
    call(200, "POST", beat, {"lease": "60s"}, token=tokens[0])
    call(200, "POST", beat, token=tokens[0])
    call(400, "POST", beat, {"lease": "1h"}, token=tokens[0])
    done = {"predictions": [PREDICTION], "worker": "w-1", "worker_version": "w/1",
            "data_version": "d1"}
    settled = call(200, "POST", complete, done, token=tokens[0])
    expect(settled["state"] == "succeeded" and settled["predictions"] == 1, "settled", settled)
    call(200, "POST", complete, done, token=tokens[0])
    call(410, "POST", beat, {"lease": "60s"}, token=tokens[0])
    for bad in ({}, {"predictions": []}, {"predictions": [PREDICTION, PREDICTION]},
                {"predictions": [PREDICTION], "colour": 1},
                {"predictions": [PREDICTION | {"recommendation": "OVER"}]},
                {"predictions": [PREDICTION | {"predicted_points": -1}]},
                *({"predictions": [{name: value for name, value in PREDICTION.items()
                                    if name != missing}]}
                  for missing in ("system", "predicted_points", "spread", "confidence",
                                  "model_version"))):
        call(400, "POST", complete, bad, token=tokens[1])
    bare = {name: value for name, value in PREDICTION.items()
            if name not in ("line", "recommendation", "components")}
    call(200, "POST", complete, {"predictions": [bare]}, token=tokens[1])
    call(200, "POST", fail, {"kind": "skip", "reason": "PlayerOut", "worker": "w-2",
                             "worker_version": "w/2"}, token=tokens[2])
    call(200, "POST", fail, {"kind": "error", "reason": "bug"}, token=tokens[3])
    call(200, "POST", fail, {"kind": "transient"}, token=tokens[4])
    call(400, "POST", fail, {"kind": "skip"}, token=tokens[5])
    call(400, "POST", fail, {"kind": "whim", "reason": "r"}, token=tokens[5])
    call(200, "POST", release, token=tokens[5])
    for route in (complete, fail, beat):
        call.bad_bodies("POST", route, token=tokens[6])
    for route, body in ((beat, {}), (complete, done), (fail, {"kind": "transient"}),
                        (release, None)):
        call(400, "POST", route, body, token="no-token")


def push(call, batch):
    player = call(200, "GET", "/v1/batches/{id}/requests", id=batch,
                  query="?limit=1&state=published,leased")["requests"][0]["player_id"]
    call(204, "POST", "/complete", envelope({"batch_id": batch, "player_lookup": player,
                                             "predictions_generated": 3}))
    for route in ("/complete", "/predict"):
        call(204, "POST", route, envelope(b"\x00 no JSON"))
    pushed = call(200, "POST", "/v1/leases", {"worker": "w-3", "max": 1})["leases"][0]["request"]
    call(204, "POST", "/predict", envelope(pushed))

    def counted():
        requests = call(200, "GET", "/v1/batches/{id}/requests", id=batch)["requests"]
        return {request["player_id"]: request["state"]
                for request in requests}[pushed["player_lookup"]] in ("succeeded", "skipped")

    until("the pushed request is counted", counted)
    call(204, "POST", "/complete", envelope({"batch_id": NO_BATCH, "player_lookup": "x",
                                             "predictions_generated": 3}))
    expect(len(call(200, "GET", "/v1/quarantine")["messages"]) == 3, "three in quarantine")


def order(call, batch):
    one, action = "/v1/batches/{id}", "/v1/batches/{id}:"
    call(200, "PATCH", one, {"stall_after": "10m", "stall_percent": 90, "publishes_max": 4,
                             "tolerance": "95% at deadline", "required_players": [],
                             "reason": "r", "terminal_by": "2100-01-01T00:00:00Z"}
         | {"terminal_by": call(200, "GET", one, id=batch)["terminal_by"]}, id=batch)
    for bad in ({"colour": 1}, {"terminal_by": "2100-01-01T00:00:00Z"}, {"terminal_by": "soon"},
                {"required_players": ["nobody"]}, {"stall_percent": -1}):
        call(400, "PATCH", one, bad, id=batch)
    call.bad_bodies("PATCH", one, id=batch)
    call(404, "PATCH", one, {}, id=NO_BATCH)
    call(200, "POST", action + "check-stalled",
         {"reason": "r", "stall_after": "0s", "min_percent": 99.5}, id=batch)
    call(200, "POST", "/check-stalled", {"batch_id": batch, "stall_threshold_minutes": 15,
                                         "min_completion_pct": 95})
    call(200, "POST", "/check-stalled")
    call(400, "POST", "/check-stalled", {"stall_threshold_minutes": -1})
    call(404, "POST", "/check-stalled", {"batch_id": NO_BATCH})
    call(200, "POST", action + "finish", {"reason": "r"}, id=batch)
    call(409, "PATCH", one, {"stall_after": "10m"}, id=batch)
    until("its autopsy is written",
          lambda: call.client.call("GET", f"/v1/batches/{batch}/autopsy", None, None).status == 200)
    call(200, "GET", one + "/autopsy", id=batch)
    call(200, "GET", one + "/why", id=batch)
    call(400, "GET", one + "/why", id=batch, query="?at=yesterday")
    call(404, "GET", one + "/why", id=NO_BATCH)
    call(200, "GET", one + "/predictions", id=batch)
    call(200, "GET", one + "/requests", id=batch, query="?state=cancelled&limit=500")
    call(200, "GET", one + "/journal", id=batch)
    call(200, "GET", one + "/events", id=batch)
    call(200, "GET", "/status", query=f"?batch_id={batch}")
    call(200, "GET", "/status")
    call(200, "GET", "/v1/slots/{game_date}/predictions", game_date=GAME_DATE)
    for name in ("finish", "cancel", "clear", "check-stalled", "retry"):
        call.bad_bodies("POST", action + name, id=batch)
        call(400, "POST", action + name, {"colour": 1}, id=batch)
        call(404, "POST", action + name, {"reason": "r"}, id=NO_BATCH)


def begin(call):
    return call(202, "POST", "/v1/batches", {"game_date": GAME_DATE})["batch_id"]


def end(call, done):
    action = "/v1/batches/{id}:"
    for name in ("cancel", "clear"):
        batch = begin(call)
        call(200, "POST", action + name, {"reason": "r"}, id=batch)
        call(200, "POST", action + name, id=batch)
    call(400, "POST", "/reset", {})
    call(400, "POST", "/reset", {"game_date": "2025-02-30"})
    call(404, "POST", "/reset", {"game_date": GAME_DATE})
    call(404, "POST", "/reset", {"batch_id": NO_BATCH})
    call.bad_bodies("POST", "/reset")
    batch = begin(call)
    call(200, "POST", "/reset", {"game_date": GAME_DATE, "reason": "r"})
    other = call(202, "POST", "/v1/batches", {"game_date": GAME_DATE, "dataset": "other"})
    batch = begin(call)
    call(409, "POST", "/reset", {"game_date": GAME_DATE})
    call(200, "POST", "/reset", {"batch_id": batch})
    call(400, "POST", "/admin/clear-batch", {})
    call(404, "POST", "/admin/clear-batch", {"batch_id": NO_BATCH})
    call.bad_bodies("POST", "/admin/clear-batch")
    call(200, "POST", "/admin/clear-batch", {"batch_id": other["batch_id"], "reason": "r"})
    retry(call, action + "retry", done)


def retry(call, path, nothing_failed):
    batch = begin(call)
    player = call(200, "GET", "/v1/batches/{id}/requests", id=batch)["requests"][0]["player_id"]
    call(204, "POST", "/complete", envelope({"batch_id": batch, "player_lookup": player,
                                             "status": "failed", "reason": "bug"}))
    call(200, "POST", "/reset", {"batch_id": batch})
    live = begin(call)
    call(409, "POST", path, id=batch)
    call(200, "POST", "/reset", {"batch_id": live})
    child = call(202, "POST", path, {"reason": "again"}, id=batch)
    expect(child["retry_of"] == batch and child["counts"]["expected"] == 1, "a child", child)
    call(200, "POST", path, id=batch)
    call(200, "POST", "/reset", {"batch_id": child["batch_id"]})
    call(200, "POST", path, id=nothing_failed)


def sign_in(call, folder):
    made = tipoff(folder, "keys", "add", "page", "--role", "read")
    key = {"key": re.search(r"tip_\w+", made.stdout).group(0)}
    until("the key is known", lambda: call.client.post("/v1/session", key).status == 200)
    call(200, "POST", "/v1/session", key)


def check_refusals(description, client):
    """What no route takes is refused alike everywhere."""
    paths = description.document["paths"]
    for path, item in paths.items():
        real = path.replace("{id}", NO_BATCH).replace("{game_date}", GAME_DATE)
        real = real.replace("{token}", "x").replace("{name}", "x")
        answer = client.call("PUT", real)
        allowed = {method.upper() for method in item}
        expect(answer.status == 405 and answer.headers["content-type"].startswith(
            "application/problem+json"), real, answer)
        expect(allowed <= set(answer.headers["allow"].split(", ")), real, answer.headers)
    answer = client.get("/v2/batches")
    description.validate({"$ref": "#/components/schemas/Problem"}, answer.json, "/v2/batches")
    check(answer.status == 404, "other methods are 405 with Allow, other paths 404")


def openapi(world):
    """/openapi.json is OpenAPI 3.1, and every answer is as it says"""
    folder = world.demo()
    server = world.server(folder, "--workers", "0")
    client = server.client()
    description = Description(client.get("/openapi.json").json)
    description.check_form()
    call = Caller(description, client)
    look(call)
    batch = start(call)
    watch(call, batch)
    lease(call)
    push(call, batch)
    order(call, batch)
    end(call, batch)
    look(call)
    sign_in(call, folder)
    check(True, "every status that came, and every body, is as declared")
    missing = sorted(set(description.operations) - set(description.seen))
    check(not missing, "every operation was called", missing)
    without = sorted(name for name, seen in description.seen.items()
                     if not any(status < 300 for status in seen))
    check(not without, "every operation has answered well at least once", without)
    check_refusals(description, client)


run(openapi)
