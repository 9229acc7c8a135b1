"""A tour: what each step between samples and tags makes of one recording, small enough to keep.

A page about the model shows it without hearing anything itself: NumPy alone is imported here, and
librosa only by `make_tour`, which needs a loaded classifier. What comes after the tags is
arithmetic with the numbers of the card (ml.head), which the page does anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.errors import MLError
from ml.families.linear_head import LinearHead

if TYPE_CHECKING:
    from ml.inference.classifier import Classifier

ENVELOPE_COLUMNS = 360
ENVELOPE_PEAK = 100
WAVE_S = 0.02
LEVELS = 16  # shades of the pictures
DYNAMIC_RANGE_DB = 75.0  # what is softer than the loudest by more is not drawn
STRIP_FRAMES = 4  # frames of the spectrogram merged into one column of the strip


@dataclass(frozen=True)
class Tour:
    """Of one recording: plain numbers and lists, so that it can be kept as JSON.

    duration_s : of all of it
    rate_hz : of its samples
    backbone_sha256 : of the network that gave the tags, as the card names it
    patch : index of the patch that is looked at closely, the one that spoke loudest for the answer
    patch_s : duration of a patch
    envelope : [[lowest, highest sample]] of each of ENVELOPE_COLUMNS stretches of the recording,
        ENVELOPE_PEAK is its largest
    wave : samples of the patch's loudest WAVE_S
    wave_start_s : where in the recording that is
    mel_hz : the corners of the mel bands: band i rises from corner i to i + 1 and falls to i + 2
    half_below_hz : half of the patch's power is below
    tags : [[activation in [0, 1] of each tag]] of each patch
    """

    duration_s: float
    rate_hz: int
    backbone_sha256: str
    patch: int
    patch_s: float
    envelope: list[list[int]]
    wave: list[float]
    wave_start_s: float
    mel_hz: list[float]
    half_below_hz: float
    tags: list[list[float]]

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping) -> Tour:
        """What `to_dict` made. Raises MLError for anything else."""
        try:
            return cls(**data)
        except TypeError as error:
            raise MLError("This is no tour.") from error


def make_tour(samples: np.ndarray, classifier: Classifier) -> tuple[Tour, dict[str, np.ndarray]]:
    """Follow a recording through the classifier.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono at the classifier's rate, at
        least a patch of them
    classifier : of the musicnn family; for any other MLError is raised

    Returns
    -------
    tour
    pictures : by name, each [dtype=uint8] of levels from 0 to LEVELS - 1, the lowest pitch first
        "spectrum" : [shape=(n_fft // 2 + 1, patch_frames)], the patch's spectrogram, from 0 Hz to
            half the rate; the last level is its loudest, 0 is DYNAMIC_RANGE_DB softer or more
        "patch" : [shape=(n_mels, patch_frames)], the same patch as the network sees it
        "strip" : [shape=(n_mels, n)], all patches end to end, with STRIP_FRAMES frames a column
    """
    if "head" not in classifier.card.data:
        raise MLError(f"Model {classifier.card.model_id!r} has no tags that a tour could show.")
    head = LinearHead.from_dict(classifier.card.data["head"])
    front_end = classifier.card.front_end
    samples = classifier.levelled(samples)
    patches, starts_s = front_end.patches(samples, hop_frames=front_end.patch_frames)
    tags = classifier.patch_tags(samples)
    logits = head.logits(head.features(tags))
    patch = int(logits[:, logits.mean(axis=0).argmax()].argmax())
    length = front_end.patch_frames * front_end.hop_length
    piece = samples[patch * length : (patch + 1) * length]
    power = _power(piece, front_end)
    wave_start, wave = _loudest(piece, int(WAVE_S * front_end.rate_hz))
    tour = Tour(
        duration_s=round(samples.size / front_end.rate_hz, 3),
        rate_hz=front_end.rate_hz,
        backbone_sha256=classifier.card.data["backbone"]["sha256"],
        patch=patch,
        patch_s=front_end.patch_s,
        envelope=_envelope(samples),
        wave=[round(float(sample), 4) for sample in wave],
        wave_start_s=round(float(starts_s[patch]) + wave_start / front_end.rate_hz, 3),
        mel_hz=[round(float(hz), 1) for hz in _mel_corners(front_end)],
        half_below_hz=round(_median_hz(power, front_end.rate_hz), 1),
        # Five digits move no percentage by as much as is shown.
        tags=[[float(f"{activation:.5g}") for activation in row] for row in tags],
    )
    pictures = {
        "spectrum": _levels(_decibels(power)),
        "patch": _levels(patches[patch].T),
        "strip": _levels(_merged(np.concatenate(patches)).T),
    }
    return tour, pictures


def _power(samples: np.ndarray, front_end: LogMelFrontEnd) -> np.ndarray:
    """The windows that the front end takes. [shape=(n_fft // 2 + 1, patch_frames)]"""
    import librosa

    stft = librosa.stft(
        samples, n_fft=front_end.n_fft, hop_length=front_end.hop_length, pad_mode="constant"
    )
    return np.abs(stft[:, : front_end.patch_frames]) ** 2


def _decibels(power: np.ndarray) -> np.ndarray:
    """Decibels above the softest that is drawn, in [0, DYNAMIC_RANGE_DB]."""
    floor = max(float(power.max()), 1e-12) * 10 ** (-DYNAMIC_RANGE_DB / 10)
    return 10 * np.log10(np.maximum(power, floor) / floor)


def _levels(values: np.ndarray) -> np.ndarray:
    """Values from 0 up as whole levels, the largest of them the last. dtype=uint8"""
    return np.rint(values / max(float(values.max()), 1e-9) * (LEVELS - 1)).astype(np.uint8)


def _merged(frames: np.ndarray) -> np.ndarray:
    """[shape=(n_frames, n_mels)] -> [shape=(n_frames // STRIP_FRAMES, n_mels)], means."""
    return np.stack([f.mean(axis=0) for f in np.array_split(frames, len(frames) // STRIP_FRAMES)])


def _envelope(samples: np.ndarray) -> list[list[int]]:
    scale = ENVELOPE_PEAK / max(float(np.abs(samples).max()), 1e-9)
    stretches = np.array_split(samples * scale, ENVELOPE_COLUMNS)
    return [[round(float(s.min())), round(float(s.max()))] for s in stretches]


def _loudest(samples: np.ndarray, n: int) -> tuple[int, np.ndarray]:
    """Where the n samples of the greatest power begin, and these samples."""
    power = np.cumsum(np.square(samples, dtype=np.float64))
    start = int((power[n:] - power[:-n]).argmax()) + 1
    return start, samples[start : start + n]


def _median_hz(power: np.ndarray, rate_hz: int) -> float:
    below = np.cumsum(power.sum(axis=1))
    return float(np.searchsorted(below, below[-1] / 2) * rate_hz / 2 / (len(power) - 1))


def _mel_corners(front_end: LogMelFrontEnd) -> np.ndarray:
    """Those of librosa's filter bank (Slaney's mel scale), whose defaults the front end takes."""
    import librosa

    return librosa.mel_frequencies(
        n_mels=front_end.n_mels + 2, fmin=0.0, fmax=front_end.rate_hz / 2
    )
