"""Filters of system calls (seccomp-BPF).

A filter is a small program that the kernel runs for every call: it looks at the call's number and
arguments and says whether it is made. A filter stays for as long as the process and all that it
starts.
"""

from __future__ import annotations

import ctypes
import errno
from collections.abc import Iterable

from .kernel import Unavailable, machine, number, syscall

# Architectures as <linux/audit.h> has them.
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
X32_BIT = 0x40000000  # calls of 32-bit pointers on x86_64, with numbers of their own

# <linux/bpf_common.h>: load a word, jump if equal, if greater or equal, if a bit is set, return.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# Offsets in struct seccomp_data.
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16

ALLOW = 0x7FFF0000
KILL = 0x80000000
ERRNO = 0x00050000
SET_FILTER, ALL_THREADS = 1, 1
PROT_EXEC = 0x4

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, value


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("jt", ctypes.c_uint8),
        ("jf", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def refuse(code: int) -> int:
    """Return the verdict by which a call fails with an errno."""
    return ERRNO | code


def allow_only(names: Iterable[str]) -> None:
    """Have every call but these fail with EPERM, and no memory become executable."""
    program = []
    for name in names:
        if name in {"mmap", "mprotect"}:
            program += [
                (EQUAL, 0, 4, number(name)),
                (LOAD, 0, 0, ARGUMENTS + 8 * 2),
                (ANY_BIT, 0, 1, PROT_EXEC),
                (RETURN, 0, 0, refuse(errno.EPERM)),
                (RETURN, 0, 0, ALLOW),
            ]
        else:
            program += [(EQUAL, 0, 1, number(name)), (RETURN, 0, 0, ALLOW)]
    install([*program, (RETURN, 0, 0, refuse(errno.EPERM))])


def deny(names: Iterable[str], *, families: Iterable[int]) -> None:
    """Have these calls fail with EPERM, and sockets of other address families with EAFNOSUPPORT."""
    program: list[Instruction] = []
    for name in names:
        program += [(EQUAL, 0, 1, number(name)), (RETURN, 0, 0, refuse(errno.EPERM))]
    allowed: list[Instruction] = []
    for family in families:
        allowed += [(EQUAL, 0, 1, family), (RETURN, 0, 0, ALLOW)]
    check = [(LOAD, 0, 0, ARGUMENTS), *allowed, (RETURN, 0, 0, refuse(errno.EAFNOSUPPORT))]
    program += [(EQUAL, 0, len(check), number("socket")), *check]
    install([*program, (RETURN, 0, 0, ALLOW)])


def install(rules: list[Instruction]) -> None:
    """Install a filter for this process; no_new_privs must be set. Raises Unavailable."""
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, ARCHITECTURES[machine()]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, X32_BIT),
        (RETURN, 0, 0, refuse(errno.ENOSYS)),
        *rules,
    ]
    code = (_Instruction * len(program))(*(_Instruction(*line) for line in program))
    filter_ = _Program(len(program), code)
    if thread := syscall("seccomp", SET_FILTER, ALL_THREADS, ctypes.byref(filter_)):
        raise Unavailable(f"thread {thread} has a filter of its own")
