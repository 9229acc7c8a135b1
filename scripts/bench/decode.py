"""What it costs to decode in a confined process of its own, against decoding in this one."""

from __future__ import annotations

import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 15
RATE_HZ = 16_000
SONGS_S = {"clip": 30.0, "song": 240.0}
PAUSE_S = 0.6  # as between songs: the next process has its imports done by then


def measure() -> dict:
    from ml.audio import confined, decode
    from scripts.testbed import sound

    result: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in SONGS_S.items():
            path = sound.write(Path(folder) / f"{name}.mp3", sound.chord(seconds))
            here, child = [], []
            for _ in range(1 + ROUNDS):  # the first is for what only a first time costs
                here.append(timed(decode.decode, path))
                confined.warm()
                time.sleep(PAUSE_S)
                child.append(timed(confined.decode, path))
                confined.end_spare()
            here_s, child_s = statistics.median(here[1:]), statistics.median(child[1:])
            result |= {
                f"{name}_s": seconds,
                f"{name}_in_process_s": round(here_s, 3),
                f"{name}_in_child_s": round(child_s, 3),
                f"{name}_child_costs_s": round(child_s - here_s, 3),
                f"{name}_child_per_in_process": round(child_s / here_s, 2),
            }
        confined.end_spare()
        cold = [timed(confined.decode, path, confined.end_spare) for _ in range(ROUNDS // 3)]
        result["song_in_child_without_a_spare_s"] = round(statistics.median(cold), 3)
    result["next_process_cpu_s"] = round(statistics.median(start_cpu_s() for _ in range(5)), 3)
    return result


def start_cpu_s() -> float:
    """CPU time of a process that is started and has nothing to do."""
    from ml.audio import confined

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    confined.warm()
    time.sleep(2 * PAUSE_S)
    confined.end_spare()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def timed(decode: Callable, path: Path, after: Callable[[], None] = lambda: None) -> float:
    started = time.perf_counter()
    decode(path, rate_hz=RATE_HZ)
    seconds = time.perf_counter() - started
    after()
    return seconds
