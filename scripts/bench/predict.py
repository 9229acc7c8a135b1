"""What a track costs: cold, warm, and the way of loading the model anew for each request."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TRACKS = 12
CLIP_S = 30.0
ONE_NETWORK = "musicnn-gtzan-2"


def measure() -> dict:
    """In a process of its own, so that the peak is that of a worker and not of this program."""
    result = subprocess.run(
        [sys.executable, "-m", "scripts.bench.predict"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(result.stdout)


def run() -> dict:
    from scripts.bench.memory import peak_mb
    from scripts.testbed import sound

    with tempfile.TemporaryDirectory() as folder:
        clip = sound.write(Path(folder) / "clip.mp3", sound.chord(CLIP_S))
        song = sound.write(Path(folder) / "song.mp3", sound.chord(240.0))
        started = time.perf_counter()
        from ml.audio.decode import decode
        from ml.inference.classifier import Classifier, get_classifier

        def classify(classifier: Classifier, path: Path = clip) -> float:
            begun = time.perf_counter()
            classifier.predict(decode(path, rate_hz=classifier.rate_hz))
            return time.perf_counter() - begun

        classifier = get_classifier()
        loaded = time.perf_counter()
        classify(classifier)
        cold_s = time.perf_counter() - started
        warm = [classify(classifier) for _ in range(TRACKS)]
        after_clips_mb = peak_mb(os.getpid())
        front_end = classifier.front_end
        with_one_network = classify_by_one_network(classifier, clip, classify)
        begun = time.perf_counter()
        samples = decode(clip, rate_hz=classifier.rate_hz)
        decode_s = time.perf_counter() - begun
        begun = time.perf_counter()
        front_end.patches(samples, hop_frames=front_end.patch_frames)
        features_s = time.perf_counter() - begun
        song_s = classify(classifier, song)
        song_mb = peak_mb(os.getpid())
        reloading = [reload_and_classify(classifier.card, classify) for _ in range(3)]
    warm_s = statistics.median(warm)
    return {
        "clip_s": CLIP_S,
        "cold_s": round(cold_s, 2),
        "load_s": round(loaded - started, 2),
        "warm_s_per_track": round(warm_s, 3),
        "warm_decode_s": round(decode_s, 3),
        "warm_features_s": round(features_s, 3),
        "warm_network_s": round(max(0.0, warm_s - decode_s - features_s), 3),
        **with_one_network,
        "tracks_per_minute": round(60 / warm_s, 1),
        "reloading_model_s_per_track": round(statistics.median(reloading), 3),
        "reloading_per_warm": round(statistics.median(reloading) / warm_s, 1),
        "cold_per_warm": round(cold_s / warm_s, 1),
        "whole_song_of_240_s_s": round(song_s, 3),
        "peak_memory_mb": after_clips_mb,
        "peak_memory_after_whole_song_mb": song_mb,
    }


def classify_by_one_network(classifier, clip: Path, classify) -> dict:
    """What a second network adds: the same clip by a model that hears by MusiCNN alone, in turn."""
    from ml.inference.classifier import get_classifier

    if classifier.card.yamnet is None:
        return {}
    one = get_classifier(ONE_NETWORK)
    classify(one, clip)
    pairs = [(classify(classifier, clip), classify(one, clip)) for _ in range(TRACKS)]
    both, alone = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return {
        "warm_s_per_track_by_one_network": round(alone, 3),
        "two_networks_per_one": round(both / alone, 2),
    }


def reload_and_classify(card, classify) -> float:
    """The original project's way: the model is read from disk for every request."""
    from ml.inference.classifier import Classifier

    begun = time.perf_counter()
    classify(Classifier(card))
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(json.dumps(run()))
