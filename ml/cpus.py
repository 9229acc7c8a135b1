"""How many processors this process may use: by its affinity, and by the limit of its container."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_V2 = Path("/sys/fs/cgroup/cpu.max")
CGROUP_V1 = (
    Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us"),
)


def available_cpus() -> int:
    """Return how many threads can run at once, at least 1.

    A container that is given one and a half processors may run two threads.
    """
    # Where there is no affinity (macOS), every processor is open.
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = _quota()
    return max(1, min(cpus or 1, math.ceil(quota))) if quota else max(1, cpus or 1)


def _quota() -> float | None:
    """Return the processors of the container's limit; None where there is no limit."""
    try:
        quota, period = CGROUP_V2.read_text().split()[:2]
    except (OSError, ValueError):
        try:
            quota, period = (path.read_text().strip() for path in CGROUP_V1)
        except OSError:
            return None
    if not quota.isdecimal() or not period.isdecimal() or not int(period):
        return None  # "max", and -1 in version 1
    return int(quota) / int(period)
