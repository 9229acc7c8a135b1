"""The strictest confinement: a process that computes, and reads and writes what it has open."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from . import landlock, seccomp
from .limits import address_space_bytes, drop_capabilities, forbid_new_privileges, limit

# Memory, time, locks, signals of its own, and the pipes it has. None of these opens anything.
CALLS = (
    "read", "write", "readv", "writev", "lseek", "fstat", "close",
    "mmap", "mprotect", "munmap", "mremap", "madvise", "brk",
    "futex", "membarrier", "rseq", "sched_yield", "sched_getaffinity", "getpid", "gettid",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall",
    "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday",
    "getrandom", "getrusage", "exit", "exit_group",
)  # fmt: skip
OUT_OF_MEMORY = 77  # exit code of a confined process: to say more would need memory
MEASURES = ("no_new_privs", "capabilities", "landlock", "limits", "seccomp")


def confine(*, cpu_s: int, memory_bytes: int) -> list[str]:
    """Confine this process for good: nothing can be opened, connected to, started or written.

    Parameters
    ----------
    cpu_s : CPU time that it may use, with what it has used; beyond it SIGXCPU ends it
    memory_bytes : what its address space may grow by

    Returns
    -------
    list of those of `MEASURES` that are in force here; what the kernel lacks is left out
    """

    # Before Landlock, which keeps /proc and /dev/null from this process too.
    size, descriptors = address_space_bytes(), _first_free_descriptor()

    def limits() -> None:
        limit(CORE=0, FSIZE=0, NPROC=0, CPU=cpu_s, NOFILE=descriptors)
        if size:
            limit(AS=size + memory_bytes)

    return apply(
        {
            "no_new_privs": forbid_new_privileges,
            "capabilities": drop_capabilities,
            "landlock": lambda: landlock.restrict({}),
            "limits": limits,
            "seccomp": lambda: seccomp.allow_only(CALLS),
        }
    )


def apply(measures: Mapping[str, Callable[[], object]]) -> list[str]:
    """Take the measures in their order; returns the names of those that could be taken."""
    taken = []
    for name, take in measures.items():
        try:
            take()
        except (OSError, ValueError):  # ValueError: Python's word for a limit that is refused
            continue
        taken.append(name)
    return taken


def _first_free_descriptor() -> int:
    found = os.open(os.devnull, os.O_RDONLY)
    os.close(found)
    return found
