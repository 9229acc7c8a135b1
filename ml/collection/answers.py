"""Answers as a collection keeps them: plain numbers, which arithmetic and lists go on from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from ml.explanations.refusals import sounds_like
from ml.inference.prediction import Prediction
from ml.metrics.error_budget import Scale
from ml.registry.card import ModelCard


class HeardSegment(BaseModel):
    """A patch of the recording, with its probabilities in the order of the labels."""

    model_config = ConfigDict(frozen=True)

    start_s: float
    end_s: float
    probabilities: tuple[float, ...]


class Answer(BaseModel):
    """What a model said of a recording.

    Attributes
    ----------
    model, weights : its id, and the SHA-256 of its network's file
    probabilities : by genre
    sounds_like : words for what is none of the genres
    outside_score : the detector's, None where the bundle has none
    features : what the head multiplies, which similar songs are found by
    """

    model_config = ConfigDict(frozen=True)

    model: str
    weights: str
    probabilities: dict[str, float]
    none_of_the_ten: bool
    is_music: bool | None
    sounds_like: str | None
    outside_score: float | None
    features: tuple[float, ...]
    segments: tuple[HeardSegment, ...]

    @property
    def genre(self) -> str:
        """The most probable genre."""
        return max(self.probabilities, key=lambda genre: self.probabilities[genre])

    @property
    def confidence(self) -> float:
        """Its probability."""
        return max(self.probabilities.values())

    def without_details(self) -> Answer:
        """Return it without what takes most of the memory, for lists of many."""
        return self.model_copy(update={"segments": (), "features": ()})

    def top(self, n: int) -> list[tuple[str, float]]:
        """Return the n most probable genres, in descending order."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])[:n]

    def right_probability(self, scale: Scale, threshold: float) -> float:
        """Return how probably its genre is the right one; 0 where none is named.

        Parameters
        ----------
        threshold : of the detector
        """
        if self.none_of_the_ten:
            return 0.0
        above = 0.0 if self.outside_score is None else self.outside_score - threshold
        return scale.right_probability(self.confidence, above)


def answer_of(prediction: Prediction, card: ModelCard) -> Answer:
    """Return what is kept of a prediction."""
    words = None
    if prediction.is_outside:
        words = sounds_like(prediction.features.tolist(), prediction.is_music, card)
    return Answer(
        model=prediction.model_id,
        weights=prediction.sha256,
        probabilities={
            genre: round(float(p), 6)
            for genre, p in zip(prediction.labels, prediction.probabilities, strict=True)
        },
        none_of_the_ten=prediction.is_outside,
        is_music=prediction.is_music,
        sounds_like=words.words if words else None,
        outside_score=prediction.outside_score,
        features=tuple(round(float(value), 5) for value in prediction.features),
        segments=tuple(
            HeardSegment(
                start_s=round(segment.start_s, 3),
                end_s=round(segment.end_s, 3),
                probabilities=tuple(round(float(p), 4) for p in segment.probabilities),
            )
            for segment in prediction.segments
        ),
    )
