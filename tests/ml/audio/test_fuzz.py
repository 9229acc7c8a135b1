"""Hundreds of spoilt files through the real decoder.

They are decoded in a process of their own, for a crash in FFmpeg would end this one. It is this
file again, run as a program: it writes down what it is about to decode, then what came of it, so
that the last line names the file that it died of. To see one again:

    python -m tests.ml.audio.test_fuzz FOLDER 137        (FOLDER: as `seeds` makes it)
"""

from __future__ import annotations

import faulthandler
import io
import json
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from ml.audio.decode import decode, decode_windows, stream_windows
from ml.errors import AudioError, NotAudio
from scripts.testbed import sound

ROOT = Path(__file__).resolve().parents[3]
RATE_HZ = 16_000
ROUNDS = 300
FILE_DEADLINE_S = 20  # a hang is a failure; the usual file takes a hundredth of a second
MAX_S = 10.0
WINDOW_S = 1.0
MEMORY_GROWTH_BYTES = 80e6
FASTSTART = {"movflags": "+faststart"}
FRAGMENTED = {"movflags": "+frag_keyframe+empty_moov+default_base_moof", "frag_duration": "500000"}


def write_seeds(folder: Path) -> None:
    """Three seconds of a chord in each format, and m4a in three layouts."""
    for suffix in sound.FORMATS:
        sound.write(folder / f"song.{suffix}", sound.chord(3.0))
    for name, options in (("faststart", FASTSTART), ("fragmented", FRAGMENTED)):
        _remux(folder / "song.m4a", folder / f"{name}.m4a", options)


def _remux(path: Path, target: Path, options: dict[str, str]) -> None:
    with (
        av.open(str(path)) as source,
        av.open(str(target), "w", format="mp4", options=options) as container,
    ):
        stream = container.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)


def spoil(seeds: dict[str, bytes], number: int) -> tuple[str, bytes]:
    """Spoilt file `number`: always the same for the same seeds. Returns what was done, and it."""
    rng = random.Random(number)
    names = sorted(seeds)
    name = names[number % len(names)]
    data, done = bytearray(seeds[name]), []
    for _ in range(rng.choice((1, 1, 2, 3))):
        harm = rng.choice(HARM)
        other = seeds[rng.choice(names)]
        data = harm(rng, data, other) or bytearray(b"\0")
        done.append(harm.__name__.strip("_"))
    return f"{name}: {', '.join(done)}", bytes(data)


def _place(rng: random.Random, data: bytes) -> int:
    """Half of the time within the headers, where harm is worst."""
    return rng.randrange(min(len(data), 1500) if rng.random() < 0.5 else len(data))


def _flip_bits(rng, data, other):
    for _ in range(rng.randrange(1, 60)):
        data[_place(rng, data)] ^= 1 << rng.randrange(8)
    return data


def _write_extremes(rng, data, other):
    for _ in range(rng.randrange(1, 6)):
        at, size = _place(rng, data), rng.choice((1, 2, 4, 8))
        data[at : at + size] = rng.choice((b"\0", b"\xff", b"\x7f", b"\x80", b"\x01")) * size
    return data


def _truncate(rng, data, other):
    return data[: _place(rng, data) + 1]


def _lose_the_beginning(rng, data, other):
    return data[_place(rng, data) :]


def _zero_a_run(rng, data, other):
    at, size = _place(rng, data), rng.randrange(1, 4000)
    data[at : at + size] = bytes(len(data[at : at + size]))
    return data


def _take_anothers_head(rng, data, other):
    at = rng.randrange(4, 1500)
    return bytearray(other[:at]) + data[at:]


def _put_noise_in(rng, data, other):
    at = _place(rng, data)
    return data[:at] + rng.randbytes(rng.randrange(1, 2000)) + data[at:]


def _repeat_a_part(rng, data, other):
    at = _place(rng, data)
    return data[:at] + data[at : at + rng.randrange(1, 3000)] * rng.randrange(2, 30) + data[at:]


