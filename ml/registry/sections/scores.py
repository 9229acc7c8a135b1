"""What a model scored: on a part of a split, on changed clips, in seconds."""

from __future__ import annotations

from pydantic import Field

from .base import Interval, Section, Share


class ReliabilityBin(Section):
    """Answers of about one confidence: their mean confidence and the share of right ones."""

    low: Share = Field(alias="from")
    high: Share = Field(alias="to")
    n: int
    confidence: Share
    accuracy: Share


class GenreScores(Section):
    """One genre in a test: `n` tracks of it, and `named` tracks that were predicted to be of it."""

    precision: Share
    precision_ci95: Interval | None
    recall: Share
    recall_ci95: Interval | None
    n: int
    named: int


class LevelScores(Section):
    """How often one verbal confidence level was right in a test."""

    word: str
    n: int
    right: Share
    first_two: Share


class OodSetScores(Section):
    """How well one kind of other sound was told apart from music of the model's genres."""

    n: int
    auroc: Share
    refused: int | None = None
    refused_share: Share
    refused_ci95: Interval | None = None


class OodScores(Section):
    """The out-of-distribution detector in a test: `refused` of `n` tracks of the genres."""

    n: int
    refused: int
    refused_share: Share
    refused_ci95: Interval | None = None
    sets: dict[str, OodSetScores]

    @property
    def other_music(self) -> OodSetScores | None:
        """Real music of other genres."""
        return self.sets.get("other music")

    @property
    def no_music(self) -> OodSetScores | None:
        """Real recordings without music."""
        return self.sets.get("no music")


class PartScores(Section):
    """Scores on one part of a split; intervals are 95 % Wilson intervals.

    n_imputed : tracks of which a network of the model had heard nothing, see `ModelCard.imputation`
    """

    n: int
    n_imputed: int | None = None
    accuracy: Share
    accuracy_ci95: Interval | None
    macro_f1: Share
    macro_recall: Share | None = None
    top3_accuracy: Share
    ece: Share
    reliability: tuple[ReliabilityBin, ...]
    per_genre: dict[str, GenreScores]
    confusion: tuple[tuple[int, ...], ...]
    levels: tuple[LevelScores, ...] = Field((), alias="words")
    ood: OodScores | None = Field(None, alias="outside")


class Robustness(Section):
    """Accuracy on clips that were changed, see `ml.evaluation.robustness`."""

    class Change(Section):
        """One change; `right` and `refused` are counts of clips."""

        right: int
        accuracy: Share
        accuracy_ci95: Interval
        same_answer: Share
        refused: int

    n: int
    changes: dict[str, Change]


class Speed(Section):
    """Median time of computation for a clip, see `ml.evaluation.speed`."""

    clip_s: float
    seconds_per_clip: float
    runs: int
    cores: int | None
