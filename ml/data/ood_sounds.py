"""Synthetic negatives: sounds that are no music, made by arithmetic and a speech synthesiser.

They are what people send to such a site besides songs: a podcast, a noisy recording, a test tone,
an empty recording. The out-of-distribution detector learns from one set of them and is evaluated
with another.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.signal import resample_poly

from ml.errors import MLError

DURATION_S = 30.0
SPEEDS_WPM = (130, 175, 220)
# Power falls with frequency to this exponent.
NOISES = {"white": 0.0, "pink": 1.0, "brown": 2.0}
# One passage a language, our own words, repeated until the clip is full.
PASSAGES = {
    "en-us": "The train left the station ten minutes late. Nobody on the platform seemed to mind, "
    "because the sun had come out, and the bakery across the street was open again.",
    "en-gb": "Good evening. Here is the weather for tomorrow. Rain will reach the west by noon, "
    "and the wind will turn to the north. In the hills there may be fog.",
    "de": "Der Laden macht um neun Uhr auf. Wer früher kommt, wartet vor der Tür und redet mit den "
    "Nachbarn über das Wetter, die Kinder und den Preis der Kartoffeln.",
    "fr-fr": "Le marché commence à sept heures. On y trouve des pommes, du fromage et des fleurs, "
    "et chacun raconte ce qui s'est passé pendant la semaine.",
    "es": "La biblioteca cierra a las ocho. Los estudiantes recogen sus libros, apagan las "
    "lámparas y caminan juntos hacia la plaza, donde hay un poco de viento.",
    "it": "La nave arriva al porto prima dell'alba. I pescatori scaricano le casse, bevono un "
    "caffè e parlano a bassa voce per non svegliare il paese.",
    "pt": "A ponte foi construída há cem anos. Hoje passam por ela bicicletas, carros e muitas "
    "pessoas que vão trabalhar do outro lado do rio.",
    "nl": "De fiets staat achter het huis. Neem hem gerust mee, maar zet hem vanavond terug, want "
    "morgen moet ik er vroeg mee naar de stad.",
    "sv": "Sjön var stilla på morgonen. Två svanar simmade förbi bryggan, och någon hade lämnat en "
    "röd båt vid stranden under natten.",
    "pl": "Pociąg do miasta odjeżdża za godzinę. Mamy jeszcze czas, żeby kupić chleb i gazetę i "
    "posiedzieć chwilę na ławce w parku.",
    "cs": "Na zahradě letos stromy kvetly brzy. Když se děti vrátí ze školy, sednou si pod ně a "
    "vyprávějí si, co se ten den naučily.",
    "fi": "Talvella järvi jäätyy, ja silloin saareen voi kävellä. Kesällä sinne mennään veneellä, "
    "ja matka kestää puoli tuntia.",
}  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """What one of two sets of sounds is made of; the two share no language, voice or level.

    Attributes
    ----------
    languages, voices : of espeak-ng
    levels : RMS of noises and amplitudes of tones, full scale is 1
    bands_hz : of band-limited noise, (lowest, highest)
    sweeps : (from Hz, to Hz, duration in seconds)
    quiet : RMS of noises that are hardly above silence
    """

    languages: tuple[str, ...]
    voices: tuple[str, ...]
    levels: tuple[float, float]
    bands_hz: tuple[tuple[int, int], ...]
    clicks_per_s: tuple[float, ...]
    sines_hz: tuple[int, ...]
    sweeps: tuple[tuple[int, int, int], ...]
    quiet: tuple[float, ...]


PALETTES = {
    # To learn from.
    "fit": Palette(
        languages=("en-us", "fr-fr", "it", "nl", "pl", "fi"),
        voices=("", "+f2", "+m3"),
        levels=(0.3, 0.03),
        bands_hz=((100, 400), (1000, 2000)),
        clicks_per_s=(0.5, 10.0),
        sines_hz=(60, 440, 3000),
        sweeps=((50, 7000, 30), (400, 1200, 1)),
        quiet=(0.0, 1e-4),
    ),
    # To measure with.
    "test": Palette(
        languages=("en-gb", "de", "es", "pt", "sv", "cs"),
        voices=("+f4", "+m7", "+m1"),
        levels=(0.1, 0.01),
        bands_hz=((300, 3400), (4000, 7000)),
        clicks_per_s=(2.0, 50.0),
        sines_hz=(220, 1000),
        sweeps=((50, 7000, 3),),
        quiet=(1e-5, 3e-4),
    ),
}


def outside_sounds(
    palette: Palette, rate_hz: int, seed: int = 0
) -> Iterator[tuple[str, str, np.ndarray]]:
    """Synthesise every sound of a set, 30 s each.

    Parameters
    ----------
    rate_hz : sampling rate of the result, Hz
    seed : of the noises

    Yields
    ------
    (kind, name, samples [shape=(n,), dtype=float32]); the kinds are speech, noise, tones and quiet

    Raises
    ------
    MLError : espeak-ng is missing
    """
    for name, samples in speech(palette, rate_hz):
        yield "speech", name, samples
    rng = np.random.default_rng(seed)
    t = np.arange(int(DURATION_S * rate_hz)) / rate_hz
    for level in palette.levels:
        at = f"at {level:g}"
        for color, exponent in NOISES.items():
            yield "noise", f"{color} noise {at}", level * coloured(rng, t.size, exponent)
        for low, high in palette.bands_hz:
            band = coloured(rng, t.size, 0.0, (low / rate_hz, high / rate_hz))
            yield "noise", f"noise from {low} to {high} Hz {at}", level * band
        for per_s in palette.clicks_per_s:
            yield "noise", f"{per_s:g} clicks a second {at}", clicks(rng, t, per_s, level)
        for hz in palette.sines_hz:
            yield "tones", f"sine of {hz} Hz {at}", level * sine(t, hz)
        for low, high, seconds in palette.sweeps:
            name = f"sweep from {low} to {high} Hz in {seconds} s {at}"
            yield "tones", name, level * sweep(t, low, high, seconds)
        hum = np.sum([sine(t, 50 * k) / k for k in range(1, 12)], axis=0) / 2
        yield "tones", f"mains hum {at}", level * hum
    for level in palette.quiet:
        for color, exponent in NOISES.items():
            yield "quiet", f"{color} noise at {level:g}", level * coloured(rng, t.size, exponent)


def speech(palette: Palette, rate_hz: int) -> Iterator[tuple[str, np.ndarray]]:
    """Let espeak-ng read the passages: each language in each voice, the speeds by turns."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise MLError("espeak-ng is not installed: it reads the speech that is no music.")
    for i, language in enumerate(palette.languages):
        for j, voice in enumerate(palette.voices):
            speed = SPEEDS_WPM[(i + j) % len(SPEEDS_WPM)]
            command = [program, "-v", language + voice, "-s", str(speed), "--stdout"]
            result = subprocess.run([*command, PASSAGES[language]], capture_output=True, check=True)
            samples, program_rate_hz = _read_wave(result.stdout)
            passage = resample_poly(samples, rate_hz, program_rate_hz).astype(np.float32)
            name = f"{language}{voice} at {speed} words a minute"
            yield name, np.resize(passage, int(DURATION_S * rate_hz))


