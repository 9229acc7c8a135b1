"""A synthetic singer: Flite speaks each word, WORLD moves it to the melody's pitch and time."""

import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pyworld
import soundfile

FRAME = 0.005  # seconds
RATE = 16000  # Flite's voices
OUT_RATE = 44100
HEAD, TAIL = 9, 7  # frames of the vowel's edges that keep their natural speed
SILENCE = 0.01


@functools.cache
def genre_name(word: str, voice: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pitch, spectral envelope and aperiodicity of one spoken word, silence trimmed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "word.wav"
        subprocess.run(["flite", "-voice", voice, "-t", word, "-o", path], check=True)
        samples, _ = soundfile.read(path)
    loud = np.flatnonzero(np.abs(samples) > SILENCE * np.abs(samples).max() * 4)
    samples = np.ascontiguousarray(samples[loud[0] : loud[-1] + 1])
    f0, times = pyworld.harvest(samples, RATE, f0_floor=60, f0_ceil=400, frame_period=FRAME * 1000)
    envelope = pyworld.cheaptrick(samples, f0, times, RATE)
    return f0, envelope, pyworld.d4c(samples, f0, times, RATE)


def stretch_map(voiced: np.ndarray, frames: int) -> tuple[np.ndarray, int]:
    """Which source frame to use at each sung frame, and how many come before the vowel."""
    count = len(voiced)
    lit = np.flatnonzero(voiced)
    onset = int(lit[0]) if len(lit) else 0
    wanted = max(4, frames + onset)
    head = onset + HEAD
    last = min(count - 1, (int(lit[-1]) if len(lit) else count - 1))
    tail = count - max(head + 1, last - TAIL)
    if wanted <= count or wanted <= head + tail + 2:
        return np.linspace(0, count - 1, wanted), round(onset * wanted / max(count, wanted))
    middle = np.linspace(head, count - tail, wanted - head - tail)
    return np.concatenate([np.arange(head), middle, np.arange(count - tail, count)]), onset


def blend(frames: np.ndarray, places: np.ndarray) -> np.ndarray:
    low = np.clip(np.floor(places).astype(int), 0, len(frames) - 1)
    high = np.minimum(low + 1, len(frames) - 1)
    part = (places - np.floor(places))[:, None]
    return frames[low] * (1 - part) + frames[high] * part


def shift_formants(envelope: np.ndarray, ratio: float) -> np.ndarray:
    bins = np.arange(envelope.shape[1])
    return np.array([np.interp(bins / ratio, bins, row) for row in envelope])


def sung(
    word: str,
    voice: str,
    key: float,
    seconds: float,
    previous: float | None,
    rng: np.random.Generator,
    formants: float,
    vibrato: float,
) -> tuple[np.ndarray, float]:
    """One word at one pitch; returns samples and the time before its vowel."""
    f0, envelope, aperiodicity = genre_name(word, voice)
    places, onset = stretch_map(f0 > 0, max(8, round(seconds / FRAME)))
    voiced = (f0 > 0)[np.clip(np.round(places).astype(int), 0, len(f0) - 1)]
    time = np.arange(len(places)) * FRAME - onset * FRAME
    keys = np.full(len(places), float(key))
    start = previous if previous is not None and abs(previous - key) < 13 else key - 1.0
    keys += (start - key) * np.exp(-np.maximum(time, 0) / 0.035)
    growth = np.clip((time - 0.25) / 0.35, 0, 1)
    keys += vibrato * growth * np.sin(2 * np.pi * 5.4 * time + rng.uniform(0, 1))
    drift = np.convolve(rng.standard_normal(len(places) + 40), np.ones(41) / 41, "valid")
    keys += 0.35 * drift[: len(places)]
    hertz = np.where(voiced, 440 * 2 ** ((keys - 69) / 12), 0.0)
    body = shift_formants(blend(envelope, places), formants)
    samples = pyworld.synthesize(
        hertz, np.ascontiguousarray(body), blend(aperiodicity, places), RATE, FRAME * 1000
    )
    edge = min(len(samples) // 2, int(0.012 * RATE))
    samples[-edge:] *= np.linspace(1, 0, edge)
    return samples, onset * FRAME


def resampled(samples: np.ndarray) -> np.ndarray:
    """From Flite's rate to the mix's."""
    count = int(len(samples) * OUT_RATE / RATE)
    return np.fft.irfft(np.fft.rfft(samples), count) * (count / len(samples))


def sing(
    notes: list[tuple[float, float, float, str]],
    bpm: float,
    voice: str = "slt",
    *,
    seed: int = 0,
    formants: float = 1.0,
    vibrato: float = 0.25,
    looseness: float = 0.008,
    transpose: float = 0.0,
) -> np.ndarray:
    """A vocal line of (beat, beats long, MIDI pitch, word), as mono samples at 44.1 kHz."""
    rng = np.random.default_rng(seed)
    beat_seconds = 60 / bpm
    end = max(beat + length for beat, length, _, _ in notes) * beat_seconds + 1.0
    total = np.zeros(int(end * RATE))
    previous, previous_end = None, -1.0
    for beat, length, key, word in notes:
        joined = previous if beat - previous_end < 0.2 else None
        samples, early = sung(
            word,
            voice,
            key + transpose,
            length * beat_seconds,
            joined,
            rng,
            formants,
            vibrato,
        )
        start = beat * beat_seconds - early + rng.normal(0, looseness)
        first = max(0, int(start * RATE))
        total[first : first + len(samples)] += samples[: len(total) - first]
        previous, previous_end = key + transpose, beat + length
    return resampled(total)


def lyric(beat: float, text: str) -> list[tuple[float, float, float, str]]:
    """Notes from `word:pitch/length`, pitch a MIDI number, `-` a rest, starting at `beat`."""
    notes = []
    for token in text.split():
        word, _, rest = token.rpartition(":")
        key, _, length = rest.partition("/")
        if word != "-":
            notes.append((beat, float(length) * 0.97, float(key), word))
        beat += float(length)
    return notes
