"""What a song from YouTube costs, against the way of the original project.

YouTube is the fake of the tests, on this machine, behind a line with the delay and the bandwidth
below. A process with a warm model does what the worker does for a song (`ours`), and what the
original did for each request (`original`): download all of the m4a, cut out three seconds, read
the model from disk, ask it twice. Both end with the same network, so that only the way differs.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DELAY_S = 0.06  # before every answer, and for every new connection
BANDWIDTH = 1_500_000  # bytes a second, for all connections together
ROUNDS = 3
PAUSE_S = 3.0  # as between visitors: the next child process has its imports done by then


def measure() -> dict:
    from scripts.testbed.fake_youtube import songs
    from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
    from scripts.testbed.fake_youtube.world import World

    song, mix = songs.demo_songs()[0], songs.hour_mix()  # the same music
    world = World([song, mix], delay_s=DELAY_S, bandwidth=BANDWIDTH)
    for one in world.songs:
        for stream in one.streams:
            one.content(stream)  # encoded before the clock runs
    # What is measured -> what the process is asked for, and whether the small stream is offered.
    ways = {
        "ours": ({"way": "ours", "id": song.id}, True),
        "original": ({"way": "original", "id": song.id}, True),
        "hour_mix": ({"way": "ours", "id": mix.id}, True),
        "m4a_alone": ({"way": "ours", "id": song.id}, False),
        "whole_song": ({"way": "whole", "id": song.id}, True),
    }
    found: dict[str, list[dict]] = {name: [] for name in ways}
    with FakeYouTubeProxy(world) as proxy, tempfile.TemporaryDirectory() as folder:
        worker = _Worker(Path(folder), proxy.environment)
        try:
            for _ in range(1 + ROUNDS):
                for name, (order, world.webm) in ways.items():
                    time.sleep(PAUSE_S)
                    before = len(world.log)
                    seconds = worker.do(order)
                    found[name].append({"s": seconds, **_cost(world, before)})
        finally:
            worker.end()
    if world.foreign:
        raise RuntimeError(f"somebody asked {world.foreign[0].host}")
    # The first round is for what only a first time costs, on either side.
    medians = {name: _medians(costs[1:]) for name, costs in found.items()}
    ours, original, mix_cost = (medians[name] for name in ("ours", "original", "hour_mix"))
    return {
        "delay_s": DELAY_S,
        "bandwidth_mb_per_s": BANDWIDTH / 1e6,
        "song_s": song.duration_s,
        **{f"{name}_{unit}": value for name, row in medians.items() for unit, value in row.items()},
        "ours_per_original_time": round(ours["s"] / original["s"], 2),
        "ours_per_original_bytes": round(ours["media_mb"] / original["media_mb"], 3),
        "hour_mix_per_song_time": round(mix_cost["s"] / ours["s"], 2),
        "hour_mix_per_song_bytes": round(mix_cost["media_mb"] / ours["media_mb"], 2),
    }


def _cost(world, before: int) -> dict:
    from scripts.testbed.fake_youtube.player import MEDIA_HOST

    asked = world.log[before:]
    media = [request for request in asked if request.host == MEDIA_HOST]
    return {
        "media_mb": sum(request.sent for request in media) / 1e6,
        "all_mb": sum(request.sent for request in asked) / 1e6,
        "media_requests": len(media),
        "requests": len(asked),
    }


def _medians(costs: list[dict]) -> dict:
    return {
        unit: round(statistics.median(cost[unit] for cost in costs), 0 if "requests" in unit else 3)
        for unit in costs[0]
    }


class _Worker:
    """The measured process: an order as a line of JSON in, the seconds it took out."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.bench.fetch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "DJANGO_SETTINGS_MODULE": "genresite.settings",
                "DATA_DIR": str(folder),
                "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
                "SECRET_KEY": "only-for-the-benchmark",
                **environment,
            },
        )

    def do(self, order: dict) -> float:
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


def work() -> None:
    """Be a worker that is warm, and time each order from the click to the answer."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from classifier.sources.youtube.ytdlp import process
    from ml.inference.classifier import get_classifier

    call_command("migrate", verbosity=0)
    classifier = get_classifier()
    classifier.warm_up()
    process.warm()
    folder = Path(settings.DATA_DIR) / "downloads"
    for line in sys.stdin:
        order = json.loads(line)
        started = time.perf_counter()
        if order["way"] == "original":
            original(order["id"], folder, classifier.card)
        else:
            ours(order["id"], classifier, whole=order["way"] == "whole")
        print(time.perf_counter() - started, flush=True)
        shutil.rmtree(folder, ignore_errors=True)


def ours(video_id: str, classifier, whole: bool) -> None:
    """What the worker does between taking a job and storing its answer."""
    from classifier import sources

    audio = sources.fetch("youtube", video_id, classifier.rate_hz, whole=whole)
    classifier.predict_windows(audio.heard())


def original(video_id: str, folder: Path, card) -> None:
    """What the original's view did. Its yt-dlp and TensorFlow are imported already, as ours are."""
    from yt_dlp import YoutubeDL

    from classifier.sources.youtube.source import config
    from classifier.sources.youtube.ytdlp.config import Log, params
    from ml.inference.classifier import Classifier

    options = params(
        config(),
        Log(),
        format="bestaudio[ext=m4a]",
        outtmpl=str(folder / "song.%(ext)s"),
        fixup="never",
    )
    with YoutubeDL(options) as ydl:
        ydl.download([f"https://www.youtube.com/watch?v={video_id}"])
    classifier = Classifier(card)
    samples = three_seconds(folder / "song.m4a", classifier.rate_hz)
    for _ in range(2):
        classifier.predict(samples)


def three_seconds(path: Path, rate_hz: int):
    """From second 30 on, as `librosa.load` gave them; it reads m4a with ffmpeg alone. Without one
    PyAV does it, which is quicker.
    """
    if shutil.which("ffmpeg"):
        import librosa

        return librosa.load(path, sr=rate_hz, offset=30, duration=3)[0]
    from ml.audio.decode import decode_windows

    with path.open("rb") as file:
        ((_, samples),) = decode_windows(file, starts_s=[30.0], window_s=3.0, rate_hz=rate_hz)
    return samples


if __name__ == "__main__":
    work()
