"""Child processes that answer through pipes: started ahead, read until a deadline, ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, cast

ROOT = Path(__file__).resolve().parents[2]
# Without these some Pythons do not start. Nothing else of this process's environment is handed on.
NEEDED = ("LD_LIBRARY_PATH", "PYTHONHOME")
FOLDER_PREFIX = "genre-child-"


class ChildError(Exception):
    """Something is wrong with a child process."""


class ChildDied(ChildError):
    """It ended before it was done."""


class ChildTimeout(ChildError):
    """It was not done at the deadline."""


class ChildNonsense(ChildError):
    """It said what it may not say."""


def python(module: str) -> list[str]:
    """Return the command that runs a module of this repository in a process of its own."""
    # -P: a module is never taken from the folder that it runs in.
    return [sys.executable, "-P", "-s", "-m", module]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child: how to find Python's modules, and nothing secret."""
    paths = [str(ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    if site.ENABLE_USER_SITE:  # which a child would look for in its own HOME
        paths.append(site.getusersitepackages())
    needed = {name: os.environ[name] for name in NEEDED if name in os.environ}
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        # One thread each: NumPy's would be started by its import, before they can be confined.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        **needed,
        **more,
    }


class Child:
    """A process with pipes for stdin and stdout, in an empty folder of its own that goes with it.

    Parameters
    ----------
    command : program and arguments
    env : its whole environment, but for HOME and TMPDIR, which are that folder
    leads_group : whether it has a process group of its own, which ends with it; else it is in this
        process's, and ends with that
    """

    def __init__(self, command: list[str], env: Mapping[str, str], *, leads_group: bool = True):
        self._leads_group = leads_group
        self.folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX)
        try:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**env, "HOME": self.folder, "TMPDIR": self.folder},
                start_new_session=leads_group,
            )
        except BaseException:
            os.rmdir(self.folder)
            raise
        # Both are pipes, as asked for above.
        self.stdin = cast("IO[bytes]", self.process.stdin)
        self.stdout = cast("IO[bytes]", self.process.stdout)

    @property
    def pid(self) -> int:
        return self.process.pid

    def is_alive(self) -> bool:
        if self.process.returncode is not None:
            return False
        try:
            # Looked at and not waited for: until then its number belongs to nobody else.
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return False
        return ended is None

    def end(self) -> int:
        """Kill it and all that it started; returns how it ended, as Popen.returncode does."""
        # Also when it has ended by itself: what it started may live on.
        if self._leads_group and self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self.process.kill()
        code = self.process.wait()
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def wait(self, seconds: float) -> int:
        """Wait for it to end by itself for so long, then end it; returns how it ended."""
        deadline = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.end()

    def close(self) -> None:
        self.stdin.close()
        self.stdout.close()

    def disown(self) -> None:
        """After a fork: it is the parent's, and must see the parent end."""
        self.close()
        self.process.returncode = 0  # not this process's to wait for


class Spare:
    """A child that is started ahead, so that a task finds it with its imports done."""

    def __init__(self, start: Callable[[], Child]):
        self._start = start
        self._child: Child | None = None
        self._lock = threading.Lock()
        _spares.add(self)

    def take(self) -> Child:
        """Return the child that waits, or a new one."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None and not child.is_alive():
            child.end()
            child = None
        return child or self._start()

    def warm(self) -> None:
        """Start a child that waits, unless one does."""
        with self._lock:
            if self._child is not None and not self._child.is_alive():
                self._child.end()
                self._child = None
            if self._child is None:
                self._child = self._start()

    def pid(self) -> int | None:
        """Of the child that waits, whether it still lives or not."""
        with self._lock:
            return None if self._child is None else self._child.pid

    def end(self) -> None:
        """End the child that waits, if one does."""
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.end()

    def forget(self) -> None:
        """After a fork, drop the child that waits."""
        self._lock = threading.Lock()
        if self._child is not None:
            self._child.disown()
            self._child = None


_spares: weakref.WeakSet[Spare] = weakref.WeakSet()


def leave_folder() -> None:
    """In a child: remove the empty folder that it runs in, so that nothing can be made in it."""
    with contextlib.suppress(OSError):
        os.rmdir(_own_folder())


def clear_folder() -> None:
    """In a child whose parent is gone: remove what is in the folder that it runs in."""
    with contextlib.suppress(OSError):
        shutil.rmtree(_own_folder(), ignore_errors=True)


def _own_folder() -> str:
    """Return the folder that `Child` made for this process. Raises OSError where that is none."""
    folder = os.getcwd()
    if not os.path.basename(folder).startswith(FOLDER_PREFIX):
        raise OSError("not started by Child")
    return folder


def _forget_spares() -> None:
    for spare in list(_spares):
        spare.forget()


os.register_at_fork(after_in_child=_forget_spares)


class Pipe:
    """Reads lines and bytes that a child writes, and writes to it, until a deadline.

    Parameters
    ----------
    deadline : time.monotonic() after which ChildTimeout is raised; may be moved
    longest_line : bytes; a longer one is ChildNonsense
    largest : the most bytes that are read in one piece
    """

    def __init__(self, child: Child, deadline: float, *, longest_line: int, largest: int):
        self.deadline = deadline
        self._stdin, self._stdout = child.stdin, child.stdout
        self._longest_line, self._largest = longest_line, largest
        self._buffer = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)

    def close(self) -> None:
        self._selector.close()  # its descriptor would wait for the garbage collector otherwise

    def line(self) -> bytes:
        while b"\n" not in self._buffer:
            if len(self._buffer) > self._longest_line:
                raise ChildNonsense("the child process said too much")
            self._more()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def exactly(self, size: int) -> bytes:
        if not 0 <= size <= self._largest:
            raise ChildNonsense("the child process said too much")
        parts, missing = [self._buffer[:size]], size - len(self._buffer[:size])
        self._buffer = self._buffer[size:]
        while missing > 0:
            self._more()
            part, self._buffer = self._buffer[:missing], self._buffer[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def write(self, data: bytes) -> None:
        """Write all data or fail at the deadline: a pipe holds less than a large cookies file."""
        os.set_blocking(self._stdin.fileno(), False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._stdin, selectors.EVENT_WRITE)
            while data:
                if not selector.select(max(0, self.deadline - time.monotonic())):
                    raise ChildTimeout("the child process did not take its task")
                try:
                    data = data[os.write(self._stdin.fileno(), data) :]
                except BrokenPipeError:
                    raise ChildDied("the child process died") from None

    def _more(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0 or not self._selector.select(left):
            raise ChildTimeout("the deadline has passed; the child was killed")
        data = os.read(self._stdout.fileno(), 1 << 20)
        if not data:
            raise ChildDied("the child process died")
        self._buffer += data
