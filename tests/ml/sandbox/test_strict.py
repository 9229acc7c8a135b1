"""The confinement of a decoder: whole, and each measure by itself."""

from __future__ import annotations

import re
import signal
import socket
import textwrap
from pathlib import Path

import pytest

from ml.sandbox import trial
from ml.sandbox.kernel import MACHINES, NUMBERS
from ml.sandbox.strict import MEASURES
from tests.ml.sandbox.inside import outcome, run

ATTEMPTS = """
attempt("read a file", lambda: open("/etc/passwd"))
attempt("read the environment", lambda: open("/proc/self/environ"))
attempt("make a file", lambda: open("new", "w"))
attempt("list a folder", lambda: os.listdir("/"))
attempt("internet socket", lambda: socket.socket())
attempt("Unix socket", lambda: socket.socket(socket.AF_UNIX))
attempt("pair of sockets", lambda: socket.socketpair())
attempt("pipe", lambda: os.pipe())
attempt("start a program", lambda: subprocess.run(["/bin/true"]))
attempt("import Django", lambda: __import__("django"))
"""
BECOME_A_PROGRAM = 'attempt("become a program", lambda: os.execv("/bin/true", ["true"]))'


def attempts(measures: str, *more: str) -> dict[str, str]:
    """What the attempts come to after the measures."""
    return outcome("\n".join([textwrap.dedent(measures), ATTEMPTS, *more]))


def test_nothing_can_be_opened_started_or_connected_to():
    # By limits alone a program can take the place of the process, and then open nothing either.
    more = [BECOME_A_PROGRAM] if {"seccomp", "landlock"} & set(trial.measures()) else []
    told = attempts("strict.confine(cpu_s=20, memory_bytes=1 << 26)", *more)
    assert "done" not in told.values(), told


def test_all_that_this_machine_offers_is_taken():
    told = outcome('told["taken"] = strict.confine(cpu_s=20, memory_bytes=1 << 26)')
    assert told["taken"] == [name for name in MEASURES if name in trial.measures()]


def test_limits_alone_keep_everything_from_being_opened():
    told = attempts(
        """
        first = os.open(os.devnull, os.O_RDONLY)
        os.close(first)
        limits.limit(NOFILE=first)
        """
    )
    assert set(told.values()) <= {"EMFILE", "ModuleNotFoundError"}, told


@pytest.mark.seccomp
def test_seccomp_alone_refuses_every_call_but_those_of_a_decoder():
    told = attempts(
        """
        taken(no_new_privs=limits.forbid_new_privileges,
              seccomp=lambda: seccomp.allow_only(strict.CALLS))
        libc = ctypes.CDLL(None, use_errno=True)

        def executable_memory():
            libc.mmap.restype = ctypes.c_long
            if libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, 0) == -1:
                raise OSError(ctypes.get_errno(), "mmap")

        attempt("executable memory", executable_memory)
        attempt("fork", os.fork)
        attempt("signal to the parent", lambda: os.kill(os.getppid(), 0))
        """,
        BECOME_A_PROGRAM,
    )
    assert told.pop("taken") == ["no_new_privs", "seccomp"]
    assert told.pop("import Django") in {"EPERM", "ModuleNotFoundError"}
    assert set(told.values()) == {"EPERM"}, told


@pytest.mark.seccomp
def test_seccomp_by_denial_leaves_the_internet_and_takes_the_rest():
    told = outcome(
        """
        taken(no_new_privs=limits.forbid_new_privileges,
              seccomp=lambda: seccomp.deny(["ptrace", "unshare"], families=[socket.AF_INET]))
        libc = ctypes.CDLL(None, use_errno=True)

        def ptrace():
            libc.ptrace.restype = ctypes.c_long
            if libc.ptrace(16, os.getppid(), None, None) == -1:
                raise OSError(ctypes.get_errno(), "ptrace")

        attempt("internet socket", lambda: socket.socket().close())
        attempt("Unix socket", lambda: socket.socket(socket.AF_UNIX))
        attempt("packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        attempt("ptrace", ptrace)
        attempt("read a file", lambda: open("/etc/passwd").close())
        """
    )
    assert told == {
        "taken": ["no_new_privs", "seccomp"],
        "internet socket": "done",
        "Unix socket": "EAFNOSUPPORT",
        "packet socket": "EAFNOSUPPORT",
        "ptrace": "EPERM",
        "read a file": "done",
    }