def _swap_parts(rng, data, other):
    """Top-level boxes of an m4a, or any two parts of another file."""
    parts = _boxes(data)
    if len(parts) < 2:
        cut = sorted(rng.randrange(len(data) + 1) for _ in range(3))
        parts = [data[a:b] for a, b in zip([0, *cut], [*cut, len(data)], strict=True)]
    one, two = rng.sample(range(len(parts)), 2)
    parts[one], parts[two] = parts[two], parts[one]
    return bytearray(b"".join(parts))


def _lie_about_a_size(rng, data, other):
    """In front of a box's name, in a chunk of a wav, or in any other place."""
    names = (b"moov", b"trak", b"mdia", b"stbl", b"stsz", b"stts", b"stco", b"stsc", b"stsd",
             b"mp4a", b"esds", b"mdat", b"moof", b"traf", b"trun", b"sidx", b"fmt ", b"data",
             b"\x1a\x45\xdf\xa3", b"\x1f\x43\xb6\x75", b"OggS", b"fLaC")  # fmt: skip
    found = [data.find(name) for name in names if name in data]
    at = rng.choice(found) + rng.choice((-4, 4, 8, 12, 16)) if found else _place(rng, data)
    size = rng.choice((0, 1, 7, 8, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, rng.getrandbits(32)))
    data[max(0, at) : max(0, at) + 4] = struct.pack(rng.choice("<>") + "I", size)
    return data


def _boxes(data: bytearray) -> list[bytearray]:
    if data[4:8] != b"ftyp":
        return []
    parts, at = [], 0
    while at + 8 <= len(data):
        size = max(8, int.from_bytes(data[at : at + 4], "big"))
        parts.append(data[at : at + size])
        at += size
    return parts


HARM: tuple[Callable, ...] = (
    _flip_bits,
    _write_extremes,
    _truncate,
    _lose_the_beginning,
    _zero_a_run,
    _take_anothers_head,
    _put_noise_in,
    _repeat_a_part,
    _swap_parts,
    _lie_about_a_size,
)


def _decode_all(content: bytes) -> list[np.ndarray]:
    return [decode(io.BytesIO(content), rate_hz=RATE_HZ, max_duration_s=MAX_S)]


def _decode_windows(content: bytes) -> list[np.ndarray]:
    starts = [0.0, 1.0, 2.5, 30.0]
    file = io.BytesIO(content)
    found = decode_windows(file, starts_s=starts, window_s=WINDOW_S, rate_hz=RATE_HZ)
    assert all(start >= 0 for start, _ in found)  # as near as the index allows, and it may lie
    return [samples for _, samples in found]


def _decode_stream(content: bytes) -> list[np.ndarray]:
    windows = stream_windows(
        io.BytesIO(content), window_s=WINDOW_S, rate_hz=RATE_HZ, max_duration_s=MAX_S
    )
    return [samples for _, samples in windows]


# Each with the most seconds that it may give, in all and at once.
WAYS = {
    "whole": (_decode_all, MAX_S, MAX_S),
    "windows": (_decode_windows, 4 * WINDOW_S, WINDOW_S),
    "stream": (_decode_stream, MAX_S, WINDOW_S),
}


def outcome(way: str, content: bytes) -> str:
    """What came of a file. Anything but an answer within limits or an AudioError is raised."""
    run, in_all_s, at_once_s = WAYS[way]
    try:
        found = run(content)
    except AudioError as refusal:
        return "NotAudio" if isinstance(refusal, NotAudio) else type(refusal).__name__
    assert sum(samples.size for samples in found) <= in_all_s * RATE_HZ
    for samples in found:
        assert samples.dtype == np.float32
        assert samples.ndim == 1
        assert 0 < samples.size <= at_once_s * RATE_HZ
        assert np.isfinite(samples).all()
    return "decoded"


