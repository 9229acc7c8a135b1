"""The light form of a bundle: its networks as ONNX files, written and compared with Keras' answers.

Import this module only where TensorFlow is wanted.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ml.atomic_files import replacing
from ml.errors import BundleError
from ml.families.base import family_of
from ml.networks.onnx_export import write_onnx
from ml.registry.card import ModelCard, file_sha256, read_card_data
from ml.registry.sections.networks import LightForm
from ml.registry.writer import write_card

from .classifier import Classifier

# Of logits, which spread over tens: both forms compute in float32, in another order.
TOLERANCE = 1e-4


def add_light_form(card: ModelCard) -> LightForm:
    """Write a bundle's light form into its folder and its card.

    It is written and compared in a copy first: a bundle that serves keeps what it has until the new
    files are known to answer as they should.

    Raises
    ------
    BundleError : a network cannot be written so, or answers differently; the bundle then stays as
        it was
    """
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / card.folder.name
        shutil.copytree(card.folder, copy)
        files = [
            (name, write_onnx(network, copy / f"{name}.onnx"))
            for name, network in family_of(card).keras_networks(card).items()
        ]
        section: dict[str, Any] = {
            "networks": {
                name: {"file": path.name, "sha256": file_sha256(path)} for name, path in files
            },
            "largest_difference": 0.0,
        }
        difference = largest_difference(write_card(copy, read_card_data(copy) | {"light": section}))
        if difference > TOLERANCE:
            raise BundleError(
                f"The light form of {card.model_id!r} answers differently: a logit by "
                f"{difference:.2g}, where {TOLERANCE:g} is allowed."
            )
        for _, path in files:
            with replacing(card.folder / path.name) as draft:
                shutil.copyfile(path, draft)
    section["largest_difference"] = difference
    write_card(card.folder, read_card_data(card.folder) | {"light": section})
    return LightForm.model_validate(section)


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
