"""A shipped bundle with what its head and its detector learned, to learn on from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ml.errors import BundleError
from ml.heads.class_detector import ClassDetector
from ml.heads.class_moments import ClassMoments
from ml.heads.detectors import load_detector
from ml.heads.linear_head import LinearHead
from ml.heads.mixed_discriminant import MixedDiscriminant
from ml.registry.card import ModelCard, file_sha256
from ml.registry.sections.networks import BundleFile

DRAWN = 200  # examples of each genre that are drawn as its moments have it
SEED = 0


@dataclass(frozen=True)
class Base:
    """What is learned on from.

    Attributes
    ----------
    card : of the bundle
    head : as it is shipped
    mixed : what the head was computed from
    detector : as it is shipped
    moments : what the detector's first member was computed from
    rows : np.ndarray [dtype=int], which features the head weighs
    detector_shrinkage : of the covariance of the detector's first member
    n_tracks : the recordings that it learned from
    threshold : above it a recording is refused
    refused_of_training : the share of music of its genres that is refused so, out of fold
    """

    card: ModelCard
    head: LinearHead
    mixed: MixedDiscriminant
    detector: ClassDetector
    moments: ClassMoments
    rows: np.ndarray
    detector_shrinkage: float
    n_tracks: int
    threshold: float
    refused_of_training: float

    @property
    def n_features(self) -> int:
        return len(self.head.kernel)

    @cached_property
    def drawn(self) -> tuple[np.ndarray, np.ndarray]:
        """Examples of each genre, drawn as its moments have it: features and position of genre.

        They stand for the music that the shipped head learned from, of which no recording is
        shipped: not for how often it is right, but for what learning on changes there.
        """
        n = self.moments.n_inside
        x = np.concatenate([self.moments.draw(k, DRAWN, SEED) for k in range(n)])
        return x, np.repeat(np.arange(n), DRAWN)

    @property
    def outside_kinds(self) -> tuple[str, ...]:
        """The kinds of other music that the detector knows."""
        return self.moments.names[self.moments.n_inside : -1]

    @cached_property
    def as_other_music(self) -> Base:
        """The same with its genres as kinds of other music, for a model that has none of them."""
        return replace(self, moments=replace(self.moments, n_inside=0))

    def kind(self, name: str) -> np.ndarray:
        """Examples of a kind of other music, drawn likewise, [shape=(DRAWN, d)]."""
        return self._kinds[name]

    @cached_property
    def _kinds(self) -> dict[str, np.ndarray]:
        names = self.moments.names
        return {
            name: self.moments.draw(names.index(name), DRAWN, SEED) for name in self.outside_kinds
        }

    @cached_property
    def other_music(self) -> np.ndarray:
        """Examples of music of other genres, as many of each kind, drawn likewise."""
        return np.concatenate(list(self._kinds.values()))

    @cached_property
    def no_music(self) -> np.ndarray:
        """Examples of what is no music, drawn likewise, [shape=(DRAWN, d)]."""
        return self.moments.draw(len(self.moments.names) - 1, DRAWN, SEED)


def can_teach(card: ModelCard) -> bool:
    """Tell whether a bundle has what learning on needs."""
    return bool(card.statistics and card.moments and card.head and card.ood)


def load_base(card: ModelCard) -> Base:
    """Load what a bundle learned.

    Raises
    ------
    BundleError : it was shipped without, or a file is not the one of its card
    """
    if not can_teach(card) or card.head is None or card.ood is None:
        raise BundleError(
            f"{card.model_id} was shipped without what its head learned, so it cannot learn on."
        )
    detector = load_detector(card)
    if not isinstance(detector, ClassDetector):
        raise BundleError(f"The detector of {card.model_id} cannot learn on.")
    head = LinearHead.from_card(card.head)
    base = Base(
        card=card,
        head=head,
        mixed=MixedDiscriminant.load(_file(card, card.statistics)),
        detector=detector,
        moments=ClassMoments.load(_file(card, card.moments)),
        rows=np.flatnonzero(head.kernel.any(axis=1)),
        detector_shrinkage=_shrinkage(card),
        n_tracks=(card.training.n_tracks if card.training else 0)
        + (card.training_data.n_tracks if card.training_data else 0),
        threshold=card.ood.threshold,
        refused_of_training=card.ood.refused_of_training,
    )
    agree = (
        base.mixed.statistics.means.shape == (len(card.labels), len(base.rows))
        and base.moments.means.shape[1] == base.n_features
        and base.moments.names[: base.moments.n_inside] == card.labels
    )
    if not agree or not base.n_tracks:
        raise BundleError(f"What {card.model_id} learned does not fit its head.")
    return base


def _shrinkage(card: ModelCard) -> float:
    told = (card.training.model_extra or {}) if card.training else {}
    try:
        return float(told["detector"]["shrinkage"])
    except (KeyError, TypeError, ValueError) as exc:
        raise BundleError(
            f"The card of {card.model_id} does not tell how its detector was fitted."
        ) from exc


def _file(card: ModelCard, file: BundleFile | None) -> Path:
    path = card.folder / file.file if file else card.folder
    if file is None or not path.is_file() or file_sha256(path) != file.sha256:
        raise BundleError(f"{path.name} of model {card.model_id!r} is not the one of its card.")
    return path
