"""How sure an answer is, and what is said of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import Section, Sha256, Share


class ConfidenceLevel(Section):
    """A verbal confidence level: the answers it is for, and the share of them that was right."""

    word: str
    min_confidence: Share = Field(alias="from")
    max_margin: Share = Field(alias="margin_up_to")
    right: Share
    first_two: Share
    n: int
    share: Share


class SoundsLike(Section):
    """Words for a refused recording, by one of its tags: "It sounds like techno".

    Of all words of its kind those are said whose tag is heard most above `least`, in units of
    `scale`; none, where no tag reaches its own.

    words : as they stand in the sentence
    is_music : they are for music; else for what is no music, as "speech"
    tag : the tag's name
    least, scale : of the recording's feature of the tag, so in log odds
    right, n : how often the words were right when they were said, and how often that was, on
        recordings that were not learned from
    """

    words: str
    is_music: bool = True
    tag: str
    least: float
    scale: Annotated[float, Field(gt=0)] = 1.0
    right: Share
    n: int


class OodDetectorCard(Section):
    """The out-of-distribution detector: scores above the threshold are none of the genres.

    sounds_like : what a refused recording may be said to be
    """

    method: str
    threshold: float
    refused_of_training: Share
    left_out: dict[str, Share]
    synthetic_negatives: int = Field(alias="made_sounds")
    sounds_like: tuple[SoundsLike, ...] = ()
    file: str
    sha256: Sha256


class BudgetPoint(Section):
    """A cut of answers, see `ml.metrics.error_budget.Point`."""

    least: Share
    n: int
    wrong: int


class BudgetTrial(Section):
    """What came of a budget in places that took no part in choosing its cut.

    used_share : of all recordings, those whose answers were used
    wrong_share : of these, those that were wrong; None where none was used
    folds_kept : share of the folds of places in which the budget was kept
    """

    budget: Share
    used_share: Share
    wrong_share: Share | None
    folds_kept: Share


class BudgetCurve(Section):
    """How sure an answer has to be for an error budget, see `ml.metrics.error_budget`.

    confidence : with which a budget is kept
    intercept, slope, outside_slope : see `ml.metrics.error_budget.Scale`
    points : cuts of the answers about these recordings
    n, n_genres, n_other_music, n_no_music : the recordings it was measured on, out of fold; what
        is not of the genres has no right answer
    """

    confidence: Share
    n: int
    n_genres: int
    n_other_music: int
    n_no_music: int
    intercept: float
    slope: float
    outside_slope: float
    points: tuple[BudgetPoint, ...]
    held_out: tuple[BudgetTrial, ...] = ()
