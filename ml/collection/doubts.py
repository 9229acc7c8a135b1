"""Genres that stand in tags, judged: those that the model doubts most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .answers import Answer
from .genre_tags import meant_genre
from .tags import Tags


@dataclass(frozen=True)
class Doubt:
    """A file whose tags say another genre than the model hears.

    Attributes
    ----------
    said : the genres in the tags, as they stand there
    meant : the label that they mean
    probability : that the model gives to it
    heard : the genre that it hears instead, "" where it takes the recording for none
    start_s, end_s : the moment at which the model hears that most, seconds
    """

    path: Path
    said: tuple[str, ...]
    meant: str
    probability: float
    heard: str
    heard_probability: float
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Judged:
    """What came of the tags of a collection.

    Attributes
    ----------
    doubts : the most doubtful first
    agreed : files whose tags say what the model hears
    silent : files of whose tags nothing can be said: words that mean none of the genres, or several
    untagged : files without a genre
    """

    doubts: list[Doubt]
    agreed: int = 0
    silent: int = 0
    untagged: int = 0


def judge_tags(files: list[tuple[Path, Answer, Tags]]) -> Judged:
    """Compare tags with answers.

    A doubt ranks by the probability of what the tags mean, the lowest first ("self-confidence" of
    Northcutt, Jiang & Chuang 2021, confident learning). What this program wrote itself is no
    judgement of a person's, and is not judged.
    """
    doubts: list[Doubt] = []
    agreed = silent = untagged = 0
    for path, answer, tags in files:
        if not tags.is_persons:
            untagged += 1
            continue
        meant = meant_genre(tags.genres, tuple(answer.probabilities))
        if meant is None:
            silent += 1
        elif meant == answer.genre and not answer.none_of_the_ten:
            agreed += 1
        else:
            doubts.append(_doubt(path, answer, tags, meant))
    doubts.sort(key=lambda doubt: (doubt.probability, str(doubt.path)))
    return Judged(doubts, agreed, silent, untagged)


def _doubt(path: Path, answer: Answer, tags: Tags, meant: str) -> Doubt:
    place = list(answer.probabilities).index(answer.genre)
    moment = max(answer.segments, key=lambda segment: segment.probabilities[place])
    return Doubt(
        path=path,
        said=tags.genres,
        meant=meant,
        probability=answer.probabilities[meant],
        heard="" if answer.none_of_the_ten else answer.genre,
        heard_probability=answer.confidence,
        start_s=moment.start_s,
        end_s=moment.end_s,
    )
