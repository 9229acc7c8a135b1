"""Landlock: which files and TCP ports a process and all that it starts can reach at all."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Mapping
from pathlib import Path

from .kernel import syscall

CREATE_RULESET_VERSION = 1
RULE_PATH, RULE_PORT = 1, 2
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
# Of a file that is no folder.
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
BIND_TCP, CONNECT_TCP = 1 << 0, 1 << 1
# Version of the interface -> all rights to files that it knows.
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
PORTS_SINCE, SCOPES_SINCE = 4, 6
BOTH_SCOPES = 0b11  # abstract Unix sockets, signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _PortRule(ctypes.Structure):
    _fields_ = (("rights", ctypes.c_uint64), ("port", ctypes.c_uint64))


def version() -> int:
    """Return the version of the kernel's interface. Raises Unavailable where there is none."""
    return syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), CREATE_RULESET_VERSION)


def everything(of_version: int) -> int:
    """Return all rights to files that a version of the interface knows."""
    return RIGHTS[max(known for known in RIGHTS if known <= of_version)]


def restrict(
    files: Mapping[str | Path, int],
    ports: Mapping[int, int] | None = None,
    *,
    all_ports: bool = False,
) -> int:
    """Let this process reach nothing but these files and TCP ports; returns the version used.

    Parameters
    ----------
    files : path -> rights to it and, of a folder, to all below it; a path that is not there is
        left out
    ports : TCP port -> CONNECT_TCP or BIND_TCP; binding to 0 is binding to any that is free (since
        version 4 of the interface; before, all ports can be used)
    all_ports : leave ports as they are, for a later and stricter call

    Raises
    ------
    Unavailable : the kernel has no Landlock

    Notes
    -----
    For the calling thread and what it starts: to be called while there is no other. Since version 6
    no signal reaches a process outside; in every version none can be looked into.
    """
    found = version()
    known = everything(found)
    rules = _Ruleset(known)
    if found >= PORTS_SINCE and not all_ports:
        rules.ports = BIND_TCP | CONNECT_TCP
    if found >= SCOPES_SINCE:
        rules.scopes = BOTH_SCOPES
    size = 8 if found < PORTS_SINCE else 16 if found < SCOPES_SINCE else 24
    ruleset = syscall("landlock_create_ruleset", ctypes.byref(rules), ctypes.c_size_t(size), 0)
    try:
        for path, rights in files.items():
            _add_path(ruleset, path, rights & known)
        if found >= PORTS_SINCE:
            for port, rights in (ports or {}).items():
                rule = _PortRule(rights, port)
                syscall("landlock_add_rule", ruleset, RULE_PORT, ctypes.byref(rule), 0)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return found


def _add_path(ruleset: int, path: str | Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not Path(path).is_dir():
            rights &= OF_FILES
        rule = _PathRule(rights, parent)
        syscall("landlock_add_rule", ruleset, RULE_PATH, ctypes.byref(rule), 0)
    finally:
        os.close(parent)
