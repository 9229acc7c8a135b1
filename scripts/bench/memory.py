"""Memory of processes, from /proc (Linux), MB of 10^6 bytes."""

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


def held_mb_of_children(pid: int) -> float:
    """What a process and all it started hold now (Pss): of shared pages each counts its share."""
    family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    return round(sum(process.memory_full_info().pss for process in family) / 1e6, 1)
