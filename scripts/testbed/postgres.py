"""A PostgreSQL server of one's own, to be stopped, frozen and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.testbed.site import free_port

DEBIAN = Path("/usr/lib/postgresql")
OWNER = "postgres"  # who runs it where we are root, which PostgreSQL refuses to be run by


def programs() -> str | None:
    """The folder of initdb and pg_ctl: of the newest version that Debian installed, or PATH's."""
    debian = sorted(DEBIAN.glob("*/bin/initdb"), key=_version)
    found = str(debian[-1]) if debian else shutil.which("initdb")
    return str(Path(found).parent) if found else None


def _version(initdb: Path) -> float:
    return float(initdb.parents[1].name)


class Cluster:
    """A server with one empty database in a new folder, on a port of its own of this machine."""

    def __init__(self) -> None:
        # Not below the folder of the tests, which another user than their own may not enter.
        self.folder = Path(tempfile.mkdtemp(prefix="genresite-postgres-"))
        self.port = free_port()
        self.url = f"postgres://{OWNER}@127.0.0.1:{self.port}/postgres"
        self._bin = programs()

    def make(self) -> Cluster:
        if os.geteuid() == 0:
            shutil.chown(self.folder, OWNER)
        self._run("initdb", "--auth", "trust", "--username", OWNER, "--encoding", "UTF8",
                  "--no-sync", "-D", self._data)  # fmt: skip
        return self

    def start(self) -> Cluster:
        options = f"-c listen_addresses=127.0.0.1 -c fsync=off -p {self.port} -k {self.folder}"
        self._run("pg_ctl", "-D", self._data, "-l", str(self.folder / "log"), "-w", "start",
                  "-o", options)  # fmt: skip
        return self

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", self._data, "-m", mode, "-w", "stop")

    def freeze(self) -> None:
        """Stop every process of it, so that its sockets accept and nobody answers."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids():
            os.kill(pid, signal.SIGCONT)

    def remove(self) -> None:
        if (self.folder / "data/postmaster.pid").exists():
            self.thaw()
            self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _pids(self) -> list[int]:
        """The first process of it, and those that it has started."""
        main = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        return [main, *map(int, children)]

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [f"{self._bin}/{program}", *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups",
                       *command]  # fmt: skip
        # Not its output: a server that is started would hold the pipe open.
        subprocess.run(command, check=True, cwd="/", stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)  # fmt: skip
