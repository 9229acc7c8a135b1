"""Does the light runtime answer alike on processors that this machine has not?

    python -m scripts.experiments.emulated Westmere Haswell

runs it under `qemu-x86_64-static` (Debian: qemu-user-static) as those processors, and tells how far
the logits of some seconds of a demo track are from those here. For arm64, with a root file system
that has such a Python, and a folder with wheels for it (`pip install --target FOLDER --platform
manylinux_2_35_aarch64 --only-binary=:all: --no-deps ...`):

    python -m scripts.experiments.emulated --qemu qemu-aarch64-static --root ROOT --packages FOLDER

Emulation takes a hundred times as long, so it says nothing of speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from scripts.testbed.site import ROOT

SECONDS = 4.0
SONG = ROOT / "classifier/library/hay-bale-hop.mp3"
SCRIPT = f"""
import json, platform
from ml.audio.decode import decode
from ml.inference.classifier import get_classifier

classifier = get_classifier(runtime="light")
samples = decode({str(SONG)!r}, rate_hz=classifier.rate_hz)[: int({SECONDS} * classifier.rate_hz)]
logits = classifier.predict(samples).logits.tolist()
print(json.dumps({{"machine": platform.machine(), "logits": logits}}))
"""


def run(prefix: list[str], python: str, packages: str) -> dict:
    env = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([str(ROOT), packages])}
    done = subprocess.run(
        [*prefix, python, "-c", SCRIPT], env=env, capture_output=True, text=True, cwd=ROOT
    )
    if done.returncode:
        ended = done.stderr.strip().splitlines() or [f"ended by {done.returncode}"]
        return {"failed": ended[-1]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("cpu", nargs="*", help="processors by qemu's names; none is its default")
    parser.add_argument("--qemu", default="qemu-x86_64-static")
    parser.add_argument("--root", type=Path, help="root file system of another architecture")
    parser.add_argument("--packages", type=Path, help="folder with its packages")
    options = parser.parse_args()
    # The interpreter itself and not the link in a virtual environment, which qemu does not follow.
    python, packages = os.path.realpath(sys.executable), os.pathsep.join(sys.path[1:])
    here = run([], python, packages)
    if options.root:
        python = str(max((options.root / "usr/bin").glob("python3.*[0-9]")))
        packages = str(options.packages)
    for cpu in options.cpu or [""]:
        prefix = [options.qemu, *(["-cpu", cpu] if cpu else [])]
        prefix += ["-L", str(options.root)] if options.root else []
        found = run(prefix, python, packages)
        if "failed" in found:
            print(f"{cpu or options.qemu}: {found['failed']}")
            continue
        pairs = zip(here["logits"], found["logits"], strict=True)
        furthest = max(abs(a - b) for a, b in pairs)
        print(f"{cpu or found['machine']}: logits differ by {furthest:.1g} at most", flush=True)


if __name__ == "__main__":
    main()
