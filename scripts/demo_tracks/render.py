"""Producing a track: parts to stems (fluidsynth), effects (ffmpeg), mix, master and MP3."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np

from .score import Part
from .track import Stem, Track

RATE = 44100
SOUNDFONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
LOUDNESS = -16.0  # LUFS
PEAK = -1.5  # dBTP
BITRATE = "112k"
STEM_LEVEL = 0.1  # every stem starts as loud as the others, so gains mean the same everywhere
RAW = ["-f", "f32le", "-ar", str(RATE), "-ac", "2"]
LEAD_IN_FILTER = "silenceremove=start_periods=1:start_threshold=-50dB"


def run(command: list[str], data: bytes | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(command, input=data, capture_output=True, check=True)


def filtered(samples: np.ndarray, chain: str) -> np.ndarray:
    """Stereo samples passed through an ffmpeg filter chain."""
    command = ["ffmpeg", "-v", "error", *RAW, "-i", "-", "-af", chain, *RAW, "-"]
    return decode(run(command, samples.astype("<f4").tobytes()).stdout)


def decode(data: bytes) -> np.ndarray:
    return np.frombuffer(data, "<f4").reshape(-1, 2).astype(np.float64)


def play(part: Part, folder: Path) -> np.ndarray:
    """A MIDI part played by the soundfont, dry."""
    midi, wave = folder / "part.mid", folder / "part.wav"
    part.write(midi)
    options = ["-g", "0.4", "-R", "0", "-C", "0", "-r", str(RATE), "-O", "float", "-T", "wav"]
    run(["fluidsynth", "-ni", *options, "-F", str(wave), str(SOUNDFONT), str(midi)])
    return decode(run(["ffmpeg", "-v", "error", "-i", str(wave), *RAW, "-"]).stdout)


def room(seconds: float, tone: float) -> np.ndarray:
    """A stereo impulse response: decaying noise, darker than the source, after a short gap."""
    rng = np.random.default_rng(7)
    length = int(seconds * RATE)
    decay = np.exp(-6.9 * np.arange(length) / length)
    noise = rng.standard_normal((length, 2)) * decay[:, None]
    spectrum = np.fft.rfft(noise, axis=0)
    frequency = np.fft.rfftfreq(length, 1 / RATE)
    shape = 1 / np.sqrt(1 + (frequency / tone) ** 4) * (frequency / (frequency + 180))
    noise = np.fft.irfft(spectrum * shape[:, None], length, axis=0)
    gap = np.zeros((int(0.012 * RATE), 2))
    return np.concatenate([gap, noise / np.sqrt((noise**2).sum(axis=0))])


def convolve(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    size = 1 << (len(samples) + len(response)).bit_length()
    product = np.fft.rfft(samples, size, axis=0) * np.fft.rfft(response, size, axis=0)
    return np.fft.irfft(product, size, axis=0)[: len(samples)]


def levelled(samples: np.ndarray) -> np.ndarray:
    """Samples whose loud passages (95th percentile of 50 ms windows) reach the common level."""
    window = int(0.05 * RATE)
    whole = samples[: len(samples) // window * window].reshape(-1, window * 2)
    loud = np.percentile(np.sqrt((whole**2).mean(axis=1)), 95)
    return samples * (STEM_LEVEL / max(1e-6, loud))


def stem_samples(stem: Stem, length: int, folder: Path) -> np.ndarray:
    """A stem with its effects, brought to the common level, panned and cut to length."""
    made = play(stem.source, folder) if isinstance(stem.source, Part) else stem.source()
    if made.ndim == 1:
        made = np.column_stack([made, made])
    made = levelled(made)
    if stem.effects:
        made = levelled(filtered(made, stem.effects))
    start = int(stem.delay * RATE)
    placed = np.zeros((length, 2))
    kept = made[: length - start]
    placed[start : start + len(kept)] = kept
    sides = np.array([min(1, 1 - stem.pan), min(1, 1 + stem.pan)])
    return placed * sides * 10 ** (stem.gain / 20)


def mix(track: Track, folder: Path) -> np.ndarray:
    length = int(track.seconds * RATE)
    dry, bus = np.zeros((length, 2)), np.zeros((length, 2))
    for stem in track.stems:
        samples = stem_samples(stem, length, folder)
        dry += samples
        bus += samples * stem.send
    total = dry + convolve(bus, room(track.room_seconds, track.room_tone))
    return total * (0.5 / np.abs(total).max())


def loudness(samples: np.ndarray) -> float:
    """Integrated loudness, LUFS."""
    command = ["ffmpeg", "-hide_banner", *RAW, "-i", "-", "-af", "loudnorm=print_format=json"]
    report = run([*command, "-f", "null", "-"], samples.astype("<f4").tobytes()).stderr.decode()
    return float(json.loads(re.search(r"\{[^{}]*\}\s*$", report).group())["input_i"])


def master(samples: np.ndarray, track: Track) -> np.ndarray:
    """Polish, bring to the target loudness under a limiter, fade out."""
    chain = ",".join(filter(None, ["highpass=f=28", track.master]))
    polished = filtered(samples, chain)
    # The limiter takes a little loudness away, so the second pass makes up for the first.
    for _ in range(2):
        gain = LOUDNESS - loudness(polished)
        limiter = f"alimiter=limit={10 ** (PEAK / 20):.4f}:attack=3:release=60:level=disabled"
        polished = filtered(polished, f"volume={gain:.3f}dB,{limiter}")
    fade_from = len(polished) / RATE - track.fade
    return filtered(polished, f"{LEAD_IN_FILTER},afade=t=out:st={fade_from:.3f}:d={track.fade}")


def encode(samples: np.ndarray, track: Track, path: Path) -> None:
    tags = {"title": track.title, "artist": track.artist, "genre": track.genre.title()}
    tag_options = [word for key, value in tags.items() for word in ("-metadata", f"{key}={value}")]
    codec = ["-c:a", "libmp3lame", "-b:a", BITRATE, "-joint_stereo", "1", "-ar", str(RATE)]
    bare = ["-map_metadata", "-1", "-fflags", "+bitexact"]
    command = ["ffmpeg", "-v", "error", "-y", *RAW, "-i", "-", *bare, *tag_options, *codec]
    run([*command, str(path)], samples.astype("<f4").tobytes())


def produce(track: Track, path: Path, folder: Path) -> None:
    """Make the track's MP3."""
    encode(master(mix(track, folder), track), track, path)
