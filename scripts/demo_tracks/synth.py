"""Sounds no soundfont has: the long, falling sine of an 808 kick used as a bass."""

import numpy as np

RATE = 44100


def sub_bass(notes: list[tuple[float, float, int]], bpm: float) -> np.ndarray:
    """An 808 line of (beat, beats long, MIDI pitch): a fast pitch drop, a slow decay, some grit."""
    end = max(beat + length for beat, length, _ in notes) * 60 / bpm + 0.5
    total = np.zeros(int(end * RATE))
    for beat, length, key in notes:
        time = np.arange(int(length * 60 / bpm * RATE)) / RATE
        semitones = key - 69 + 14 * np.exp(-time / 0.018)
        phase = 2 * np.pi * np.cumsum(440 * 2 ** (semitones / 12)) / RATE
        release = np.clip((time[-1] - time) / 0.03, 0, 1)
        sound = np.tanh(2.2 * np.sin(phase) * np.exp(-time / 0.9)) * release
        start = int(beat * 60 / bpm * RATE)
        total[start : start + len(sound)] += sound
    return total


def crackle(seconds: float, seed: int = 3) -> np.ndarray:
    """The surface of a worn record: faint hiss and scattered clicks."""
    rng = np.random.default_rng(seed)
    count = int(seconds * RATE)
    noise = 0.02 * rng.standard_normal(count)
    clicks = rng.random(count) < 14 / RATE
    noise[clicks] += rng.uniform(-1, 1, clicks.sum())
    return np.convolve(noise, np.hanning(9) / 4, "same")
