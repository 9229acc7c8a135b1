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
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np

from ml.audio.decode import SILENCE_PEAK
from ml.errors import BundleError
from ml.families.linear_head import LinearHead
from ml.families.musicnn.family import _load_outside
from ml.inference.prediction import Prediction, Segment
from ml.probabilities import to_probabilities
from ml.registry.bundles import SHIPPED, Registry
from ml.registry.card import Card, file_sha256
from ml.tensorflow_import import import_tensorflow

# Louder than any recording: keeps the spectrogram of a broken file finite.
MAX_SAMPLE = 100.0
# What is raised by more than this was no recording of music, but its noise floor.
MAX_GAIN_DB = 30.0


class Classifier:
    """A loaded bundle. Make it through `get_classifier`, which loads each bundle once."""

    def __init__(self, card: Card):
        import_tensorflow()
        import keras

        # Each registers the layers that its saved models refer to.
        if card.data["architecture"] == "mel-cnn":
            from ml.families.mel_cnn import network  # noqa: F401
        else:
            from ml.families.musicnn import network as architectures  # noqa: F401

        if not card.model_path.is_file():
            raise BundleError(f"The network of model {card.model_id!r} is missing.")
        if file_sha256(card.model_path) != card.sha256:
            raise BundleError(f"The network of model {card.model_id!r} is not the one of its card.")
        self.card = card
        self._calibration = card.data.get("calibration")
        self._head = None if "head" not in card.data else LinearHead.from_dict(card.data["head"])
        self._outside = _load_outside(card)
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
        results, peak = [], 0.0
        for window_start_s, samples in windows:
            samples = np.clip(np.nan_to_num(samples), -MAX_SAMPLE, MAX_SAMPLE)
            peak = max(peak, float(np.abs(samples).max(initial=0.0)))
            samples = self.levelled(samples)
            patches, starts_s = front_end.patches(samples, hop_frames=front_end.patch_frames)
            results.append((window_start_s + starts_s, *self._run(patches)))
        starts_s, tags, logits = (np.concatenate(column) for column in zip(*results, strict=True))
        # The head is linear, so the mean of the segments' logits is the logit of the mean features.
        track_logits = logits.mean(axis=0)
        segments = tuple(
            Segment(float(start), float(start) + front_end.patch_s, *rows)
            for start, *rows in zip(starts_s, self._probabilities(logits), logits, strict=True)
        )
        outside_score = self.outside_score(tags)
        return Prediction(
            model_id=self.card.model_id,
            sha256=self.card.sha256,
            labels=self.card.labels,
            probabilities=self._probabilities(track_logits),
            segments=segments,
            tags=tags.mean(axis=0),
            seconds=time.perf_counter() - started,
            features=self._features(tags).mean(axis=0),
            logits=track_logits,
            outside_score=outside_score,
            is_outside=peak < SILENCE_PEAK or self._refuses(outside_score),
        )

    def classify_patches(self, tracks: Sequence[np.ndarray]) -> np.ndarray:
        """Genre probabilities of tracks from the tags of their patches.

        n times [shape=(n_patches, n_tags)] -> [shape=(n, n_labels), dtype=float64]
        """
        features = np.stack([self._features(tags).mean(axis=0) for tags in tracks])
        return self._probabilities(features @ self._kernel + self._bias)

    def classify_clips(self, spectrograms: np.ndarray) -> np.ndarray:
        """Genre probabilities of clips from cached spectrograms, for a mel-cnn.

        [shape=(n, frames, mels)] dB -> [shape=(n, n_labels), dtype=float64]
        """
        from ml.families.mel_cnn import predict_logits

        return self._probabilities(predict_logits(self._model, spectrograms))

    def outside_score(self, patch_tags: np.ndarray) -> float | None:
        """How unlike the training music a track is; None: the bundle cannot tell.

        patch_tags : np.ndarray [shape=(n_patches, n_tags)]
        """
        if self._outside is None:
            return None
        return float(self._outside.score(self._outside.features(patch_tags)[None])[0])

    def levelled(self, samples: np.ndarray) -> np.ndarray:
        """Raise a quiet window to the level that the card's `raise_to_db` names.

        MusiCNN hears a quiet copy of a song as another song. Loud ones it takes as they are, and a
        mel-cnn, whose spectrogram is relative, takes all as they are. [shape=(n,)] -> the same.
        """
        target_db = self.card.data.get("raise_to_db")
        power = float(np.mean(np.square(samples, dtype=np.float64))) if samples.size else 0.0
        if target_db is None or power == 0:
            return samples
        gain_db = min(target_db - 10 * np.log10(power), MAX_GAIN_DB)
        return samples * np.float32(10 ** (gain_db / 20)) if gain_db > 0 else samples

    def patch_tags(self, samples: np.ndarray, *, hop_frames: int | None = None) -> np.ndarray:
        """Tag activations of a recording's patches, end to end or `hop_frames` apart.

        At the level as given, see `levelled`.

        [shape=(n,), dtype=float32] -> [shape=(n_patches, n_tags), dtype=float64]
        """
        front_end = self.card.front_end
        hop_frames = hop_frames or front_end.patch_frames
        return self._run(front_end.patches(samples, hop_frames=hop_frames)[0])[0]

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
            tags.append(outputs["tags"][0] if "tags" in outputs else np.zeros(0))
            logits.append(outputs["genre_logits"][0])
        return np.stack(tags).astype(np.float64), np.stack(logits).astype(np.float64)

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        return to_probabilities(logits, self._calibration)

    def _features(self, tags: np.ndarray) -> np.ndarray:
        return tags if self._head is None else self._head.features(tags)

    def _refuses(self, outside_score: float | None) -> bool:
        return outside_score is not None and outside_score > self.card.data["outside"]["threshold"]

    @cached_property
    def _kernel(self) -> np.ndarray:
        return self._model.get_layer("genre_logits").get_weights()[0].astype(np.float64)

    @cached_property
    def _bias(self) -> np.ndarray:
        return self._model.get_layer("genre_logits").get_weights()[1].astype(np.float64)


# A worker may be asked for another model between two jobs; older ones make room.
MOST_LOADED = 2
_loaded: OrderedDict[Path, Classifier] = OrderedDict()
_loading = threading.Lock()


def get_classifier(model_id: str | None = None, registry: Registry = SHIPPED) -> Classifier:
    """The classifier of a bundle, loaded at the first call in a process. Raises BundleError."""
    card = registry.card(model_id)
    with _loading:
        classifier = _loaded.get(card.folder)
        if classifier is None or classifier.card is not card:  # a card is another once it changed
            classifier = Classifier(card)
        _loaded[card.folder] = classifier
        _loaded.move_to_end(card.folder)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return classifier
