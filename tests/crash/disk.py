"""Disks that fail: calls that are refused, now and then or for a while, and power that is cut.
While it lasts nothing is promised that does not hold, and the service says what is wrong;
afterwards everything that was accepted ends and is counted exactly.

    disk.py BINARY FAULTY_DISK_LIBRARY [NAME...]
"""
import concurrent.futures
import errno
import mmap
import os
import struct
import sys
import time
import traceback

import laws
from stage import BINARY, LARGE_DAY, Stage, Wrong, expect, make_root, make_template, shutil, until

AT_ONCE = 3
WRITE, SYNC, READ, OPEN, TRUNCATE = 1, 2, 4, 8, 16  # As in faulty_disk.cpp.
DATABASE, LOG, INDEX = 1, 2, 4
SHORT = -1
FILES = {DATABASE: "tipoff.db", LOG: "tipoff.db-wal"}
RECORD = struct.Struct("<qqq")
MAGIC = (0x5469706f6666).to_bytes(6, "little")


class Disk:
    """What the library is told, and what it tells."""

    def __init__(self, stage, library, power=False):
        self.stage = stage
        path = os.path.join(stage.root, "disk")
        with open(path, "wb") as file:
            file.write(bytes(4096))
        with open(path, "r+b") as file:
            self.told = mmap.mmap(file.fileno(), 4096)
        self.env = {"LD_PRELOAD": os.path.abspath(library), "FAULTY_DISK": path}
        self.log = os.path.join(stage.root, "power")
        if power:
            self.env["FAULTY_DISK_LOG"] = self.log
            self.images = {}
            self.begin()

    def fail(self, calls, files, error, every=1):
        self.told[0:16] = struct.pack("<IIiI", 0, files, error, every)
        self.told[0:4] = struct.pack("<I", calls)

    def heal(self):
        self.told[0:4] = bytes(4)

    def failed(self):
        return struct.unpack("<Q", self.told[24:32])[0]

    def begin(self):
        """The disk holds what the files hold."""
        open(self.log, "wb").close()
        for kind, name in FILES.items():
            path = os.path.join(self.stage.folder, name)
            self.images[kind] = None
            if os.path.exists(path):
                with open(path, "rb") as file:
                    self.images[kind] = bytearray(file.read())

    def cut_power(self):
        """The files become what the disk holds. Nobody runs. How many writes are lost."""
        seen = {kind: bytearray(image or b"") for kind, image in self.images.items()}
        disk = {kind: None if image is None else bytearray(image)
                for kind, image in self.images.items()}
        dirty = {kind: [] for kind in FILES}
        with open(self.log, "rb") as file:
            log = file.read()
        for what, kind, offset, data in records(log):
            if what == "W":
                put(seen[kind], offset, data)
                dirty[kind].append((offset, len(data)))
            elif what == "S":
                disk[kind] = bytearray() if disk[kind] is None else disk[kind]
                for offset, size in dirty[kind]:
                    put(disk[kind], offset, seen[kind][offset:offset + size])
                dirty[kind].clear()
            elif what == "F":  # The kernel takes them for clean, and never writes them again.
                dirty[kind].clear()
            elif what == "T":
                for image in (seen[kind], disk[kind]):
                    del (image if image is not None else bytearray())[offset:]
            elif what == "U":
                seen[kind], disk[kind], dirty[kind] = bytearray(), None, []
        for kind, name in FILES.items():
            path = os.path.join(self.stage.folder, name)
            if disk[kind] is None and os.path.exists(path):
                os.unlink(path)
            elif disk[kind] is not None:
                with open(path, "wb") as file:
                    file.write(disk[kind])
        index = os.path.join(self.stage.folder, "tipoff.db-shm")
        if os.path.exists(index):
            os.unlink(index)
        self.begin()
        return sum(map(len, dirty.values()))


