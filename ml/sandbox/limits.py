"""Limits of a process's resources, and giving up what it may never have again."""

from __future__ import annotations

import contextlib
import ctypes
import resource
from pathlib import Path

from .kernel import checked

PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522
# What the kernel kills first when memory is out. Better a decoder than the worker beside it.
KILL_FIRST = "1000"


def limit(**most: int) -> None:
    """Lower limits of this process for good: `limit(FSIZE=0, CPU=30)` sets RLIMIT_FSIZE and so on.

    A limit that is lower already stays. Between SIGXCPU, which tells what a process ended of, and
    SIGKILL are two seconds of CPU time.
    """
    for name, value in most.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(kind)
        highest = value + 2 if name == "CPU" else value
        if hard != resource.RLIM_INFINITY:
            value, highest = min(value, hard), min(highest, hard)
        resource.setrlimit(kind, (value, highest))


def address_space_bytes() -> int:
    """Return the size of this process's address space; 0 where that is not told."""
    try:
        pages = Path("/proc/self/statm").read_text().split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def forbid_new_privileges() -> None:
    """Have no program that is started gain rights, by setuid or file capabilities."""
    checked("prctl", PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0)))


def drop_capabilities() -> None:
    """Give up what root may do beyond other users, limits that root may raise among it."""
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    checked("capset", ctypes.byref(header), ctypes.byref(none))


def be_killed_first() -> None:
    """Ask to be the one that is killed when the machine has no memory left."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(KILL_FIRST)
