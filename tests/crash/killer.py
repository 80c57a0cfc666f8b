"""Two coordinators and three workers under load, killed at random; then the laws are judged.

    killer.py BINARY [SECONDS] [--seed N] [--disk LIBRARY]

The seed chooses who is killed and when, and what is ordered; the rest is up to the machine. With
the library of faulty_disk.cpp the disk fails now and then, too, and loses its power.
"""
import argparse
import errno
import random
import signal
import sys
import threading
import time

import disk as disks
import laws
from stage import LARGE_DAY, Stage, Wrong, expect, make_root, make_template, shutil

LOADS = 3


class Load:
    """One caller that starts batches at both servers, and orders this and that."""

    def __init__(self, stage, servers, number, seed):
        self.stage, self.servers, self.number = stage, servers, number
        self.random = random.Random(f"{seed} load {number}")
        self.batches = 0
        self.wrong = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stage.over.is_set() and not self.stage.calm.is_set():
                self.one()
        except Exception as wrong:  # noqa: BLE001: told by the one who waits for it.
            self.wrong = wrong

    def one(self):
        dice = self.random
        self.batches += 1
        dataset = f"load-{self.number}-{self.batches}"
        policy = {"deadline": dice.choice(["2s", "8s", "30s"]), "stall_after": "1s"}
        fields = {"policy": policy}
        if dice.random() < 0.1:
            fields["game_date"] = LARGE_DAY
        key = f"{dataset} once"
        one, other = dice.sample(self.servers, 2)
        batch = one.start(dataset, key=key, **fields)
        if dice.random() < 0.3:  # The answer got lost, and the caller asks somebody else.
            expect(other.start(dataset, key=key, **fields) == batch, "one batch a key")
        what = dice.choice(["wait", "wait", "wait", "cancel", "finish", "force", "retry", "leave"])
        if what in ("cancel", "finish"):
            time.sleep(dice.random() * 0.1)
            other.order(batch, what)
        if what == "force":
            other.start(dataset, key=f"{dataset} again", force=True, **fields)
        if what in ("wait", "retry"):
            one.until_ended(batch)
        if what == "retry":
            other.order(batch, "retry")


class Killer:
    def __init__(self, stage, seed, disk):
        self.stage, self.disk = stage, disk
        self.random = random.Random(f"{seed} killer")
        self.kills = self.pauses = self.faults = self.cuts = 0

    def run(self, seconds):
        end = time.monotonic() + seconds
        dice = self.random
        while time.monotonic() < end:
            time.sleep(dice.choice([0.03, 0.1, 0.3, 0.6]) * (0.5 + dice.random()))
            self.stage.check_alive()
            if self.disk and dice.random() < 0.2:
                self.fail()
                continue
            victims = self.stage.kept if dice.random() < 0.05 else [dice.choice(self.stage.kept)]
            if dice.random() < 0.15:
                self.pause(victims[0].process)
                continue
            for victim in victims:
                victim.kill()
                self.kills += 1

    def fail(self):
        """Some calls fail for a moment, or all that was not synced is lost, or both."""
        dice = self.random
        if dice.random() < 0.7:
            calls = dice.choice([disks.WRITE, disks.SYNC, disks.READ, disks.WRITE | disks.SYNC])
            files = dice.choice([disks.LOG, disks.DATABASE, disks.LOG | disks.DATABASE])
            if calls & disks.SYNC:  # What a failed sync of the file itself loses is not repaired.
                files = disks.LOG
            error = dice.choice([errno.EIO, errno.EIO, errno.ENOSPC, disks.SHORT])
            self.disk.fail(calls, files, error, every=dice.choice([1, 3, 20]))
            self.faults += 1
            time.sleep(dice.choice([0.05, 0.3, 1.0]))
            if dice.random() < 0.3:
                dice.choice(self.stage.kept).kill()
            self.disk.heal()
        if dice.random() < 0.5:
            disks.cut_power(self.stage, self.disk)
            self.cuts += 1

    def pause(self, process):
        """It stands still for longer than its leases, and wakes in a world that has moved on."""
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.random.choice([0.2, 1.3]))
        process.send_signal(signal.SIGCONT)
        self.pauses += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("seconds", type=float, nargs="?", default=20)
    parser.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)))
    parser.add_argument("--disk")
    told = parser.parse_args()
    seed = told.seed
    print(f"killer.py: seed {seed}, {told.seconds:g} s of kills", flush=True)
    root = make_root()
    stage = None
    try:
        template = make_template(root)
        with Stage(template) as stage:
            stage.failed = True
            stage.mortal = bool(told.disk)
            stage.calm = threading.Event()
            disk = disks.Disk(stage, told.disk, power=True) if told.disk else None
            env = disk.env if disk else {}
            servers = [stage.server("left", env=env), stage.server("right", env=env)]
            for name in ("first", "second"):
                stage.worker(name, "--held-max", "40", env=env)
            stage.keep("far", "worker", "--threads", "1", "--url", servers[0].url, "--name", "far")
            loads = [Load(stage, servers, number, seed) for number in range(LOADS)]
            killer = Killer(stage, seed, disk)
            killer.run(told.seconds)
            stage.mortal = False
            stage.calm.set()
            for load in loads:
                load.thread.join(90)
                expect(not load.thread.is_alive(), "the load ends")
                if load.wrong:
                    raise load.wrong
            laws.judge(stage, servers[1])
            stage.failed = False
            print(f"killer.py: {killer.kills} kills, {killer.pauses} pauses, "
                  f"{killer.faults} faults of the disk, {killer.cuts} power cuts, "
                  f"{len(stage.books.promised)} batches accepted: all laws hold", flush=True)
    except Wrong as wrong:
        print(f"WRONG  {wrong}\nkiller.py: seed {seed}", flush=True)
        sys.exit(1)
    finally:
        shutil.rmtree(root, True)


if __name__ == "__main__":
    main()
