"""System calls and C functions that Python has no name for."""

from __future__ import annotations

import ctypes
import os
import platform
import sys


class Unavailable(OSError):
    """This kernel, machine or container does not offer a measure."""


# Of the machine (x86_64, aarch64), from the kernel's tables of system calls, which never change.
MACHINES = ("x86_64", "aarch64")
NUMBERS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "socket": (41, 198),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "ptrace": (101, 117),
    "sigaltstack": (131, 132),
    "personality": (135, 92),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "acct": (163, 89),
    "settimeofday": (164, 170),
    "mount": (165, 40),
    "umount2": (166, 39),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "init_module": (175, 105),
    "delete_module": (176, 106),
    "quotactl": (179, 60),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_settime": (227, 112),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "kexec_load": (246, 104),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "perf_event_open": (298, 241),
    "open_by_handle_at": (304, 265),
    "setns": (308, 268),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "finit_module": (313, 273),
    "seccomp": (317, 277),
    "getrandom": (318, 278),
    "kexec_file_load": (320, 294),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "pidfd_send_signal": (424, 424),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "pidfd_getfd": (438, 438),
    "mount_setattr": (442, 442),
    "landlock_create_ruleset": (444, 444),
    "landlock_add_rule": (445, 445),
    "landlock_restrict_self": (446, 446),
}


def machine() -> str:
    """Return the machine's name. Raises Unavailable where system calls have other numbers."""
    name = platform.machine()
    if sys.platform != "linux" or name not in MACHINES or sys.maxsize < 2**32:
        raise Unavailable(f"not known for {sys.platform} on {name}")
    return name


def number(name: str) -> int:
    """Return the number of a system call on this machine."""
    return NUMBERS[name][MACHINES.index(machine())]


def syscall(name: str, *arguments: object) -> int:
    """Make a system call. Raises Unavailable where the kernel refuses it."""
    # The C library hands them on as they are: an int of 32 bits would leave the rest undefined.
    whole = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked("syscall", ctypes.c_long(number(name)), *whole)


def checked(function: str, *arguments: object) -> int:
    """Call a function of the C library; what it refuses is Unavailable."""
    library = ctypes.CDLL(None, use_errno=True)
    called = getattr(library, function, None)
    if called is None:
        raise Unavailable(f"the C library has no {function}")
    called.restype = ctypes.c_long
    result = called(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise Unavailable(code, f"{function}: {os.strerror(code)}")
    return result
