"""Computation of walkthroughs, with librosa and a loaded classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.mel_bands import mel_frequencies
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.errors import MLError
from ml.explanations.walkthrough import ENVELOPE_COLUMNS, ENVELOPE_PEAK, LEVELS, Walkthrough
from ml.families.base import FrontEnd, linear_head_of
from ml.families.musicnn_yamnet.front_end import TwoFrontEnds
from ml.networks import shipped
from ml.networks.musicnn_weights import TAGS
from ml.networks.yamnet_weights import WEIGHTS_SHA256

if TYPE_CHECKING:
    from ml.inference.classifier import Classifier

N_TAGS = len(TAGS)
WAVE_S = 0.02
# What is softer than the loudest by more is drawn as silence.
DYNAMIC_RANGE_DB = 75.0
STRIP_FRAMES = 4  # frames of the spectrogram merged into one column of the strip


def make_walkthrough(
    samples: np.ndarray, classifier: Classifier
) -> tuple[Walkthrough, dict[str, np.ndarray]]:
    """Compute each step of the classifier for a recording.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono at the classifier's rate, at
        least a patch of them
    classifier : of the family musicnn, or of musicnn-yamnet

    Returns
    -------
    walkthrough
    pictures : by name, each [dtype=uint8] of levels from 0 to LEVELS - 1, the lowest pitch first
        "spectrum" : [shape=(n_fft // 2 + 1, patch_frames)], the patch's spectrogram, from 0 Hz to
            half the rate; the last level is its loudest, 0 is DYNAMIC_RANGE_DB softer or more
        "patch" : [shape=(n_mels, patch_frames)], the same patch as the network sees it
        "strip" : [shape=(n_mels, n)], all patches end to end, with STRIP_FRAMES frames a column
        "yamnet" : [shape=(64, n)], the patch as YAMNet sees it, from its softest to its
            loudest

    Raises
    ------
    MLError : the model has no linear head on tags
    """
    card, front_end = classifier.card, _musicnn_front_end(classifier.front_end)
    head = linear_head_of(card)
    if head is None or card.backbone is None or front_end is None:
        raise MLError(f"Model {card.model_id!r} has no tags that a walkthrough could show.")
    tags = classifier.patch_tags(samples)
    logits = head.logits(head.features(tags))
    patch = int(logits[:, logits.mean(axis=0).argmax()].argmax())
    yamnet_logits, yamnet_frames = _heard_by_yamnet(samples, front_end, patch)
    samples = classifier.normalise_loudness(samples)
    patches, _ = front_end.patches(samples, hop_frames=front_end.patch_frames)
    length = front_end.patch_frames * front_end.hop_length
    piece = samples[patch * length : (patch + 1) * length]
    power = _power(piece, front_end)
    wave = _loudest(piece, int(WAVE_S * front_end.rate_hz))
    walkthrough = Walkthrough(
        duration_s=round(samples.size / front_end.rate_hz, 3),
        rate_hz=front_end.rate_hz,
        backbone_sha256=card.backbone.sha256,
        patch=patch,
        patch_s=front_end.patch_s,
        envelope=_envelope(samples),
        wave=[round(float(sample), 4) for sample in wave],
        mel_hz=[round(float(hz), 1) for hz in _mel_corners(front_end)],
        half_below_hz=round(_median_hz(power, front_end.rate_hz), 1),
        # Five digits move no percentage by as much as is shown.
        tags=[[float(f"{activation:.5g}") for activation in row[:N_TAGS]] for row in tags],
        yamnet_sha256=WEIGHTS_SHA256,
        yamnet=[[round(float(logit), 3) for logit in row] for row in yamnet_logits],
    )
    pictures = {
        "spectrum": _levels(_decibels(power)),
        "patch": _levels(patches[patch].T),
        "strip": _levels(_merged(np.concatenate(patches)).T),
        "yamnet": _levels(yamnet_frames.T),
    }
    return walkthrough, pictures


def _musicnn_front_end(front_end: FrontEnd) -> LogMelFrontEnd | None:
    if isinstance(front_end, TwoFrontEnds):
        return front_end.musicnn
    return front_end if isinstance(front_end, LogMelFrontEnd) else None


def _heard_by_yamnet(
    samples: np.ndarray, musicnn: LogMelFrontEnd, patch: int
) -> tuple[np.ndarray, np.ndarray]:
    """Compute YAMNet's logits of each patch (n, 521), and its spectrogram of one, >= 0."""
    from ml.families.musicnn_yamnet.inference import window_means, yamnet_logits

    front_ends = TwoFrontEnds(musicnn, YamnetFrontEnd())
    patches, _ = front_ends.patches(samples, hop_frames=musicnn.patch_frames)
    logits = window_means(yamnet_logits(shipped.yamnet(), patches.yamnet), patches.spans)
    length = musicnn.patch_frames * musicnn.hop_length
    spectrogram = front_ends.yamnet.spectrogram(samples[patch * length : (patch + 1) * length])
    return logits, spectrogram - spectrogram.min()


def _power(samples: np.ndarray, front_end: LogMelFrontEnd) -> np.ndarray:
    """Compute the power of the front end's frames, [shape=(n_fft // 2 + 1, patch_frames)]."""
    import librosa

    stft = librosa.stft(
        samples, n_fft=front_end.n_fft, hop_length=front_end.hop_length, pad_mode="constant"
    )
    return np.abs(stft[:, : front_end.patch_frames]) ** 2


def _decibels(power: np.ndarray) -> np.ndarray:
    """Convert power to dB above the softest that is drawn, in [0, DYNAMIC_RANGE_DB]."""
    floor = max(float(power.max()), 1e-12) * 10 ** (-DYNAMIC_RANGE_DB / 10)
    return 10 * np.log10(np.maximum(power, floor) / floor)


def _levels(values: np.ndarray) -> np.ndarray:
    """Scale values >= 0 to whole levels, the largest to the last level, dtype=uint8."""
    return np.rint(values / max(float(values.max()), 1e-9) * (LEVELS - 1)).astype(np.uint8)


def _merged(frames: np.ndarray) -> np.ndarray:
    """Average frames, from [shape=(n, n_mels)] to [shape=(n // STRIP_FRAMES, n_mels)]."""
    return np.stack([f.mean(axis=0) for f in np.array_split(frames, len(frames) // STRIP_FRAMES)])


def _envelope(samples: np.ndarray) -> list[list[int]]:
    scale = ENVELOPE_PEAK / max(float(np.abs(samples).max()), 1e-9)
    stretches = np.array_split(samples * scale, ENVELOPE_COLUMNS)
    return [[round(float(s.min())), round(float(s.max()))] for s in stretches]


def _loudest(samples: np.ndarray, n: int) -> np.ndarray:
    """Return the n consecutive samples of the greatest power."""
    power = np.cumsum(np.square(samples, dtype=np.float64))
    start = int((power[n:] - power[:-n]).argmax()) + 1
    return samples[start : start + n]


def _median_hz(power: np.ndarray, rate_hz: int) -> float:
    below = np.cumsum(power.sum(axis=1))
    return float(np.searchsorted(below, below[-1] / 2) * rate_hz / 2 / (len(power) - 1))


def _mel_corners(front_end: LogMelFrontEnd) -> np.ndarray:
    """Compute the corners of the front end's mel bands."""
    return mel_frequencies(front_end.n_mels + 2, front_end.rate_hz / 2)
