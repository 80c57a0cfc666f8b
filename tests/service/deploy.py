"""What deploy/ says, held against the binary: its files parse, its flags and variables are real, its
probes are answered, and the image has the libraries that the binary is linked with.

No container is built and nothing is deployed here.
"""
import os
import pathlib
import re
import shlex
import stat
import subprocess

import yaml

from service import BINARY, Client, check, expect, run, tipoff, until

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
# In every image of Debian; and what the binary reads, but is not linked with.
ALWAYS_THERE = {"libc6", "libgcc-s1"}
READ_ONLY = {"ca-certificates", "tzdata"}
# What stands for an operator's own names. In an address, as the tests' answer to it.
NAMES = {"PROJECT": "nba-project", "REGION": "us-east1", "VERSION": "1", "BUCKET": "box-scores",
         "HOST": "tipoff-coordinator-xyz.a.run.app"}
# Variables of the image's own, not settings.
OF_THE_IMAGE = {"HISTORY_FROM"}


def service_of(name):
    text = (DEPLOY / "cloudrun" / name).read_text(encoding="utf-8")
    for placeholder, ours in NAMES.items():
        text = re.sub(rf"\b{placeholder}\b", ours, text)
    service = yaml.safe_load(text)
    container, = service["spec"]["template"]["spec"]["containers"]
    return service, container


def environment_of(container):
    return {entry["name"]: entry.get("value", "a-secret") for entry in container["env"]}


def plain_environment():
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("TIPOFF_", "GOOGLE_", "FIRESTORE_", "PUBSUB_"))}


def docker_command(instruction):
    """The JSON form of an instruction, as a list."""
    found = re.search(rf"^{instruction}\b.*?(\[.*?\])$", DOCKERFILE, re.M | re.S)
    return yaml.safe_load(found[1])


def packages_needed():
    """Debian's packages of the libraries that the binary itself names."""
    told = subprocess.run(["readelf", "-d", BINARY], capture_output=True, text=True, check=True)
    found = subprocess.run(["ldd", BINARY], capture_output=True, text=True, check=True)
    packages = set()
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", told.stdout):
        path = re.search(rf"{re.escape(library)} => (\S+)", found.stdout)[1]
        # Debian's own record may have it without /usr.
        owner = subprocess.run(["dpkg-query", "--search", "*" + path.removeprefix("/usr")],
                               capture_output=True, text=True, check=False).stdout
        names = {line.split(":")[0] for line in owner.splitlines() if "-dev:" not in line}
        expect(names, f"a package has {library}", owner)
        packages |= names
    return packages


def the_image(_):
    print("the image")
    listed = re.search(r"apt-get install -y --no-install-recommends \\\n(.*?)&&", DOCKERFILE, re.S)
    listed = set(re.findall(r"[\w.+-]+", listed[1].replace("\\", " ")))
    needed = packages_needed() - ALWAYS_THERE
    check(listed - READ_ONLY == needed, "has the packages that the binary is linked with, no others",
          f"too many: {sorted(listed - READ_ONLY - needed)}; missing: {sorted(needed - listed)}")
    check(READ_ONLY <= listed, "and what it reads")
    check(re.search(r"^USER (?!0|root)", DOCKERFILE, re.M), "does not run as root")
    for copied in re.findall(r"^COPY (?!--from)(?:--\S+ )?(\S+(?: \S+)*) \S+$", DOCKERFILE, re.M):
        for source in copied.split():
            expect((DEPLOY.parent / source).exists(), f"what is copied exists: {source}")


def the_entrypoint(world):
    print("the entry point")
    folder = pathlib.Path(world.folder("entry"))
    (folder / "bin").mkdir(parents=True)
    (folder / "mounted").mkdir()
    (folder / "bin/tipoff").symlink_to(BINARY)
    env = plain_environment() | {"PATH": f"{folder}/bin:{os.environ['PATH']}",
                                 "TIPOFF_DATA": str(folder / "data"),
                                 "HISTORY_FROM": str(folder / "mounted")}

    def enter(*arguments):
        return subprocess.run([DEPLOY / "entrypoint", *arguments], env=env, capture_output=True,
                              text=True, timeout=60, check=False)

    refused = enter("config")
    check(refused.returncode == 78 and "history.db" in refused.stderr,
          "says so where the box scores are to be copied and are not there", refused.stderr)
    demo = world.demo("entry-demo")
    (folder / "mounted/history.db").write_bytes(pathlib.Path(demo, "history.db").read_bytes())
    ran = enter("grade", "--from", "2026-04-01", "--to", "2026-04-02", "-o", "csv")
    check(ran.returncode == 0 and ran.stdout.count("ensemble") > 10,
          "copies them, and becomes tipoff with its arguments", ran.stdout, ran.stderr)


def settings_are_real(name, container):
    env = {key: value for key, value in environment_of(container).items()
           if key not in OF_THE_IMAGE}
    shown = subprocess.run([BINARY, "config", "-o", "json"], env=plain_environment() | env,
                           capture_output=True, text=True, timeout=60, check=False)
    check(shown.returncode == 0, f"{name}: its variables are settings, and may stand together",
          shown.stderr)
    wrong = subprocess.run([BINARY, "config"], env=plain_environment() | env | {"TIPOFF_NO_SUCH": "1"},
                           capture_output=True, text=True, timeout=60, check=False)
    expect(wrong.returncode == 78, "one that is none would have been refused", wrong.stderr)
    return env


