"""The light form of a bundle: its networks as ONNX files, written and compared with Keras' answers.

Import this module only where TensorFlow is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ml.errors import BundleError
from ml.families.base import family_of
from ml.networks.onnx_export import write_onnx
from ml.registry.card import ModelCard, file_sha256, read_card, read_card_data
from ml.registry.writer import write_card

from .classifier import Classifier

# Of logits, which spread over tens: both forms compute in float32, in another order.
TOLERANCE = 1e-4


def add_light_form(card: ModelCard) -> ModelCard:
    """Write a bundle's light form into its folder and its card.

    Returns
    -------
    the card as it is now

    Raises
    ------
    BundleError : a network cannot be written so, or answers differently; the card then stays
    """
    folder = card.folder
    networks = {
        name: {"file": path.name, "sha256": file_sha256(path)}
        for name, path in (
            (name, write_onnx(network, folder / f"{name}.onnx"))
            for name, network in family_of(card).keras_networks(card).items()
        )
    }
    before = read_card_data(folder)
    section = {"networks": networks, "largest_difference": 0.0}
    written = write_card(folder, before | {"light": section})
    try:
        difference = largest_difference(written)
        if difference > TOLERANCE:
            raise BundleError(
                f"The light form of {card.model_id!r} answers differently: a logit by "
                f"{difference:.2g}, where {TOLERANCE:g} is allowed."
            )
    except BundleError:
        write_card(folder, before)
        raise
    write_card(folder, before | {"light": section | {"largest_difference": difference}})
    return read_card(folder)


def largest_difference(card: ModelCard) -> float:
    """Return by how much a logit of a segment differs between Keras and the light form, at most."""
    by_keras, by_light = Classifier(card, "keras"), Classifier(card, "light")
    return max(
        float(np.abs(_logits(by_keras, samples) - _logits(by_light, samples)).max())
        for samples in _clips(by_keras.rate_hz)
    )


def _logits(classifier: Classifier, samples: np.ndarray) -> np.ndarray:
    return np.stack([segment.logits for segment in classifier.predict(samples).segments])


def _clips(rate_hz: int) -> Iterator[np.ndarray]:
    """Make sounds of all kinds of spectra: silence, noise, a sweep, a chord with a beat."""
    t = np.arange(9 * rate_hz) / rate_hz
    noise = np.random.default_rng(0).normal(0, 0.1, t.size)
    sweep = 0.5 * np.sin(2 * np.pi * (50 * t + 400 * t**2))
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (110.0, 220.0, 277.2, 329.6, 880.0)) / 10
    for samples in (np.zeros_like(t), noise, sweep, chord * np.exp(-6 * (t % 0.5)) + noise / 100):
        yield samples.astype(np.float32)
