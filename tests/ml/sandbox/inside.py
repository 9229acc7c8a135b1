"""Runs lines of Python in a child process, which tell what they came to."""

from __future__ import annotations

import json
import subprocess
import tempfile
import textwrap

from ml.sandbox.children import environment, python

PRELUDE = """
import ctypes, errno, json, os, resource, signal, socket, subprocess, sys
from ml.sandbox import landlock, limits, seccomp, strict
told = {}

def attempt(name, action):
    try:
        action()
        told[name] = "done"
    except OSError as error:
        told[name] = errno.errorcode.get(error.errno, repr(error))
    except BaseException as error:
        told[name] = type(error).__name__

def taken(**measures):
    told["taken"] = strict.apply(measures)
"""


def run(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script, between pipes as the children of the site do."""
    code = f"{PRELUDE}\n{textwrap.dedent(script)}\nprint(json.dumps(told), flush=True)\nos._exit(0)"
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [*python("x")[:-2], "-c", code],
            cwd=folder,
            env={**environment(), **env},
            stdin=subprocess.PIPE,
            capture_output=True,
            text=True,
            timeout=60,
        )


def outcome(script: str, **env: str) -> dict[str, str]:
    """What each `attempt` of a script came to: "done", or the error."""
    done = run(script, **env)
    assert done.returncode == 0, (done.returncode, done.stderr)
    return json.loads(done.stdout)
