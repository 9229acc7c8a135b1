"""Run an image as a container engine would, where there is none: in namespaces of its own.

Its root file system is read-only but for /tmp and the volumes, it sees no processes but its own,
its first process is the image's, and its user is any. It shares the machine's network.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil

# Arguments: root, user, pairs of a volume and its place up to "--", then the command.
ENTER = """
set -e
root=$1 user=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
while [ "$1" != -- ]; do mount --bind "$1" "$root$2"; shift 2; done
shift
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$root/tmp"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user" "$root" "$@"
"""


def buildah(*arguments: str) -> str:
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
    done = subprocess.run(["buildah", *arguments], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


class Image:
    """An image that was built, unpacked where containers can be started from it."""

    def __init__(self, tag: str):
        self._container = buildah("from", "--pull-never", tag)
        self.root = Path(buildah("mount", self._container))
        self.config = json.loads(buildah("inspect", "--type=image", tag))["Docker"]["config"]

    def remove(self) -> None:
        buildah("rm", self._container)

    def container(self, *command: str, data: Path, user: int = 4321, **env: str) -> Container:
        """Prepare, as `docker run --read-only --user USER --volume DATA:/data IMAGE COMMAND`."""
        return Container(self, command or tuple(self.config["Cmd"]), data, user, env)


class Container:
    def __init__(self, image: Image, command: tuple[str, ...], data: Path, user: int, env: dict):
        config = image.config
        settings = [*config["Env"], *(f"{name}={value}" for name, value in env.items())]
        self._image, self._data, self._user, self._settings = image, data, user, settings
        self._entry = [*config["Entrypoint"], *command]

    def _command(self, command: list[str]) -> list[str]:
        config = self._image.config
        inside = [
            "/usr/bin/env",
            "-i",
            f"--chdir={config['WorkingDir']}",
            *self._settings,
            *command,
        ]
        volumes = [str(self._data), "/data"]
        enter = [ENTER, "enter", str(self._image.root), f"{self._user}:{self._user}", *volumes]
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return [*spaces, "/bin/sh", "-c", *enter, "--", *inside]

    def run(self, *command: str) -> subprocess.CompletedProcess:
        """Run another command in such a container, or its own, to its end."""
        return subprocess.run(
            self._command(list(command) or self._entry), capture_output=True, text=True, timeout=120
        )

    def start(self, log: Path) -> Container:
        with log.open("a") as output:
            self.process = subprocess.Popen(
                self._command(self._entry), stdout=output, stderr=subprocess.STDOUT
            )
        return self

    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, grace_s: float) -> float:
        """Stop it as an engine does, and return how long it took; killed after its grace."""
        began = time.monotonic()
        for first in psutil.Process(self.process.pid).children():
            first.send_signal(signal.SIGTERM)
        try:
            self.process.wait(grace_s)
        finally:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began