def fuzz(folder: Path, numbers: range) -> None:
    """Decode spoilt files in every way; writes lines of JSON to stdout."""
    seeds = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    me, peak = psutil.Process(), 0
    for number in numbers:
        what, content = spoil(seeds, number)
        for way in WAYS:
            print(json.dumps({"number": number, "what": what, "way": way}), flush=True)
            faulthandler.dump_traceback_later(FILE_DEADLINE_S, exit=True)
            started = time.monotonic()
            try:
                told = outcome(way, content)
            except Exception as error:
                told = f"{type(error).__name__}: {error}"
            faulthandler.cancel_dump_traceback_later()
            peak = max(peak, me.memory_info().rss)
            if number == numbers[min(40, len(numbers) - 1)]:  # FFmpeg's own tables are loaded now
                start_rss, start_fds, peak = me.memory_info().rss, me.num_fds(), 0
            print(json.dumps({"outcome": told, "s": time.monotonic() - started}), flush=True)
    memory = {"peak_bytes": peak - start_rss, "left_bytes": me.memory_info().rss - start_rss}
    print(json.dumps(memory | {"left_fds": me.num_fds() - start_fds}), flush=True)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("seeds")
    write_seeds(folder)
    return folder


def test_every_seed_is_sound(seeds):
    for path in seeds.iterdir():
        for way in WAYS:
            assert outcome(way, path.read_bytes()) == "decoded", (path.name, way)


def test_spoilt_files_end_in_samples_or_in_a_refusal(seeds):
    done = subprocess.run(
        [sys.executable, "-m", "tests.ml.audio.test_fuzz", str(seeds), "0", str(ROUNDS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (lines[-1], done.stderr[-2000:])
    *lines, memory = lines
    tried = list(zip(lines[::2], lines[1::2], strict=True))
    assert len(tried) == ROUNDS * len(WAYS)
    assert len({what["number"] for what, _ in tried}) == ROUNDS
    wrong = [
        (what, told)
        for what, told in tried
        if told["outcome"]
        not in {"decoded", *(kind.__name__ for kind in AudioError.__subclasses__())}
    ]
    assert wrong == []
    counts = Counter(told["outcome"] for _, told in tried)
    assert min(counts["decoded"], counts["NotAudio"]) > ROUNDS / 4, counts
    assert memory["left_fds"] == 0
    assert memory["left_bytes"] < MEMORY_GROWTH_BYTES
    assert memory["peak_bytes"] < 2 * MEMORY_GROWTH_BYTES


def wav(samples: np.ndarray, *, rate_hz: int, channels: int = 1, tag: int = 1) -> bytes:
    """A wav that says of itself whatever one likes; tag 1 is integers, 3 floats."""
    data, width = samples.tobytes(), samples.itemsize
    form = struct.pack(
        "<HHIIHH", tag, channels, rate_hz, 0xFFFF, (channels * width) & 0xFFFF, 8 * width
    )
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_sound_are_refused(way, value):
    samples = sound.chord(3.0)
    samples[20_000] = value
    content = wav(samples, rate_hz=sound.RATE_HZ, tag=3)
    with pytest.raises(NotAudio):
        WAYS[way][0](content)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rate_hz", [1, 7, 100])
def test_a_rate_that_makes_hours_of_nothing_is_refused_without_making_them(way, rate_hz):
    content = wav(np.full(400_000, 1000, np.int16), rate_hz=rate_hz)
    before = psutil.Process().memory_info().rss
    with pytest.raises(AudioError):
        WAYS[way][0](content)
    assert psutil.Process().memory_info().rss - before < 20e6


@pytest.mark.parametrize("channels", [0, 6, 8, 63, 65_535])
def test_any_number_of_channels_is_decoded_or_refused(tmp_path, channels):
    """In a process of its own: eight channels and more have killed the one that decoded them."""
    seconds = 2 if channels < 100 else 0.01
    samples = np.full(int(seconds * sound.RATE_HZ) * (channels or 1), 1000, np.int16)
    path = tmp_path / "many.wav"
    path.write_bytes(wav(samples, rate_hz=sound.RATE_HZ, channels=channels))
    done = subprocess.run(
        [sys.executable, "-c", DECODE, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    if 0 < channels <= 8:
        assert done.stdout.split() == ["decoded", str(2 * RATE_HZ)]


DECODE = """
import sys
from ml.audio.decode import decode
from ml.errors import AudioError
try:
    print("decoded", round(decode(sys.argv[1], rate_hz=16_000).size, -2))
except AudioError as error:
    print(error)
"""


if __name__ == "__main__":
    first, *last = map(int, sys.argv[2:])
    fuzz(Path(sys.argv[1]), range(first, last[0] if last else first + 1))
