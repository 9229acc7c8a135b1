"""A folder of 200 clips: one file at a time, and with some decoded while another is heard.

In turn, fifty files each way, by both runtimes; beside them what the networks alone take for
patches that are at hand, which is the least that a folder can take.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

CLIPS, DIFFERENT, AT_A_TIME = 200, 10, 50
CLIP_S = 30.0
RUNTIMES = ("keras", "light")
TOLERANCE = 1e-4  # of logits


def measure() -> dict:
    with tempfile.TemporaryDirectory() as folder:
        make_clips(Path(folder))
        result: dict = {"clips": CLIPS, "clip_s": CLIP_S}
        for runtime in RUNTIMES:  # in processes of their own: they do not share memory or threads
            command = [sys.executable, "-m", "scripts.bench.batch", runtime, folder]
            told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            result |= {
                f"{runtime}_{name}": value for name, value in json.loads(told.stdout).items()
            }
    result["light_batch_per_keras_one_at_a_time"] = round(
        result["light_batch_per_min"] / result["keras_one_at_a_time_per_min"], 2
    )
    return result


def make_clips(folder: Path) -> None:
    from scripts.testbed import sound

    for i in range(DIFFERENT):
        made = sound.write(folder / f"clip-{i:03}.mp3", sound.chord(CLIP_S - 0.1 * i))
        for copy in range(i + DIFFERENT, CLIPS, DIFFERENT):
            shutil.copy(made, folder / f"clip-{copy:03}.mp3")


def run(runtime: str, folder: Path) -> dict:
    from ml.audio import confined
    from ml.inference.batch import predict_files
    from ml.inference.classifier import get_classifier

    classifier = get_classifier(runtime=runtime)
    classifier.warm_up()
    confined.warm()

    def one_at_a_time(paths: list[Path]) -> list[np.ndarray]:
        samples = (confined.decode(path, rate_hz=classifier.rate_hz) for path in paths)
        return [classifier.predict(sound).logits for sound in samples]

    def batch(paths: list[Path]) -> list[np.ndarray]:
        results = predict_files(classifier, paths, max_duration_s=900)
        return [result.prediction.logits for result in results]

    ways: dict[str, Callable[[list[Path]], list[np.ndarray]]] = {
        "one_at_a_time": one_at_a_time,
        "batch": batch,
    }
    took = dict.fromkeys(ways, 0.0)
    paths = sorted(folder.glob("*.mp3"))
    furthest = 0.0
    for first in range(0, len(paths), AT_A_TIME):
        answers = []
        for name, way in ways.items():
            began = time.perf_counter()
            answers.append(np.stack(way(paths[first : first + AT_A_TIME])))
            took[name] += time.perf_counter() - began
        furthest = max(furthest, float(np.abs(answers[0] - answers[1]).max()))
    if furthest > TOLERANCE:
        raise RuntimeError(f"the answers differ by {furthest:.2g}")
    confined.end_spare()
    rates = {name: 60 * len(paths) / seconds for name, seconds in took.items()}
    alone = 60 / networks_alone_s(classifier, paths[0])
    return {
        **{f"{name}_per_min": round(rate) for name, rate in rates.items()},
        "batch_per_one_at_a_time": round(rates["batch"] / rates["one_at_a_time"], 2),
        "networks_alone_per_min": round(alone),
        "batch_per_networks_alone": round(rates["batch"] / alone, 2),
        "largest_difference": furthest,
    }


def networks_alone_s(classifier, path: Path, times: int = 20) -> float:
    from ml.audio.decode import decode

    patches, _ = classifier._patches(decode(path, rate_hz=classifier.rate_hz))
    began = time.perf_counter()
    for _ in range(times):
        classifier._run(patches)
    return (time.perf_counter() - began) / times


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1], Path(sys.argv[2]))))