def always_at_work(name, service, container):
    annotations = service["spec"]["template"]["metadata"]["annotations"]
    check(annotations["run.googleapis.com/cpu-throttling"] == "false"
          and int(annotations["autoscaling.knative.dev/minScale"]) >= 1,
          f"{name}: CPU is always allocated, and one instance at least is there")
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    expect(environment_of(container)["HISTORY_FROM"] in mounts, "the box scores are mounted")


def probed(container, port):
    """The probes of a container, asked where it really listens."""
    client = Client(f"http://127.0.0.1:{port}", timeout=5)
    ports = {container["ports"][0]["containerPort"]}
    for kind in ("startupProbe", "livenessProbe"):
        probe = container[kind]["httpGet"]
        ports.add(probe["port"])
        answer = client.get(probe["path"])
        check(answer.status == 200, f"{kind} GET {probe['path']} is answered 200", answer)
    check(len(ports) == 1, "the port is the same everywhere", ports)
    return str(ports.pop())


def the_coordinator(world):
    print("the coordinator's service")
    service, container = service_of("coordinator.yaml")
    env = settings_are_real("coordinator.yaml", container)
    always_at_work("coordinator.yaml", service, container)
    arguments = container["args"]
    env |= {"TIPOFF_PROFILE": "embedded"}
    local = [("0" if before == "--port" else given)
             for before, given in zip([""] + arguments, arguments)]
    expect(local[0] == "serve", "it serves", local)
    program = world.program(world.demo("coordinator"), *local, env=plain_environment() | env)
    line = until("listening", lambda: [line for line in program.lines if "listening" in line])[0]
    port = line.rpartition(":")[2]
    said = probed(container, port)
    check(arguments[arguments.index("--port") + 1] == said, "it listens where it is probed")
    check(docker_command("CMD") == [given for given in arguments if given not in ("--workers", "0")],
          "the image's own command differs in its workers only")
    healthy = [given.replace(":8080", f":{port}") for given in docker_command("HEALTHCHECK")]
    expect(healthy[0] == "tipoff", "the health check is the binary's own", healthy)

    def health():
        return subprocess.run([BINARY, *healthy[1:]], capture_output=True, text=True, timeout=20,
                              env=plain_environment() | {"TIPOFF_DATA": "/var/lib/tipoff"},
                              check=False)

    check(health().returncode == 0, "the health check finds it alive", health().stderr)
    program.terminate()
    check(program.wait() == 0, "told to stop, it exits 0", program.said())
    check(health().returncode == 1, "and then it does not")


def the_workers(world):
    print("the workers' service")
    service, container = service_of("worker.yaml")
    env = settings_are_real("worker.yaml", container)
    always_at_work("worker.yaml", service, container)
    arguments = container["args"]
    expect(arguments[0] == "worker", "it works", arguments)
    local = [("0" if before == "--health-port" else given)
             for before, given in zip([""] + arguments, arguments)]
    env |= {"TIPOFF_PROFILE": "embedded"}
    program = world.program(world.demo("worker"), *local, env=plain_environment() | env)
    found = until("probes", lambda: re.search(r'"url":"http://0.0.0.0:(\d+)"', program.said()))
    said = probed(container, found[1])
    check(arguments[arguments.index("--health-port") + 1] == said, "it listens where it is probed")
    program.terminate()
    check(program.wait() == 0, "told to stop, it exits 0", program.said())


def the_sweep(world):
    print("the scheduler's job")
    folder = pathlib.Path(world.folder("gcloud"))
    folder.mkdir()
    stub = folder / "gcloud"
    stub.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    asked = subprocess.run(
        [DEPLOY / "cloudrun/schedule-sweep", "nba-project", "us-east1", f"https://{NAMES['HOST']}/"],
        env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    words = asked.stdout.splitlines()
    given = dict(zip(words, words[1:]))
    env = environment_of(service_of("coordinator.yaml")[1])
    check(given["--oidc-token-audience"] == env["TIPOFF_AUTH_OIDC_AUDIENCE"],
          "its token is for the audience that the coordinator expects")
    check(given["--oidc-service-account-email"] in env["TIPOFF_AUTH_OIDC_OPERATORS"].split(","),
          "and of an account that may operate there")
    check(given["--schedule"] == "* * * * *" and given["--uri"].endswith("run.app/check-stalled"),
          "it posts /check-stalled each minute")
    server = world.server(world.demo("swept"), "--workers", "0")
    answer = server.client().post("/check-stalled", given["--message-body"])
    check(answer.status == 200 and "batches_checked" in answer.json, "which is a door, and so answers",
          answer)
    told = tipoff(world.folder("swept"), "doctor", "-o", "json",
                  env=plain_environment() | {"TIPOFF_SWEEP_SCHEDULER_PERIOD": "1m"})
    check("each 1m: that is the sweep period" in told.stdout, "doctor says whose minute it is",
          told.stdout)


def the_units(_):
    print("the units of systemd")
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text(encoding="utf-8")
        command = shlex.split(re.search(r"^ExecStart=(.*)$", text, re.M)[1])
        asked = subprocess.run([BINARY, *command[1:], "--help"], capture_output=True, text=True,
                               timeout=60, check=False)
        check(asked.returncode == 0, f"{unit.name}: its command is one", asked.stderr)


def deploy(world):
    """deploy/ fits the binary."""
    the_image(world)
    the_entrypoint(world)
    the_coordinator(world)
    the_workers(world)
    the_sweep(world)
    the_units(world)


run(deploy)
