"""The whole site as `scripts/serve` starts it, in a folder and on a port of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# As scripts/serve, which would also make the virtual environment and the database.
SERVE = [sys.executable, "-m", "supervisor.supervisord", "-c", "scripts/supervisord.conf"]
SHELL = """
import contextlib, io, json, sys, traceback
import django
django.setup()
for line in sys.stdin:
    said, error = io.StringIO(), None
    try:
        with contextlib.redirect_stdout(said):
            exec(json.loads(line), {})
    except Exception:
        error = traceback.format_exc()
    print(json.dumps([said.getvalue().strip(), error]), flush=True)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds: float, what: str):
    """Poll until the condition gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


class Site:
    root = ROOT  # of the code
    serve = SERVE

    def __init__(self, folder: Path, **env: str):
        self.folder = folder
        self.port = int(env.get("PORT") or free_port())
        self._shell: subprocess.Popen | None = None
        base = env.get("BASE_PATH", "").strip("/")
        self.url = f"http://127.0.0.1:{self.port}{'/' + base if base else ''}"
        self.env = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "DJANGO_SETTINGS_MODULE": "genresite.settings",
            "DATA_DIR": str(folder),
            "SECRET_KEY": "only-for-tests",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            # Nobody listens there: YouTube cannot be reached, and is found so at once.
            "YOUTUBE_PROXY": "http://127.0.0.1:9",
            **env,
        }

    def prepare(self) -> Site:
        """Make the database and the static files."""
        for command in (["migrate"], ["collectstatic", "--noinput"]):
            self.manage(*command, "--verbosity", "0")
        return self

    def prepare_like(self, folder: Path) -> Site:
        """Take both from another site's folder that was prepared and never used: this is quick."""
        shutil.copy(folder / "db.sqlite3", self.folder)
        (self.folder / "static").symlink_to(folder / "static")
        return self

    def start(self, process: str = "") -> Site:
        """Start one process (of scripts/Procfile), or all as scripts/serve does."""
        if not (self.folder / "static").exists():
            self.prepare()
        self.started_at = time.perf_counter()
        self.log = (self.folder / "log.txt").open("a")
        self.process = subprocess.Popen(
            ["scripts/process", process] if process else self.serve,
            cwd=self.root,
            env=self.env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        return self

    def manage(self, *arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    def shell(self, script: str) -> str:
        """What a script prints; all run in one process, because to start Django takes a second."""
        if self._shell is None:
            self._shell = subprocess.Popen(
                [sys.executable, "-c", SHELL],
                cwd=self.root,
                env=self.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        print(json.dumps(script), file=self._shell.stdin, flush=True)
        said, error = json.loads(self._shell.stdout.readline())
        assert error is None, error
        return said

    def close_shell(self) -> None:
        if self._shell is not None:
            self._shell.communicate()
            self._shell = None

    def health(self) -> dict:
        try:
            with urllib.request.urlopen(f"{self.url}/health/", timeout=5) as response:
                return json.load(response)
        except OSError:
            return {}

    def wait_until_ready(self) -> Site:
        wait_for(lambda: self.health().get("workers_ready"), 180, f"a warm worker ({self.tail()})")
        return self

    def tail(self) -> str:
        return (self.folder / "log.txt").read_text()[-2000:]

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.folder / "db.sqlite3", timeout=20) as connection:
            return connection.execute(query).fetchall()

    def worker_pids(self) -> list[int]:
        """Of live workers, youngest first."""
        names = self.rows("select name from classifier_worker order by id desc")
        pids = [int(name.partition("#")[0].rpartition(":")[2]) for (name,) in names]
        return [pid for pid in pids if Path(f"/proc/{pid}").exists()]

    def stop(self) -> None:
        self.close_shell()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.log.close()