def records(log):
    """(what, kind, offset, data); whoever was killed has left half of one, and did not do it."""
    at = 0
    while at + RECORD.size <= len(log):
        head, offset, size = RECORD.unpack_from(log, at)
        begin = at + RECORD.size
        end = begin + (size if head & 0xFF == ord("W") else 0)
        whole = log[end + 2:end + 8] == MAGIC or end == len(log)
        if whole:
            yield chr(head & 0xFF), head >> 8 & 0xFF, offset, log[begin:end]
            at = end
        else:
            at = log.find(MAGIC, at + 8) - 2
            if at < 0:
                return


def put(image, offset, data):
    if len(image) < offset:
        image.extend(bytes(offset - len(image)))
    image[offset:offset + len(data)] = data


class Scene:
    """A server and a worker on one disk, and batches that are started all the time."""

    def __init__(self, stage, library, power=False):
        self.stage = stage
        self.disk = Disk(stage, library, power)
        self.server = stage.server(env=self.disk.env)
        self.worker = stage.worker("worker", "--held-max", "30", env=self.disk.env)
        until("ready", lambda: (answer := self.server.once("GET", "/readyz"))
              and answer.status == 200)
        self.started = 0

    def start(self, **fields):
        self.started += 1
        return self.server.start(f"disk-{self.started}", **fields)

    def try_start(self):
        """A start that is refused, or accepted and then holds."""
        self.started += 1
        body = {"game_date": "2026-04-11", "dataset": f"disk-{self.started}", "min_minutes": 0,
                "skip_completeness_check": True}
        answer = self.server.once("POST", "/v1/batches", body, timeout=30)
        expect(answer is not None, "it answers")
        if answer.status == 202:
            self.stage.books.accepted(answer.json)
        else:
            expect(answer.status in (500, 503, 507), "a refused start", answer)
        return answer.status

    def through(self, calls, files, error, every=1, seconds=1.5):
        """Batches are started before, during and after a fault."""
        self.start()
        before = self.disk.failed()
        self.disk.fail(calls, files, error, every)
        statuses = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            statuses.append(self.try_start())
            expect(self.server.once("GET", "/livez").status == 200, "it lives")
            self.stage.check_alive()
        failed = self.disk.failed() - before
        self.disk.heal()
        expect(failed > 0, "calls did fail")
        self.start()
        return statuses


def F34_log_sync_fails(scene):
    """What a failed fsync was to make durable is not told as done; and it is said what is wrong."""
    scene.stage.named("worker").paused = True  # Somebody waits while the store is away.
    scene.worker.kill()
    batch = scene.start(policy={"deadline": "30s", "stall_after": "1s"})
    scene.disk.fail(SYNC, LOG, errno.EIO)
    scene.worker.paused = False
    until("readiness says it",
          lambda: scene.server.once("GET", "/readyz", timeout=30).status == 503)
    ready = scene.server.once("GET", "/readyz", timeout=30).json
    expect(any(check["name"] == "store" and not check["ok"] for check in ready["checks"]),
           "readyz names the store", ready)
    expect(scene.server.once("GET", "/health/deep", timeout=30).status == 503, "deep health")
    statuses = {scene.try_start() for _ in range(3)}
    expect(statuses == {503}, "starts are refused", statuses)
    why = scene.server.once("GET", f"/v1/batches/{batch}/why", timeout=30)
    expect(why.status == 200 and why.json["layer"] == "store", "why names the store", why)
    scene.disk.heal()
    until("ready again", lambda: scene.server.once("GET", "/readyz").status == 200)


def F34_log_sync_fails_often(scene):
    scene.through(SYNC, LOG, errno.EIO, every=3)


def F34_log_write_fails(scene):
    statuses = scene.through(WRITE, LOG, errno.EIO)
    expect(202 not in statuses, "nothing is accepted", statuses)


def F34_log_write_fails_often(scene):
    scene.through(WRITE, LOG, errno.EIO, every=40)


def F34_no_room(scene):
    statuses = scene.through(WRITE, LOG | DATABASE | INDEX, errno.ENOSPC)
    expect(202 not in statuses, "nothing is accepted", statuses)


def F34_little_room(scene):
    scene.through(WRITE, LOG, errno.ENOSPC, every=25)


