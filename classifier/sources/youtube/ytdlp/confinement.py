"""What the child process, and the JavaScript runtime that it starts, can do at all.

It needs the network, and starts deno and decoders. So it is confined less than a decoder is (see
`ml.sandbox.strict`): it reads Python's and the system's files and its own folder, and none of the
site's data; it runs those programs and no other; it connects to the ports of https, DNS and the
proxy. Which hosts these may be is the guard's part, which sees Python alone.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import sys
import sysconfig
from pathlib import Path
from urllib.parse import urlsplit

from ml.sandbox import landlock, seccomp
from ml.sandbox.children import ROOT
from ml.sandbox.limits import drop_capabilities, forbid_new_privileges, limit
from ml.sandbox.strict import apply

from .about import RUNTIMES
from .config import Config

# Of what a process writes, not of what it reserves: JavaScript reserves far more than it uses.
DATA_BYTES = 2 * 1024**3
FILE_BYTES = 64 * 1024**2  # one file of yt-dlp's cache
OPEN_FILES = 256
HTTPS, DNS = 443, 53
PROXY_PORTS = {"http": 80, "https": 443}  # where the proxy's address names none
SOCKS_PORT = 1080

# Python and the C library read these; the last three tell a JavaScript runtime of the machine.
SYSTEM = (
    "/usr", "/lib", "/lib64", "/nix/store", "/etc/ssl", "/etc/pki", "/etc/ca-certificates",
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/localtime", "/etc/ld.so.cache", "/etc/services", "/etc/protocols",
    "/run/systemd/resolve",
    "/dev/urandom", "/dev/random", "/dev/zero",
    "/proc", "/sys/devices/system/cpu", "/sys/fs/cgroup",
)  # fmt: skip
LOADERS = ("/lib*/ld-linux*", "/lib*/ld-musl*", "/lib/*/ld-linux*")

# What reaches into other processes, and what only an administrator needs.
DENIED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "pidfd_send_signal",
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "keyctl", "add_key", "request_key", "unshare", "setns", "chroot",
    "pivot_root", "mount", "umount2", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "open_by_handle_at", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "swapon", "swapoff", "reboot", "acct", "quotactl",
    "settimeofday", "clock_settime", "personality",
)  # fmt: skip
FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)


def confine(config: Config, seconds: float) -> list[str]:
    """Confine this process and all it starts, for good; returns the names of what is in force."""
    if config.cache_dir:
        with contextlib.suppress(OSError):  # yt-dlp does without
            os.makedirs(config.cache_dir, mode=0o700, exist_ok=True)
    return apply(
        {
            "no_new_privs": forbid_new_privileges,
            "capabilities": drop_capabilities,
            "landlock": lambda: landlock.restrict(_files(config), _ports(config)),
            "limits": lambda: limit(
                CORE=0,
                CPU=int(2 * seconds) + 10,
                DATA=DATA_BYTES,
                FSIZE=FILE_BYTES,
                NOFILE=OPEN_FILES,
            ),
            "seccomp": lambda: seccomp.deny(DENIED, families=FAMILIES),
        }
    )


def use_release(release: str, cache_dir: str) -> None:
    """Import yt-dlp from a release that was fetched, of which nobody here has read a line.

    What it runs when it is imported is confined as well, but for the ports and the limits, which
    `confine` knows once there is a task. What this process has imported until then is its own.
    """
    files = _files(Config(cache_dir=cache_dir)) | {release: landlock.READ}
    apply(
        {
            "no_new_privs": forbid_new_privileges,
            "capabilities": drop_capabilities,
            "landlock": lambda: landlock.restrict(files, all_ports=True),
            "seccomp": lambda: seccomp.deny(DENIED, families=FAMILIES),
        }
    )
    sys.path.insert(0, release)


def _files(config: Config) -> dict[str | Path, int]:
    files: dict[str | Path, int] = dict.fromkeys(SYSTEM, landlock.READ)
    # Of this repository, whose folder may hold the site's data, the code alone; for the rest names
    # of files, which Python lists to find its modules.
    files[ROOT] = landlock.READ_DIR
    paths = {*sys.path, sys.prefix, sys.base_prefix, *_authorities()} - {"", str(ROOT)}
    files |= dict.fromkeys([ROOT / "classifier", ROOT / "ml", *paths], landlock.READ)
    for program in programs():
        files[program] = landlock.READ_FILE | landlock.EXECUTE
    files["/dev/null"] = landlock.READ_FILE | landlock.WRITE_FILE
    own = landlock.everything(landlock.version()) & ~landlock.EXECUTE
    files[os.getcwd()] = own
    if config.cache_dir:
        files[config.cache_dir] = own
    return files


def _authorities() -> list[str]:
    return [os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ]


def programs() -> list[str]:
    """Return Python, for decoders, the JavaScript runtimes, and what the kernel loads them by."""
    scripts = sysconfig.get_path("scripts")
    found = [shutil.which(name, path=scripts) or shutil.which(name) for name in RUNTIMES]
    loaders = [path for pattern in LOADERS for path in glob.glob(pattern)]
    return [os.path.realpath(path) for path in (sys.executable, *found, *loaders) if path]


def _ports(config: Config) -> dict[int, int]:
    ports = dict.fromkeys((HTTPS, DNS), landlock.CONNECT_TCP)
    # One that cannot be understood is no reason to do without the rest.
    with contextlib.suppress(ValueError):
        if config.proxy:
            url = urlsplit(config.proxy if "://" in config.proxy else f"http://{config.proxy}")
            ports[url.port or PROXY_PORTS.get(url.scheme, SOCKS_PORT)] = landlock.CONNECT_TCP
    if config.source_address:
        ports[0] = landlock.BIND_TCP
    return ports
