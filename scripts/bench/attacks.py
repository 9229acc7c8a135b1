"""What files made to exhaust a decoder take, in the worker's own process and in a confined one."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.testbed import attacks

RATE_HZ = 16_000
MAX_DURATION_S = 1200.0  # the default of AUDIO_MAX_MINUTES
# For the sake of the machine that measures: the ten tracks would take 5.7 GB in the worker.
MOST_BYTES = 4 * 1024**3
FILES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "index_of_20_million": ("a.m4a", lambda path: attacks.huge_index(path, 20_000_000)),
    "index_of_80_million": ("a.m4a", lambda path: attacks.huge_index(path, 80_000_000)),
    "ten_such_tracks": ("a.m4a", lambda path: attacks.huge_index(path, 80_000_000, 10)),
    "moov_packed_400_mb": ("a.mov", lambda path: attacks.packed_moov(path, 400 << 20)),
    "four_covers_of_64_megapixels": ("a.mp3", lambda path: attacks.covers(path, 4)),
    "eight_channels_at_655350_hz": ("a.flac", lambda path: attacks.many_samples(path, 300)),
    "rate_of_two_thousand_million": ("a.wav", attacks.absurd_rate),
}


def measure() -> dict:
    result: dict[str, object] = {}
    for name, (file, make) in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = make(Path(folder) / file)
            result[f"{name}_kb"] = round(path.stat().st_size / 1000)
            for way in ("in_process", "in_child"):
                told = decoded_in_a_process(way, path)
                result |= {f"{name}_{way}_{unit}": value for unit, value in told.items()}
    return result


def decoded_in_a_process(way: str, path: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.attacks", way, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def run(way: str, path: str) -> dict:
    """Decode a file, and tell what came of it with the peak memory and the CPU time it took."""
    from ml.audio import confined, decode
    from ml.errors import AudioError

    function = decode.decode
    if way == "in_child":
        function = confined.decode
    else:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    answer = "decoded"
    try:
        function(path, rate_hz=RATE_HZ, max_duration_s=MAX_DURATION_S)
    except (AudioError, MemoryError) as error:
        answer = type(error).__name__
    confined.end_spare()
    whose = resource.RUSAGE_CHILDREN if way == "in_child" else resource.RUSAGE_SELF
    usage = resource.getrusage(whose)
    return {
        "answer": answer,
        "peak_mb": round(usage.ru_maxrss * 1024 / 1e6),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
    }


if __name__ == "__main__":
    print(json.dumps(run(*sys.argv[1:])))
