import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import preflight
from scripts.testbed.site import ROOT, free_port

OLD = "flags\t\t: fpu sse sse2 ssse3 sse4_1\n"
WITHOUT_AVX = "flags\t\t: fpu sse sse2 ssse3 sse4_1 sse4_2 popcnt\n"
WITH_AVX = "flags\t\t: fpu sse sse2 ssse3 sse4_1 sse4_2 popcnt avx\n"


def test_a_free_port_is_fine():
    assert preflight.port_problem("127.0.0.1", str(free_port())) is None


def test_a_port_in_use_is_one_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert "cannot be used" in preflight.port_problem("127.0.0.1", port)


@pytest.mark.parametrize("port", ["abc", "0", "70000", ""])
def test_nonsense_is_no_port(port):
    assert "is no port" in preflight.port_problem("127.0.0.1", port)


@pytest.mark.parametrize(
    ("engine", "flags", "said"),
    [
        ("keras", WITH_AVX, None),
        ("keras", WITHOUT_AVX, "no AVX, which TensorFlow needs: LIGHT=1"),
        ("light", WITHOUT_AVX, None),
        ("light", OLD, "no SSE4.2"),
        ("keras", OLD, "no AVX"),
        ("light", "processor : 0\n", None),  # nothing is said of it, so nothing is known
    ],
)
def test_a_processor_that_lacks_something_is_one_sentence(tmp_path, engine, flags, said):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n{flags}\n")
    found = preflight.processor_problem(engine, "x86_64", cpuinfo)
    assert found is None if said is None else said in found


def test_flags_are_asked_of_intels_kind_alone(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("Features\t: fp asimd\n")
    assert preflight.processor_problem("light", "aarch64", cpuinfo) is None
    assert "armv7l" in preflight.processor_problem("light", "armv7l", cpuinfo)


def test_this_machine_passes():
    assert preflight.processor_problem("light") is None


def test_the_smallest_limit_of_memory_counts(tmp_path):
    meminfo, limit, none = tmp_path / "meminfo", tmp_path / "memory.max", tmp_path / "missing"
    meminfo.write_text("MemTotal:  8000000 kB\nMemFree: 1 kB\nSwapTotal: 100 kB\n")
    limit.write_text("max\n")
    assert preflight.memory_problem(450, meminfo, (limit, none)) is None
    limit.write_text(f"{300 * 1024 * 1024}\n")
    assert "Only 300 MB of memory" in preflight.memory_problem(450, meminfo, (limit, none))
    assert preflight.memory_problem(300, meminfo, (limit, none)) is None


def test_little_room_is_one_sentence(tmp_path):
    assert preflight.room_problem(tmp_path / "not" / "yet", 1) is None
    assert "are needed" in preflight.room_problem(tmp_path / "not" / "yet", 10**9)


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    assert "cannot be made" in preflight.data_problem(tmp_path / "file" / "data")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else_is_one_sentence(tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    assert "cannot be written by user" in preflight.data_problem(tmp_path / "data")


def run(role: str, **env: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, ROOT / "scripts/preflight.py", role],
        env={"PATH": os.defpath, **env},
        capture_output=True,
        text=True,
        cwd=env.get("DATA_DIR", "."),
    )


def test_what_cannot_work_ends_with_2(tmp_path):
    done = run("site", DATA_DIR=str(tmp_path), HOST="127.0.0.1", PORT="none")
    assert done.returncode == 2
    assert done.stderr == "PORT='none' is no port: use a number from 1 to 65535.\n"


def test_what_can_work_says_nothing(tmp_path):
    env = {"DATA_DIR": str(tmp_path), "HOST": "127.0.0.1", "PORT": str(free_port())}
    assert run("site", **env).returncode == run("worker", **env).returncode == 0


def test_an_unknown_role_is_one_sentence():
    env = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}"}
    done = subprocess.run(
        [ROOT / "scripts/entry", "dance"], env=env, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "There is no 'dance'" in done.stderr
    assert done.stderr.count("\n") == 1
