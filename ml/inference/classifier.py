"""The classifier: from samples to a Prediction, by a bundle that is loaded at the first use.

from ml.audio.decode import decode
from ml.inference.classifier import get_classifier

classifier = get_classifier()
prediction = classifier.predict(decode("song.mp3", rate_hz=classifier.rate_hz))
print(prediction.top(5))
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from ml.audio.front_ends import MAX_SAMPLE
from ml.audio.loudness import raise_level
from ml.audio.samples import SILENCE_PEAK
from ml.errors import BundleError
from ml.families.base import CachedLogits, PatchOutputs, family_of
from ml.inference.prediction import Prediction, Segment
from ml.networks.runtimes import AUTO, Runtime, chosen, versions
from ml.probabilities import to_probabilities
from ml.registry.bundles import SHIPPED, Registry
from ml.registry.card import ModelCard, file_sha256


class Classifier:
    """A loaded bundle. Make it by `get_classifier`, which loads each bundle once.

    Parameters
    ----------
    runtime : see `ml.networks.runtimes.chosen`

    Attributes
    ----------
    card : its card
    runtime : "keras" or "light"
    front_end : computes the patches that its network takes

    Raises
    ------
    BundleError : the network is missing or not the one of the card, or the runtime is not
        installed
    """

    def __init__(self, card: ModelCard, runtime: str = AUTO):
        self.runtime = chosen(runtime)
        if self.runtime == "keras":
            _check_network(card)
        self.card = card
        self._family = family_of(card)
        self.front_end = self._family.front_end(card)
        self._network = self._family.load(card, self.runtime)
        self._lock = threading.Lock()

    @property
    def versions(self) -> dict[str, str]:
        """The versions of the libraries that an answer depends on."""
        return versions(self.runtime)

    @property
    def rate_hz(self) -> int:
        """The sampling rate that `predict` expects, Hz."""
        return self.front_end.rate_hz

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
            come from a stream: each is classified while the next one arrives.
        """
        started = time.perf_counter()
        outputs: list[PatchOutputs] = []
        starts_s: list[float] = []
        peak = 0.0
        for window_start_s, samples in windows:
            samples = np.clip(np.nan_to_num(samples), -MAX_SAMPLE, MAX_SAMPLE)
            peak = max(peak, float(np.abs(samples).max(initial=0.0)))
            patches, patch_starts_s = self._patches(samples)
            starts_s.extend(window_start_s + patch_starts_s)
            outputs.append(self._run(patches))
        tags = np.concatenate([output.tags for output in outputs])
        logits = np.concatenate([output.logits for output in outputs])
        # Every family's answer is the mean of its patches' logits; with a linear head this is
        # exactly the logit of the mean features.
        track_logits = logits.mean(axis=0)
        segments = tuple(
            Segment(float(start_s), float(start_s) + self.front_end.patch_s, *row)
            for start_s, *row in zip(starts_s, self._probabilities(logits), logits, strict=True)
        )
        ood_score = self.ood_score(tags)
        is_silent = peak < SILENCE_PEAK
        is_outside = is_silent or self.refuses(ood_score)
        return Prediction(
            model_id=self.card.model_id,
            sha256=self.card.sha256,
            labels=self.card.labels,
            probabilities=self._probabilities(track_logits),
            segments=segments,
            tags=tags.mean(axis=0),
            seconds=time.perf_counter() - started,
            features=self._network.features(tags).mean(axis=0),
            logits=track_logits,
            outside_score=ood_score,
            is_outside=is_outside,
            is_music=False if is_silent else self._network.is_music(tags) if is_outside else None,
        )

    def predict_cached(self, features: Path, wanted: Sequence[str]) -> CachedLogits:
        """Predict the wanted tracks of a feature cache, without audio. Raises DatasetError."""
        return self._family.predict_cached(self.card, self._network, features, wanted)

    def ood_score(self, tags: np.ndarray) -> float | None:
        """Score how unlike the training music a recording is; None without a detector.

        Parameters
        ----------
        tags : np.ndarray [shape=(n_patches, n_tags)]
        """
        return self._network.ood_score(tags)

    def track_logits(self, tags: np.ndarray) -> np.ndarray:
        """Before calibration, of a recording whose tags are known, for a model with a linear head.

        tags : np.ndarray [shape=(n_patches, n_tags)] -> [shape=(n_labels,), dtype=float64].
        Raises BundleError where the model has no linear head.
        """
        head = self._family.linear_head(self.card)
        if head is None:
            raise BundleError(f"Model {self.card.model_id!r} does not answer by its tags alone.")
        return head.logits(head.features(tags).mean(axis=0))

    def refuses(self, ood_score: float | None) -> bool:
        """Return whether a recording of this score is taken for none of the genres."""
        return ood_score is not None and bool(self.card.ood and ood_score > self.card.ood.threshold)

    def normalise_loudness(self, samples: np.ndarray) -> np.ndarray:
        """Raise a quiet window to the level that the card's `raise_to_db` names.

        MusiCNN's tags of a quiet copy of a song differ from those of the song. Loud windows stay as
        they are, and so do all of a model whose card names no level: a mel-cnn's spectrogram is
        relative. YAMNet hears every window as it is.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

        Returns
        -------
        np.ndarray of the same shape and dtype
        """
        return raise_level(samples, self.card.raise_to_db)

    def patch_tags(
        self, samples: np.ndarray, *, hop_frames: int | None = None, raise_quiet: bool = True
    ) -> np.ndarray:
        """Compute the tag activations of a recording's patches.

        Parameters
        ----------
        samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
        hop_frames : distance between patches, frames; None puts them end to end
        raise_quiet : whether a quiet recording is raised to the card's level, as in `predict`

        Returns
        -------
        np.ndarray [shape=(n_patches, n_tags), dtype=float64], in [0, 1]
        """
        return self._run(self._patches(samples, hop_frames, raise_quiet=raise_quiet)[0]).tags

    def warm_up(self) -> None:
        """Do once what makes the first prediction slow: imports and tracing."""
        noise = np.random.default_rng(0).normal(0, 0.1, 4 * self.rate_hz)
        self.predict(noise.astype(np.float32))

    def _patches(
        self, samples: np.ndarray, hop_frames: int | None = None, *, raise_quiet: bool = True
    ) -> tuple[Any, np.ndarray]:
        return self.front_end.patches(
            samples,
            hop_frames=hop_frames or self.front_end.patch_frames,
            raise_to_db=self.card.raise_to_db if raise_quiet else None,
        )

    def _run(self, patches: Any) -> PatchOutputs:
        # Keras builds its predict function at the first call; the light runtime may be shared.
        with self._lock if self.runtime == "keras" else nullcontext():
            return self._network.run(patches)

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        return to_probabilities(logits, self.card.calibration)


def _check_network(card: ModelCard) -> None:
    if not card.model_path.is_file():
        raise BundleError(f"The network of model {card.model_id!r} is missing.")
    if file_sha256(card.model_path) != card.sha256:
        raise BundleError(f"The network of model {card.model_id!r} is not the one of its card.")


# A worker may be asked for another model between two jobs; of more the oldest is dropped.
MOST_LOADED = 2
_loaded: OrderedDict[tuple[Path, Runtime], Classifier] = OrderedDict()
_loading = threading.Lock()


def get_classifier(
    model_id: str | None = None, registry: Registry = SHIPPED, runtime: str = AUTO
) -> Classifier:
    """Return the classifier of a bundle, loaded at the first call in a process.

    Parameters
    ----------
    model_id : None takes the bundle that serves
    runtime : see `ml.networks.runtimes.chosen`

    Raises
    ------
    BundleError : there is no such bundle, it is incomplete, or the runtime is not installed
    """
    card = registry.card(model_id)
    key = card.folder, chosen(runtime)
    with _loading:
        classifier = _loaded.get(key)
        if classifier is None or classifier.card is not card:  # a changed card is another object
            classifier = Classifier(card, runtime)
        _loaded[key] = classifier
        _loaded.move_to_end(key)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return classifier