@pytest.mark.landlock
def test_landlock_alone_keeps_files_programs_and_ports_away(tmp_path):
    for name in ("allowed", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "song").write_text("x")
    with socket.socket() as open_port, socket.socket() as other_port:
        for listening in (open_port, other_port):
            listening.bind(("127.0.0.1", 0))
            listening.listen()
        ports = [listening.getsockname()[1] for listening in (open_port, other_port)]
        told = outcome(
            f"""
            folder, port, other = {str(tmp_path)!r}, {ports[0]}, {ports[1]}
            taken(no_new_privs=limits.forbid_new_privileges,
                  landlock=lambda: landlock.restrict(
                      {{f"{{folder}}/allowed": landlock.READ, "/no such": landlock.READ}},
                      {{port: landlock.CONNECT_TCP}}))
            told["version"] = landlock.version()
            attempt("read", lambda: open(f"{{folder}}/allowed/song").close())
            attempt("write", lambda: open(f"{{folder}}/allowed/song", "w"))
            attempt("read another", lambda: open(f"{{folder}}/other/song"))
            attempt("list another", lambda: os.listdir(folder))
            attempt("start a program", lambda: subprocess.run(["/bin/true"]))
            attempt("the parent's environment", lambda: open(f"/proc/{{os.getppid()}}/environ"))
            attempt("port", lambda: socket.socket().connect(("127.0.0.1", port)))
            attempt("other port", lambda: socket.socket().connect(("127.0.0.1", other)))
            """
        )
    assert told.pop("taken") == ["no_new_privs", "landlock"]
    version = told.pop("version")
    assert told.pop("read") == told.pop("port") == "done"
    if version < 4:  # ports are known since
        told.pop("other port")
    assert set(told.values()) == {"EACCES"}, told


def test_memory_beyond_the_budget_is_refused():
    told = outcome(
        """
        strict.confine(cpu_s=20, memory_bytes=1 << 26)
        attempt("within", lambda: bytes(1 << 24))
        attempt("beyond", lambda: bytes(1 << 27))
        """
    )
    assert told == {"within": "done", "beyond": "MemoryError"}


def test_cpu_time_beyond_the_budget_ends_the_process_by_a_signal_of_its_own():
    done = run("strict.confine(cpu_s=1, memory_bytes=1 << 26)\nwhile True: pass")
    assert done.returncode == -signal.SIGXCPU


def test_root_is_nobody_in_particular():
    told = outcome(
        """
        strict.confine(cpu_s=20, memory_bytes=1 << 26)
        attempt("raise a limit", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
        """
    )
    assert told["raise a limit"] in {"ValueError", "EPERM"}


def test_a_limit_that_is_lower_already_stays():
    told = outcome(
        """
        resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
        limits.limit(NOFILE=100)
        told["files"] = resource.getrlimit(resource.RLIMIT_NOFILE)
        """
    )
    assert told["files"] == [10, 10]


def test_what_is_missing_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(trial, "measures", lambda: ("limits", "no_new_privs", "capabilities"))
    missing = trial.shortcomings()
    assert set(missing) == {"landlock", "seccomp"}
    assert "Landlock" in missing["landlock"]
    assert "seccomp" in missing["seccomp"]
    monkeypatch.setattr(trial, "measures", lambda: MEASURES)
    assert trial.shortcomings() == {}


def test_a_measure_that_the_kernel_refuses_does_not_stop_the_others():
    told = outcome(
        """
        def refused():
            raise OSError(38, "no such call")
        taken(first=refused, second=lambda: None)
        """
    )
    assert told["taken"] == ["second"]


HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", r"#define __NR_(\w+)\s+(\d+)"),
    "aarch64": ("/usr/include/asm-generic/unistd.h", r"#define __NR(?:3264)?_(\w+)\s+(\d+)"),
}


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_of_calls_are_those_of_the_kernels_headers(machine):
    """A wrong number would allow one call in the name of another."""
    path, pattern = HEADERS[machine]
    if not Path(path).exists():
        pytest.skip(f"{path} is not here (on Debian: apt-get install linux-libc-dev)")
    known = {name: int(number) for name, number in re.findall(pattern, Path(path).read_text())}
    column = MACHINES.index(machine)
    ours = {name: numbers[column] for name, numbers in NUMBERS.items()}
    assert {name: known.get(name) for name in ours} == ours
