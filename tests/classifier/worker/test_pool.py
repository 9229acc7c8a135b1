"""The process that keeps workers running: with workers that load nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import pytest
from django.core.management.base import SystemCheckError

from classifier.worker.pool import Pool
from scripts.testbed.site import ROOT, wait_for

# Says in a line what it was started with, and then does as the file says; "b" begins a job.
MEMBER = """
import json, os, pathlib, signal, socket, sys, time
folder = pathlib.Path(sys.argv[1])
if (folder / "stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
with (folder / "log").open("a") as log:
    log.write(json.dumps([os.getpid(), sys.argv[2:]]) + "\\n")
pool = socket.socket(fileno=int(sys.argv[3]))
if (folder / "busy").exists():
    (folder / "busy").unlink()
    pool.send(b"b")
pool.recv(1)
"""
POOL = """
import sys, django
django.setup()
from django.conf import settings
from classifier.worker.pool import Pool
settings.QUEUE_TIMEOUT_S, settings.STOP_GRACE_S = 1, 0
Pool(int(sys.argv[1]), [sys.executable, "-c", {member!r}, sys.argv[2]]).run()
"""


class RunningPool:
    def __init__(self, folder, size: int):
        self.folder = folder
        (folder / "log").touch()
        self.process = subprocess.Popen(
            [sys.executable, "-c", POOL.format(member=MEMBER), str(size), str(folder)],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )

    def members(self) -> list[tuple[int, str]]:
        """Process id and arguments of each that was started."""
        lines = (self.folder / "log").read_text().splitlines()
        return [(pid, " ".join(said)) for pid, said in map(json.loads, lines)]

    def wait_for_members(self, n: int) -> list[tuple[int, str]]:
        return wait_for(
            lambda: found if len(found := self.members()) >= n else None, 60, f"{n} members"
        )


@pytest.fixture
def pool(tmp_path):
    started = []

    def start(size: int = 1) -> RunningPool:
        started.append(RunningPool(tmp_path, size))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


def gone(pid: int) -> bool:
    return not os.path.exists(f"/proc/{pid}")


def test_a_member_that_is_killed_gets_a_successor_that_knows_its_name(pool):
    running = pool(2)
    (first, _), (second, _) = running.wait_for_members(2)
    os.kill(first, signal.SIGKILL)
    _, _, (third, said) = running.wait_for_members(3)
    assert re.search(rf"--predecessor \S+:{first}#", said)
    assert "--overdue" not in said
    assert not gone(second)
    assert third not in {first, second}


def test_a_member_whose_job_takes_too_long_is_killed_and_its_successor_told_why(pool, tmp_path):
    (tmp_path / "busy").touch()
    running = pool()
    (first, _), (_, said) = running.wait_for_members(2)
    assert gone(first)
    assert re.search(rf"--predecessor \S+:{first}#\w+ --overdue", said)


def test_it_ends_with_its_members(pool):
    running = pool(2)
    pids = [pid for pid, _ in running.wait_for_members(2)]
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert all(map(gone, pids))
    assert len(running.members()) == 2


def test_a_member_that_does_not_end_is_killed(pool, tmp_path):
    (tmp_path / "stubborn").touch()
    running = pool()
    ((pid, _),) = running.wait_for_members(1)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0
    assert gone(pid)


def test_members_end_when_the_pool_is_killed(pool):
    running = pool()
    ((pid, _),) = running.wait_for_members(1)
    running.process.kill()
    running.process.wait()
    wait_for(lambda: gone(pid), 60, "the member to end")


def test_what_is_wrong_with_the_installation_ends_the_members_too(monkeypatch, tmp_path):
    (tmp_path / "log").touch()
    pool = Pool(2, [sys.executable, "-c", MEMBER, str(tmp_path)])
    monkeypatch.setattr("signal.signal", lambda *args: None)

    def check():
        assert all(slot.process.poll() is None for slot in pool._slots)
        raise SystemCheckError("no model could answer")

    with pytest.raises(SystemCheckError):
        pool.run(check)
    assert all(slot.process.poll() is not None for slot in pool._slots)
