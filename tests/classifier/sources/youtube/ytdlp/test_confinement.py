"""What the child process of yt-dlp, and what it starts, can do at all."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import sysconfig
import textwrap

import pytest

from ml.sandbox import trial
from tests.ml.sandbox.inside import outcome

CONFINED = """
from classifier.sources.youtube.ytdlp import confinement, guard
from classifier.sources.youtube.ytdlp.config import Config
told["taken"] = confinement.confine(Config(**json.loads(os.environ["CONFIG"])), 30)
"""


def confined(script: str, config: str = "{}") -> dict[str, str]:
    told = outcome(CONFINED + textwrap.dedent(script), CONFIG=config)
    assert told.pop("taken") == [
        name
        for name in ("no_new_privs", "capabilities", "landlock", "limits", "seccomp")
        if name in trial.measures()
    ]
    return told


@pytest.mark.landlock
def test_the_sites_data_and_the_systems_secrets_cannot_be_read(tmp_path):
    (tmp_path / "secret_key").write_text("secret")
    told = confined(
        f"""
        paths = os.environ["PYTHONPATH"].split(":")
        attempt("data", lambda: open({str(tmp_path / "secret_key")!r}))
        attempt("settings", lambda: open(f"{{paths[0]}}/pyproject.toml"))
        attempt("passwords", lambda: open("/etc/passwd"))
        attempt("parent", lambda: open(f"/proc/{{os.getppid()}}/environ"))
        attempt("parent's memory", lambda: open(f"/proc/{{os.getppid()}}/mem", "rb"))
        attempt("write", lambda: open({str(tmp_path / "new")!r}, "w"))
        """
    )
    assert set(told.values()) == {"EACCES"}, told


@pytest.mark.landlock
def test_no_program_but_python_and_deno_can_be_started():
    told = confined(
        """
        attempt("shell", lambda: subprocess.run(["/bin/sh", "-c", "true"]))
        attempt("env", lambda: subprocess.run(["/usr/bin/env"]))
        attempt("python", lambda: subprocess.run([sys.executable, "-c", ""], check=True))
        """
    )
    assert told == {"shell": "EACCES", "env": "EACCES", "python": "done"}


@pytest.mark.landlock
def test_it_keeps_its_cache_and_its_folder(tmp_path):
    told = confined(
        f"""
        attempt("cache", lambda: open({str(tmp_path / "cache" / "x")!r}, "w").close())
        """,
        config=f'{{"cache_dir": "{tmp_path / "cache"}"}}',
    )
    assert told == {"cache": "done"}


@pytest.mark.landlock
def test_ports_are_those_of_https_dns_and_the_proxy():
    with socket.socket() as proxy, socket.socket() as other:
        for listening in (proxy, other):
            listening.bind(("127.0.0.1", 0))
            listening.listen()
        told = confined(
            f"""
            told["version"] = landlock.version()
            for name, port in (("proxy", {proxy.getsockname()[1]}),
                               ("other", {other.getsockname()[1]}),
                               ("https", 443)):
                attempt(name, lambda: socket.socket().connect(("127.0.0.1", port)))
            attempt("unix", lambda: socket.socket(socket.AF_UNIX))
            """,
            config=f'{{"proxy": "http://name:password@127.0.0.1:{proxy.getsockname()[1]}"}}',
        )
    if told.pop("version") < 4:
        pytest.skip("this kernel's Landlock knows no ports (Linux 6.7)")
    assert told["proxy"] == "done"
    assert told["other"] == "EACCES"
    assert told["https"] in {"ECONNREFUSED", "done"}


@pytest.mark.landlock
@pytest.mark.parametrize("proxy", ["http://proxy:99999", "http://[::1", "nonsense"])
def test_a_proxy_that_cannot_be_understood_opens_nothing(proxy):
    told = confined(
        """
        attempt("passwords", lambda: open("/etc/passwd"))
        """,
        config=f'{{"proxy": "{proxy}"}}',
    )
    assert told == {"passwords": "EACCES"}


@pytest.mark.seccomp
def test_other_processes_are_out_of_reach():
    told = confined(
        """
        attempt("unix", lambda: socket.socket(socket.AF_UNIX))
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long

        def call(*arguments):
            if libc.syscall(*map(ctypes.c_long, arguments)) == -1:
                raise OSError(ctypes.get_errno(), "refused")

        from ml.sandbox.kernel import number
        for name in ("ptrace", "process_vm_readv", "unshare", "io_uring_setup", "bpf"):
            attempt(name, lambda: call(number(name), 0, 0, 0, 0, 0, 0))
        """
    )
    assert told.pop("unix") == "EAFNOSUPPORT"
    assert set(told.values()) == {"EPERM"}, told


DENO = shutil.which("deno", path=sysconfig.get_path("scripts")) or shutil.which("deno")


@pytest.mark.skipif(not DENO, reason="deno is not installed (pip install deno)")
def test_deno_runs_a_script_as_yt_dlp_has_it_do_and_is_not_told_of_the_proxy():
    """The script that solves YouTube's challenges, with the options that yt-dlp gives deno."""
    script = """
        guard.install("http://name:a-password@127.0.0.1:1")
        proxy = "http://name:a-password@127.0.0.1:1"
        environment = dict(os.environ, HTTPS_PROXY=proxy, http_proxy=proxy)
        command = [confinement.programs()[1], "run", "--ext=js", "--no-code-cache", "--no-prompt",
                   "--no-remote", "--no-lock", "--node-modules-dir=none", "--no-config",
                   "--no-npm", "--cached-only", "-"]
        from yt_dlp_ejs.yt import solver
        data = {
            "type": "preprocessed",
            "preprocessed_player": "_result.n = s => s.split('').reverse().join('')",
            "requests": [{"type": "n", "challenges": ["abc"]}],
        }
        code = f"{solver.lib()}; Object.assign(globalThis, lib); {solver.core()};"
        code += f"console.log(jsc({json.dumps(data)}).responses[0].data.abc)"
        done = subprocess.run(command, input=code, capture_output=True, text=True, env=environment)
        told["deno"] = [done.returncode, done.stdout.strip(), done.stderr[:300]]
        told["environment"] = [name for name in environment if "proxy" in name.lower()]
        attempt("node", lambda: subprocess.run(["node", "-v"]))
        attempt("shell", lambda: os.system("true"))
        """
    told = confined(script)
    assert told["deno"] == [0, "cba", ""]
    assert told["environment"] == []
    assert "done" not in {told["node"], told["shell"]}


def test_nothing_but_python_and_deno_is_started_where_the_kernel_does_not_help():
    code = textwrap.dedent(
        """
        import os, subprocess, sys
        from classifier.sources.youtube.ytdlp import guard
        guard.install("")
        for start in (lambda: subprocess.run(["/bin/sh", "-c", "true"]),
                      lambda: subprocess.run(["node", "-v"]),
                      lambda: os.system("true"),
                      lambda: os.execv("/bin/true", ["true"]),
                      lambda: os.posix_spawn("/bin/true", ["true"], {})):
            try:
                start()
                print("started")
            except guard.ProgramRefused:
                print("refused")
        print(subprocess.run([sys.executable, "-c", "print(42)"], capture_output=True).stdout)
        """
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["refused"] * 5 + ["b'42\\n'"], done.stderr
