"""What a refused recording may be said to be: "It sounds like electronic music".

A word stands for one tag, and is said where the tag is heard far above what is usual in music of
the genres. Only how far is learned from the wild, in steps: each word names the kinds of recordings
for which a listener would let it pass, is said less readily until it holds for them, and is left
out where it never does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.data.labelled_cache import LabelledCache

from .detector import JudgedOutside

# Standard deviations above the mean of music of the genres, from which on a word is said.
STEPS = (2.0, 3.0, 4.0, 5.0, 6.0)
# A word holds that came out right so often, and was said of so many tracks a round.
LEAST_RIGHT = 0.75
LEAST_TRACKS = 5


@dataclass(frozen=True)
class Candidate:
    """A word that may prove itself.

    words : as they stand in "It sounds like ..."
    tag : name of the tag
    kinds : of recordings, in a cache's table, that it is right for
    is_music : else it is for what is taken for no music
    """

    words: str
    tag: str
    kinds: tuple[str, ...]
    is_music: bool = True


def choose_words(
    candidates: Sequence[Candidate],
    wild: LabelledCache,
    features: Mapping[str, np.ndarray],
    judged: Sequence[JudgedOutside],
) -> list[dict[str, Any]]:
    """The words that proved themselves, as rows of a card.

    Parameters
    ----------
    features : track means by tag, [shape=(n,)] each
    judged : of each round, which wild tracks were refused, by what knew nothing of their places
    """
    kept, step = list(candidates), dict.fromkeys(candidates, 0)
    usual = {c: features[c.tag][wild.is_known] for c in candidates}
    scale = {c: float(usual[c].std()) for c in candidates}

    def least(candidate: Candidate) -> float:
        return float(usual[candidate].mean() + STEPS[step[candidate]] * scale[candidate])

    while kept:
        above = np.stack([(features[c.tag] - least(c)) / scale[c] for c in kept])
        found = _count(kept, above, wild, judged)
        poor = [c for c in kept if not _holds(*found[c], len(judged))]
        if not poor:
            break
        # One at a time, the poorest first: the tracks that it took may go to a better word.
        poorest = min(poor, key=lambda c: found[c][0] / max(found[c][1], 1))
        if found[poorest][1] < LEAST_TRACKS * len(judged) or step[poorest] == len(STEPS) - 1:
            kept.remove(poorest)
        else:
            step[poorest] += 1
    return [
        {
            "words": c.words,
            "is_music": c.is_music,
            "tag": c.tag,
            "least": round(least(c), 4),
            "scale": round(scale[c], 4),
            "right": round(found[c][0] / found[c][1], 4),
            "n": round(found[c][1] / len(judged)),
        }
        for c in kept
    ]


def _holds(right: int, n: int, rounds: int) -> bool:
    return n >= LEAST_TRACKS * rounds and right >= LEAST_RIGHT * n


def _count(
    candidates: Sequence[Candidate],
    above: np.ndarray,
    wild: LabelledCache,
    judged: Sequence[JudgedOutside],
) -> dict[Candidate, tuple[int, int]]:
    """How often each word was right and how often it was said, over all rounds.

    above : np.ndarray [shape=(n_candidates, n)], how far each tag is above where its word begins
    """
    found = dict.fromkeys(candidates, (0, 0))
    of_music = np.array([candidate.is_music for candidate in candidates])
    for round_ in judged:
        for i in np.flatnonzero(round_.refused):
            mine = np.where(of_music == round_.is_music[i], above[:, i], -np.inf)
            if mine.max() > 0:
                said = candidates[int(mine.argmax())]
                right, n = found[said]
                found[said] = right + int(wild.kinds[i] in said.kinds), n + 1
    return found