def F34_short_writes(scene):
    statuses = scene.through(WRITE, LOG | DATABASE, SHORT, every=2)
    expect(set(statuses) == {202}, "the rest is written, too", statuses)


def F34_reads_fail(scene):
    scene.through(READ, LOG | DATABASE, errno.EIO, every=5)


def F34_database_write_fails(scene):
    """Checkpoints fail; the log holds everything meanwhile."""
    scene.disk.fail(WRITE | SYNC | TRUNCATE, DATABASE, errno.EIO)
    large = [scene.start(game_date=LARGE_DAY) for _ in range(2)]
    for batch in large:
        scene.server.until_ended(batch)
    until("checkpoints fail", scene.disk.failed)
    scene.disk.heal()
    scene.start()


def F34_dies_while_it_fails(scene):
    """Killed and started again on a disk that fails: it refuses to start, or serves; it does no
    harm."""
    scene.start()
    scene.disk.fail(SYNC | WRITE, LOG | DATABASE, errno.EIO, every=7)
    for _ in range(6):
        scene.server.once("POST", "/v1/batches", {"game_date": "2026-04-11", "dataset": "x"})
        scene.stage.named("server").kill()
        time.sleep(0.3)
    scene.disk.heal()
    scene.start()


def F34_power_cuts(scene):
    """All that was not synced is lost, several times. What was answered holds."""
    lost = 0
    for number in range(6):
        scene.start(**({"game_date": LARGE_DAY} if number == 3 else {}))
        scene.start()
        time.sleep((0.01, 0.03, 0.06, 0.2, 0.1, 0.02)[number])
        lost += cut(scene)
    print(f"        power was cut 6 times: {lost} writes were lost", flush=True)


def cut(scene):
    return cut_power(scene.stage, scene.disk)


def cut_power(stage, disk):
    for kept in stage.kept:
        with kept.guard:  # Not between two lives.
            kept.paused = True
            kept.kill()
    for kept in stage.kept:
        kept.process.wait()
    lost = disk.cut_power()
    stage.books.alive_since = time.time()
    for kept in stage.kept:
        kept.paused = False
    return lost


def F34_power_cut_after_failed_sync(scene):
    """A sync fails, everybody dies, others come and go on; then the power is cut. What the failed
    sync was about looks written until then, and is not."""
    for _ in range(4):
        scene.start()
        time.sleep(0.05)
        scene.disk.fail(SYNC, LOG, errno.EIO)
        scene.try_start()
        for kept in scene.stage.kept:
            kept.kill()
        scene.disk.heal()
        scene.server.until_ended(scene.start())
        cut(scene)


SCENES = [scene for name, scene in globals().items() if name.startswith("F34_")]


def play(template, library, play_scene):
    began = time.monotonic()
    try:
        with Stage(template) as stage:
            stage.failed = True
            stage.mortal = play_scene is F34_dies_while_it_fails
            scene = Scene(stage, library, power="power" in play_scene.__name__)
            play_scene(scene)
            laws.judge(stage, scene.server)
            stage.failed = False
        why = ""
    except Wrong as wrong:
        why = str(wrong)
    except Exception:  # noqa: BLE001: told with its scene, and the others go on.
        why = traceback.format_exc()
    print(f"  {'ok   ' if not why else 'WRONG'} {play_scene.__name__} "
          f"({time.monotonic() - began:.1f} s)" + (f": {why}" if why else ""), flush=True)
    return why


def main():
    library = sys.argv[2]
    chosen = [scene for scene in SCENES if not sys.argv[3:] or scene.__name__[4:] in sys.argv[3:]]
    began = time.monotonic()
    root = make_root()
    try:
        template = make_template(root)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as threads:
            played = threads.map(lambda scene: play(template, library, scene), chosen)
            wrong = [why for why in played if why]
    finally:
        shutil.rmtree(root, True)
    print(f"disk.py: {len(chosen)} disks, {len(wrong)} wrong ({time.monotonic() - began:.0f} s, "
          f"{os.path.basename(BINARY)})", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
