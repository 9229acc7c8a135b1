"""Which measures of confinement this machine offers, found out by taking them in a child process.

    python -m ml.sandbox.trial

prints a JSON list. Landlock and seccomp may be missing in old kernels and in containers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

from .children import environment, python
from .strict import MEASURES, confine

DEADLINE_S = 20
CPU_S = 10
MEMORY_BYTES = 64 * 1024 * 1024

# Measure -> what is missing without it, for the operator.
WITHOUT = {
    "no_new_privs": "a decoder could start programs that gain rights (no_new_privs is refused)",
    "capabilities": "a decoder started by root keeps root's rights (capset is refused)",
    "landlock": "the kernel does not keep files from decoder and yt-dlp by Landlock (Linux 5.13)",
    "limits": "memory and CPU time of a decoder are not limited (setrlimit is refused)",
    "seccomp": "the kernel does not refuse system calls of a decoder by seccomp (Linux 3.17)",
}


@cache
def measures() -> tuple[str, ...]:
    """Return which of `MEASURES` this machine offers; none where the trial itself fails."""
    try:
        told = subprocess.run(
            python("ml.sandbox.trial"),
            env=environment(),
            cwd="/",
            capture_output=True,
            timeout=DEADLINE_S,
            check=True,
        ).stdout
        found = json.loads(told)
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()
    return tuple(name for name in MEASURES if name in found)


def shortcomings() -> dict[str, str]:
    """Return the measures that are missing here, and a sentence for each."""
    found = measures()
    return {name: f"On this machine {WITHOUT[name]}." for name in MEASURES if name not in found}


def main() -> None:
    print(json.dumps(confine(cpu_s=CPU_S, memory_bytes=MEMORY_BYTES)), flush=True)
    sys.exit()


if __name__ == "__main__":
    main()
