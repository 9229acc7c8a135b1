"""Can the site be installed here (`install`), and run (`site`, `web`, `worker`)?

What cannot work is a line on stderr and exit code 2; what may not work well is a line, no more.
Run by whatever Python is at hand, before anything is installed.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

PROCESSORS = {
    "x86_64",
    "amd64",
    "aarch64",
    "arm64",
}  # for which OpenVINO and TensorFlow have wheels
CPUINFO = Path("/proc/cpuinfo")
MEMINFO = Path("/proc/meminfo")
CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
MB = 1024 * 1024
# Installed, and what pip has on disk besides while it unpacks (du -sh of both environments).
INSTALLED_MB = {"light": 900, "keras": 4200}
# All processes of the site, one worker, as scripts/benchmark runtime measures them.
MEMORY_MB = {"light": 450, "keras": 1000}
LEAST_DATA_MB = 200


def check(role: str) -> tuple[list[str], list[str]]:
    """Return what cannot work, and what may not work well, as sentences."""
    if role == "install":
        engine = "light" if os.environ.get("LIGHT", "0") == "1" else "keras"
        return _given(processor_problem(engine), room_problem(Path(), INSTALLED_MB[engine])), []
    engine = chosen_engine()
    problems = [processor_problem(engine) if role != "web" else None, data_problem(data_dir())]
    if role != "worker":
        problems.append(port_problem(os.environ["HOST"], os.environ["PORT"]))
    doubts = [
        memory_problem(MEMORY_MB[engine]) if role != "web" else None,
        room_problem(data_dir(), LEAST_DATA_MB),
    ]
    return _given(*problems), _given(*doubts)


def _given(*sentences: str | None) -> list[str]:
    return [sentence for sentence in sentences if sentence]


def data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or "var")


def chosen_engine() -> str:
    runtime = os.environ.get("MODEL_RUNTIME", "").strip() or "auto"
    if runtime == "auto":
        return "keras" if find_spec("tensorflow") else "light"
    return runtime if runtime in MEMORY_MB else "light"  # the settings object to it


def processor_problem(engine: str, machine: str = "", cpuinfo: Path = CPUINFO) -> str | None:
    """Say what the processor lacks, which would end a process without a word otherwise."""
    machine = (machine or platform.machine()).lower()
    if machine not in PROCESSORS:
        return (
            f"This is a {machine} processor, for which there are no packages of OpenVINO or"
            " TensorFlow: x86-64 and arm64 can run the site."
        )
    flags = processor_flags(cpuinfo)
    if machine not in {"x86_64", "amd64"} or not flags:
        return None
    if engine == "keras" and "avx" not in flags:
        return (
            "This processor has no AVX, which TensorFlow needs: LIGHT=1 scripts/serve (or"
            " MODEL_RUNTIME=light) does without."
        )
    if not {"sse4_2", "popcnt"} <= flags:
        return (
            "This processor has no SSE4.2, which OpenVINO and NumPy need: it cannot run the site."
        )
    return None


def processor_flags(cpuinfo: Path) -> set[str]:
    try:
        lines = cpuinfo.read_text(errors="replace").splitlines()
    except OSError:
        return set()  # not Linux
    return next(
        (set(line.split(":")[1].split()) for line in lines if line.startswith("flags")), set()
    )


def memory_problem(needed_mb: int, meminfo: Path = MEMINFO, limits=CGROUP_LIMITS) -> str | None:
    found = [value for value in (_total_bytes(meminfo), *map(_limit_bytes, limits)) if value]
    if not found or min(found) >= needed_mb * MB:
        return None
    return (
        f"Only {min(found) // MB} MB of memory may be used here, and the site needs about"
        f" {needed_mb} MB: its worker may be killed again and again."
    )


def _total_bytes(meminfo: Path) -> int | None:
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    sizes = [line.split()[1] for line in lines if line.startswith(("MemTotal:", "SwapTotal:"))]
    return sum(map(int, sizes)) * 1024 or None


def _limit_bytes(limit: Path) -> int | None:
    try:
        value = limit.read_text().strip()
    except OSError:
        return None
    return int(value) if value.isdecimal() else None  # "max"


def room_problem(folder: Path, needed_mb: int) -> str | None:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // MB
    if free_mb >= needed_mb:
        return None
    return f"Only {free_mb} MB are free in {folder}, and about {needed_mb} MB are needed."


def data_problem(folder: Path) -> str | None:
    """Say that DATA_DIR cannot be written, as where a volume belongs to another user."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        return f"DATA_DIR={str(folder)!r} cannot be made ({error.strerror})."
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return (
            f"DATA_DIR={str(folder)!r} cannot be written by user {os.getuid()}: give the folder to"
            " that user, or choose another."
        )
    return None


def port_problem(host: str, port: str) -> str | None:
    if not port.isdecimal() or not 0 < int(port) < 65536:
        return f"PORT={port!r} is no port: use a number from 1 to 65535."
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            return f"{host}:{port} cannot be used ({error.strerror}). Choose another: PORT=8001"
    return None


def main(role: str) -> int:
    problems, doubts = check(role)
    for sentence in problems + doubts:
        print(sentence, file=sys.stderr)
    return 2 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
