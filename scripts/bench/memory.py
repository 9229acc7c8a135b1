"""Peak memory of processes, from /proc (Linux)."""

from __future__ import annotations

from pathlib import Path

import psutil


def peak_mb(pid: int) -> float:
    """The most resident memory a process ever had (VmHWM), MB of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise ValueError(f"process {pid} tells no VmHWM")


def peak_mb_of_children(pid: int) -> float:
    """The sum over a process and all it started. Shared pages count more than once."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return round(sum(peak_mb(process.pid) for process in family), 1)