def coloured(
    rng: np.random.Generator, n: int, exponent: float, band: tuple[float, float] = (0.0, 0.5)
) -> np.ndarray:
    """Make noise of RMS 1 whose power falls with frequency ** exponent.

    Parameters
    ----------
    n : number of samples
    band : lowest and highest frequency, cycles a sample

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    spectrum = np.fft.rfft(rng.normal(size=n))
    frequency = np.fft.rfftfreq(n)
    # Below 20 cycles a clip the power stays level, or brown noise would be too low to hear.
    spectrum *= np.maximum(frequency, 20 / n) ** (-exponent / 2)
    spectrum[(frequency < band[0]) | (frequency > band[1])] = 0
    samples = np.fft.irfft(spectrum, n)
    return (samples / samples.std()).astype(np.float32)


def clicks(rng: np.random.Generator, t: np.ndarray, per_s: float, level: float) -> np.ndarray:
    """Make single loud samples at random times above faint noise, `per_s` a second on average."""
    samples = 1e-3 * level * rng.normal(size=t.size)
    hits = rng.random(t.size) < per_s * (t[1] - t[0])
    samples[hits] += 3 * level * rng.choice([-1, 1], hits.sum())
    return samples.astype(np.float32)


def sine(t: np.ndarray, hz: float) -> np.ndarray:
    """Make a sine of amplitude 1 at the times t, seconds."""
    return np.sin(2 * np.pi * hz * t).astype(np.float32)


def sweep(t: np.ndarray, low_hz: float, high_hz: float, seconds: float) -> np.ndarray:
    """Make a sine whose frequency rises exponentially from low to high, every `seconds` anew."""
    ratio = np.log(high_hz / low_hz) / seconds
    within = t % seconds
    phase = 2 * np.pi * low_hz * (np.exp(ratio * within) - 1) / ratio
    return np.sin(phase).astype(np.float32)


def _read_wave(data: bytes) -> tuple[np.ndarray, int]:
    with wave.open(io.BytesIO(data)) as file:
        frames = file.readframes(file.getnframes())
        # A stream's header cannot know its length, so what follows is taken as it comes.
        samples = np.frombuffer(frames[: len(frames) // 2 * 2], "<i2") / 32768
        return samples.astype(np.float32), file.getframerate()
