"""Fetch the audio of a video in bounded ranges, for a decoder in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import numpy as np

from classifier.sources.youtube.video_id import VIDEO_ID
from ml.audio import confined
from ml.errors import AudioError, NotAudio, SilentAudio

from .config import Config, Log, params
from .failures import YouTubeFailure, explain
from .ranges import MAX_RANGE_BYTES, Media, http_get

# Opus or AAC at 48 to 70 kbit/s keeps all that a network at 16 kHz can use, in half the bytes.
FORMAT = "ba[protocol=https]/18/b[protocol=https]"
FORMAT_SORT = ["lang", "abr:70"]
Window = tuple[float, np.ndarray]


def warm_up() -> None:
    """Import what the first song would wait half a second for; sends no request."""
    from yt_dlp import YoutubeDL

    with YoutubeDL(params(Config(), Log())) as ydl:
        ydl.get_info_extractor("Youtube").suitable("https://www.youtube.com/watch?v=")


def fetch(
    config: Config,
    video_id: str,
    rate_hz: int,
    emit: Callable[..., None],
    *,
    whole: bool = False,
    deadline: float,
) -> None:
    """Emit "step", "info" and "window" events as the sound comes in.

    emit("step", text=...), emit("info", title=, artist=, duration_s=, requests=...),
    emit("window", start_s=, samples=[shape=(n,), dtype=float32])

    Raises YouTubeFailure, or TimeoutError after `deadline` (time.monotonic()).
    """
    if not VIDEO_ID.fullmatch(video_id):
        raise YouTubeFailure("removed", "not a video id")
    longest_s = config.whole_max_s if whole else config.max_duration_s
    # In the process group of this process, so that they end when it is killed.
    start = partial(confined.start, leads_group=False)
    with confined.Decoders(longest_s, start) as decoders:
        decoders.prepare()  # its imports are done while YouTube is asked
        for attempt in (1, 2):
            try:
                return _fetch_once(config, video_id, rate_hz, emit, whole, deadline, decoders)
            except YouTubeFailure as failure:
                # Media URLs expire, and are tied to an address: a new one often works.
                if failure.kind != "forbidden" or attempt == 2:
                    raise
                emit("step", text="Asking YouTube once more")
    return None


def _fetch_once(
    config: Config,
    video_id: str,
    rate_hz: int,
    emit: Callable[..., None],
    whole: bool,
    deadline: float,
    decoders: confined.Decoders,
) -> None:
    from yt_dlp import YoutubeDL
    from yt_dlp.utils import YoutubeDLError

    log = Log()
    emit("step", text="Asking YouTube for the song")
    try:
        options = params(
            config,
            log,
            format=FORMAT,
            format_sort=FORMAT_SORT,
            # Asked before a format is chosen: a live stream would fail there, with other words.
            match_filter=lambda info, incomplete=False: _refuse_unfit(config, info),
        )
        with YoutubeDL(options) as ydl:
            info = ydl.extract_info(f"https://www.youtube.com/watch?v={video_id}", download=False)
            _wait_until_available(info, deadline)
            duration_s = float(info.get("duration") or 0)
            emit(
                "info",
                title=info.get("title") or "",
                artist=info.get("channel") or info.get("uploader") or "",
                duration_s=duration_s,
            )
            max_bytes = config.whole_max_bytes if whole else config.max_bytes
            media = Media(http_get(ydl, info, max_bytes), max_bytes=max_bytes, deadline=deadline)
            windows = (
                _whole(config, media, decoders, rate_hz)
                if whole
                else _excerpts(config, media, decoders, info, duration_s, rate_hz, emit)
            )
            for start_s, samples in windows:
                emit("window", start_s=start_s, samples=samples)
            emit("cost", requests=media.requests, received_bytes=media.received)
    except YoutubeDLError as error:
        raise explain(error, log.lines) from error
    except SilentAudio as error:
        raise YouTubeFailure("excerpts_silent", repr(error)) from error
    except AudioError as error:
        raise YouTubeFailure("media", repr(error.__cause__ or error)) from error


def _refuse_unfit(config: Config, info: dict) -> None:
    if info.get("live_status") == "is_upcoming":
        raise YouTubeFailure("premiere", "live_status is_upcoming")
    if info.get("live_status") in {"is_live", "post_live"} or info.get("is_live"):
        raise YouTubeFailure("live", f"live_status {info.get('live_status')}")
    if (info.get("duration") or 0) > config.max_duration_s:
        raise YouTubeFailure("video_too_long", f"{info['duration']} s")


def _wait_until_available(info: dict, deadline: float) -> None:
    """Wait where YouTube gave a URL some seconds before it is valid."""
    seconds = (info.get("available_at") or 0) - time.time()
    if seconds > 0:
        time.sleep(min(seconds, 10, max(0, deadline - time.monotonic())))


def _excerpts(
    config: Config,
    media: Media,
    decoders: confined.Decoders,
    info: dict,
    duration_s: float,
    rate_hz: int,
    emit: Callable[..., None],
) -> Iterator[Window]:
    starts = window_starts(duration_s, config.windows, config.window_s)
    bytes_per_s = (info.get("abr") or info.get("tbr") or 130) * 1000 / 8
    ahead = int(bytes_per_s * config.window_s * 1.15)
    plural = "s" if len(starts) > 1 else ""
    emit("step", text=f"Fetching {len(starts)} excerpt{plural} of {config.window_s:g} seconds")

    problems: list[AudioError] = []

    def excerpt(start_s: float) -> list[Window]:
        file = media.open(ahead, probe=info.get("ext") in {"m4a", "mp4"})
        try:
            return decoders.decode_windows(
                file, starts_s=[start_s], window_s=config.window_s, rate_hz=rate_hz
            )
        except (NotAudio, SilentAudio) as problem:
            problems.append(problem)
            return []  # the other excerpts may be good

    found = False
    with ThreadPoolExecutor(config.parallel) as pool:
        # The first alone: it comes soonest over the connection that is open, and is classified
        # while the others are being fetched.
        for group in (starts[:1], starts[1:]):
            for windows in pool.map(excerpt, group):
                found = found or bool(windows)
                yield from windows
    if found:
        return
    if all(isinstance(problem, SilentAudio) for problem in problems):
        raise SilentAudio("every excerpt is silent")
    # The file cannot be sought in: read it from the beginning, within the limits.
    emit("step", text="Fetching the song from its beginning")
    whole = media.open(MAX_RANGE_BYTES)
    content = BytesIO(b"".join(iter(lambda: whole.read(), b"")))
    yield from decoders.decode_windows(
        content, starts_s=starts, window_s=config.window_s, rate_hz=rate_hz
    )


def _whole(
    config: Config, media: Media, decoders: confined.Decoders, rate_hz: int
) -> Iterator[Window]:
    return decoders.stream_windows(
        media.open(MAX_RANGE_BYTES),
        window_s=30.0,
        rate_hz=rate_hz,
        max_duration_s=config.whole_max_s,
    )


def window_starts(duration_s: float, windows: int, window_s: float) -> list[float]:
    """Return where the excerpts begin, seconds: in the middles of equal parts of the song.

    So intro and end are left out. A song too short for that has its excerpts one after another.
    """
    if duration_s <= windows * window_s:
        count = max(1, round(duration_s / window_s)) if duration_s else 1
        return [i * window_s for i in range(count)]
    part = duration_s / windows
    return [round(part * (i + 0.5) - window_s / 2, 2) for i in range(windows)]
