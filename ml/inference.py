"""The lazily loaded model: samples in, a Prediction out.

from ml.audio import decode
from ml.inference import get_classifier

classifier = get_classifier()
prediction = classifier.predict(decode("song.mp3", rate_hz=classifier.rate_hz))
print(prediction.top(5))
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .card import BUNDLES, Card, default_model_id, file_sha256, read_card
from .errors import BundleError
from .tensorflow_import import import_tensorflow


@dataclass(frozen=True)
class Segment:
    """One patch of the recording. Times in seconds from its beginning.

    probabilities : np.ndarray [shape=(n_labels,), dtype=float64], sums to 1
    """

    start_s: float
    end_s: float
    probabilities: np.ndarray


@dataclass(frozen=True)
class Prediction:
    """What the model heard.

    labels : the genres, in the order of every probability array
    probabilities : np.ndarray [shape=(n_labels,), dtype=float64], the track's, sums to 1
    segments : in order of time
    tags : np.ndarray [shape=(n_tags,), dtype=float64], mean tag activations, each in [0, 1]
    seconds : from the first window asked for to the answer
    """

    model_id: str
    sha256: str
    labels: tuple[str, ...]
    probabilities: np.ndarray
    segments: tuple[Segment, ...]
    tags: np.ndarray
    seconds: float

    @property
    def genre(self) -> str:
        return self.labels[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        return float(self.probabilities.max())

    def top(self, n: int) -> list[tuple[str, float]]:
        """The n most probable genres with their probabilities, most probable first."""
        order = np.argsort(-self.probabilities, kind="stable")[:n]
        return [(self.labels[i], float(self.probabilities[i])) for i in order]


class Classifier:
    """A loaded bundle. Make it through `get_classifier`, which loads each bundle once."""

    def __init__(self, card: Card):
        import_tensorflow()
        import keras

        from . import architectures  # noqa: F401  registers the layer the saved model refers to

        if not card.model_path.is_file():
            raise BundleError(f"The network of model {card.model_id!r} is missing.")
        if file_sha256(card.model_path) != card.sha256:
            raise BundleError(f"The network of model {card.model_id!r} is not the one of its card.")
        self.card = card
        self._model = keras.saving.load_model(card.model_path, compile=False)
        self._lock = threading.Lock()

    @property
    def rate_hz(self) -> int:
        """The sampling rate that `predict` expects, Hz."""
        return self.card.front_end.rate_hz

    def predict(self, samples: np.ndarray) -> Prediction:
        """Classify a recording.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`, as `ml.audio` gives
        """
        return self.predict_windows([(0.0, samples)])

    def predict_windows(self, windows: Iterable[tuple[float, np.ndarray]]) -> Prediction:
        """Classify a recording of which only parts are at hand.

        Parameters
        ----------
        windows : (start in the recording in seconds, samples) pairs, in order of time. They may
            still be on their way: each is listened to while the next one arrives.
        """
        started = time.perf_counter()
        front_end = self.card.front_end
        results = []
        for window_start_s, samples in windows:
            patches, starts_s = front_end.patches(samples, hop_frames=front_end.patch_frames)
            results.append((window_start_s + starts_s, *self._run(patches)))
        starts_s, tags, logits = (np.concatenate(column) for column in zip(*results, strict=True))
        # The head is linear, so the mean of the segments' logits is the logit of the mean tags.
        segments = tuple(
            Segment(float(start), float(start) + front_end.patch_s, _softmax(row))
            for start, row in zip(starts_s, logits, strict=True)
        )
        return Prediction(
            model_id=self.card.model_id,
            sha256=self.card.sha256,
            labels=self.card.labels,
            probabilities=_softmax(logits.mean(axis=0)),
            segments=segments,
            tags=tags.mean(axis=0),
            seconds=time.perf_counter() - started,
        )

    def classify_tags(self, tags: np.ndarray) -> np.ndarray:
        """Genre probabilities of mean tag activations, without the network before them.

        [shape=(n, n_tags)] -> [shape=(n, n_labels), dtype=float64]
        """
        kernel, bias = self._model.get_layer("genre_logits").get_weights()
        logits = tags @ kernel.astype(np.float64) + bias
        return np.apply_along_axis(_softmax, 1, logits)

    def warm_up(self) -> None:
        """Do everything that only the first prediction is slow at: imports, tracing."""
        noise = np.random.default_rng(0).normal(0, 0.1, 4 * self.rate_hz)
        self.predict(noise.astype(np.float32))

    def _run(self, patches: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, frames, mels) -> tags (n, n_tags) and logits (n, n_labels), float64."""
        tags, logits = [], []
        # One patch at a time: on a CPU larger batches were hardly faster and took up to twice the
        # memory, which would then grow with the length of a song.
        for patch in patches:
            with self._lock:  # Keras builds its predict function at the first call
                outputs = self._model.predict_on_batch(patch[None])
            tags.append(outputs["tags"][0])
            logits.append(outputs["genre_logits"][0])
        return np.stack(tags).astype(np.float64), np.stack(logits).astype(np.float64)


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


_classifiers: dict[tuple[str, Path], Classifier] = {}
_loading = threading.Lock()


def get_classifier(model_id: str | None = None, bundles: Path = BUNDLES) -> Classifier:
    """The classifier of a bundle, loaded at the first call in a process. Raises BundleError."""
    model_id = model_id or default_model_id(bundles)
    key = (model_id, bundles)
    with _loading:
        if key not in _classifiers:
            _classifiers[key] = Classifier(read_card(model_id, bundles))
        return _classifiers[key]
