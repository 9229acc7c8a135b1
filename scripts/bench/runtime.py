"""Keras and the light runtime side by side: a clip, a worker, a site."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.bench.memory import held_mb_of_children, peak_mb
from scripts.testbed.site import Site

ROUNDS = 3
TRACKS = 10
CLIP_S = 30.0
RUNTIMES = ("keras", "light")


def measure() -> dict:
    """In turn, so that a busy moment of the machine slows both."""
    runs: dict[str, list[dict]] = {name: [] for name in RUNTIMES}
    for _ in range(ROUNDS):
        for runtime, found in runs.items():
            found.append(child("one", runtime) | served_by(runtime))
    result: dict = {"clip_s": CLIP_S} | child("pairs")
    for name in runs["keras"][0]:
        keras, light = (statistics.median(run[name] for run in runs[key]) for key in runs)
        result |= {f"keras_{name}": round(keras, 3), f"light_{name}": round(light, 3)}
        result[f"light_per_keras_{name}"] = round(light / keras, 3)
    return result


def child(*arguments: str) -> dict:
    """Measure in a process of its own, so that the peak is not that of this program."""
    command = [sys.executable, "-m", "scripts.bench.runtime", *arguments]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(told.stdout)


def one(runtime: str) -> dict:
    """What a process takes to be warm, and its memory after a clip."""
    started = time.perf_counter()
    from ml.inference.classifier import get_classifier

    classifier = get_classifier(runtime=runtime)
    classifier.warm_up()
    load_s = time.perf_counter() - started
    with clip() as path:
        classify(classifier, path)
    return {"load_s": load_s, "classifying_mb": peak_mb(os.getpid())}


def pairs() -> dict:
    """The same clip by both in turn, decoding included."""
    from ml.inference.classifier import get_classifier

    classifiers = {name: get_classifier(runtime=name) for name in RUNTIMES}
    seconds: dict[str, list[float]] = {name: [] for name in classifiers}
    with clip() as path:
        for _ in range(1 + TRACKS):
            for name, classifier in classifiers.items():
                seconds[name].append(classify(classifier, path))
    keras, light = (statistics.median(found[1:]) for found in seconds.values())  # one to warm up
    return {
        "keras_s_per_clip": round(keras, 3),
        "light_s_per_clip": round(light, 3),
        "light_per_keras_s_per_clip": round(light / keras, 2),
    }


@contextmanager
def clip() -> Iterator[Path]:
    from scripts.testbed import sound

    with tempfile.TemporaryDirectory() as folder:
        yield sound.write(Path(folder) / "clip.mp3", sound.chord(CLIP_S))


def classify(classifier, path: Path) -> float:
    from ml.audio.decode import decode

    begun = time.perf_counter()
    classifier.predict(decode(path, rate_hz=classifier.rate_hz))
    return time.perf_counter() - begun


def served_by(runtime: str) -> dict:
    """What a site costs: from its start to a warm worker, and the memory of its processes."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), MODEL_RUNTIME=runtime).start()
        site.wait_until_ready()
        ready_s = time.perf_counter() - site.started_at
        worker_mb = peak_mb(site.worker_pids()[0])
        site_mb = held_mb_of_children(site.process.pid)
        site.stop()
    return {"worker_ready_s": ready_s, "worker_mb": worker_mb, "site_mb": site_mb}


if __name__ == "__main__":
    print(json.dumps({"one": one, "pairs": pairs}[sys.argv[1]](*sys.argv[2:])))
