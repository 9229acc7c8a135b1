"""Plans: which genre would be written into which file, to be read and cut before it is done.

A plan is a file of JSON lines. The first tells what it was made by; each other line is a file. To
leave a file as it is, its line is deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.atomic_files import replacing
from ml.errors import MLError
from ml.metrics.error_budget import Cut, Point, Scale, answers_needed, cut_for, lowest_budget

from .answers import Answer
from .genre_tags import tag_word
from .hearing import Found
from .tags import GENRE, MODEL, RIGHT, WEIGHTS, WROTE, Fields, TagError, Tags, read_tags

SEAL = 16  # hexadecimal digits of a line's seal
UNSCALED = Scale(0.0, 1.0, -1.0)  # orders the answers of a model whose card does not tell
LARGEST_LINE = 100_000  # characters

Left = Literal["refused", "unsure", "person", "same", "no tags"]
LEFT_WORDS: dict[Left, str] = {
    "refused": "taken for none of the genres",
    "unsure": "not sure enough",
    "person": "have a genre that somebody wrote",
    "same": "have this genre already",
    "no tags": "cannot hold tags, or theirs cannot be read",
}


class PlanError(MLError):
    """A plan cannot be made, or is not one."""


class Head(BaseModel):
    """The first line of a plan.

    Attributes
    ----------
    genre_plan : the version of the format
    id : of the plan, by which it is undone
    budget, least : the error budget, and how probably right an answer had to be for it; None
        without a budget
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    genre_plan: Literal[1]
    id: str
    made: str
    model: str
    weights: str
    budget: float | None
    least: float | None


class Line(BaseModel):
    """A file for which a genre would be written.

    Attributes
    ----------
    path : as the file system has it; a byte that is not UTF-8 is a lone surrogate
    write : the genre; now : those that stand there
    confidence, right : of the answer, and how probably it is right, other music counted in; None
        where the model does not tell
    audio, tags, fields : what the file was
    seal : tells whether the line was changed
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    write: str
    now: tuple[str, ...]
    confidence: float
    right: float | None
    audio: str
    tags: str
    fields: Fields
    seal: str = ""

    def wanted(self, head: Head) -> Fields:
        """Return what the fields of the file are to be."""
        fields: Fields = {
            GENRE: (self.write,),
            WROTE: (self.write,),
            MODEL: (head.model,),
            WEIGHTS: (head.weights,),
        }
        return fields if self.right is None else fields | {RIGHT: (f"{self.right:.3f}",)}


@dataclass(frozen=True)
class Budget:
    """An error budget, and by what it is kept.

    Attributes
    ----------
    share : the largest share of wrong genres among those that are written
    cut : what is let through
    confidence : with which it is kept
    is_own : whether it was measured on the collection itself, and not by the model's card
    """

    share: float
    cut: Cut
    confidence: float
    is_own: bool = False


@dataclass(frozen=True)
class Heard:
    """A file that was heard.

    tags : None where they cannot be read or written
    order : how sure the answer is, to be compared with a cut
    right : the same, where it is the probability that the answer is right; None where the model's
        card does not tell that
    """

    path: Path
    audio: str
    answer: Answer
    tags: Tags | None
    order: float
    right: float | None


def heard_file(found: Found, scale: Scale | None, threshold: float) -> Heard:
    """Take what a plan needs of a file that has an answer.

    scale : of the model's card, where it has one
    """
    if found.answer is None:
        raise ValueError("nothing was heard in it")
    try:
        tags = read_tags(found.path)
    except (TagError, OSError):
        tags = None
    order = found.answer.right_probability(scale or UNSCALED, threshold)
    answer = found.answer.without_details()
    return Heard(found.path, found.audio, answer, tags, order, order if scale else None)


def decide(file: Heard, budget: Budget | None, *, replace: bool = False) -> Line | Left:
    """Decide what would be written into a file, or why it is left alone.

    Parameters
    ----------
    budget : None writes whatever is not refused
    replace : write over what a person wrote too
    """
    answer, tags, word = file.answer, file.tags, tag_word(file.answer.genre)
    if answer.none_of_the_ten:
        return "refused"
    if tags is None:
        return "no tags"
    if tags.genres == (word,):
        return "same"
    if tags.is_persons and not replace:
        return "person"
    if budget and file.order < budget.cut.least:
        return "unsure"
    return Line(
        path=str(file.path.absolute()),  # a plan may be applied from another folder
        write=word,
        now=tags.genres,
        confidence=round(answer.confidence, 4),
        right=None if file.right is None else round(file.right, 4),
        audio=file.audio,
        tags=tags.others,
        fields=tags.fields,
    )


def expected_wrong(lines: Sequence[Line], budget: Budget | None) -> float | None:
    """Return about how many of these genres will be wrong; None where nothing tells."""
    if budget and budget.is_own:
        return len(lines) * budget.cut.wrong / budget.cut.n
    told = [line.right for line in lines]
    return None if None in told else sum(1 - right for right in told if right is not None)


def keep_budget(
    share: float, points: Sequence[Point], confidence: float, *, is_own: bool
) -> Budget:
    """Find the cut for a budget. Raises PlanError where none keeps it."""
    cut = cut_for(points, share, confidence)
    if cut is not None:
        return Budget(share, cut, confidence, is_own)
    by = "the genres in the tags here" if is_own else "what its card was measured on"
    n, needed = points[-1].n if points else 0, answers_needed(share, confidence)
    lowest = lowest_budget(points, confidence)
    least = f"the lowest that can be kept is {lowest:.0%}" if lowest else "none can be kept"
    why = "Of what the model is surest of, more was wrong."
    if n < needed:
        why = f"Of the {needed:,} answers that it takes, {n:,} could be compared."
    raise PlanError(f"A budget of {share:.0%} cannot be kept: by {by}, {least}. {why}")


def write_plan(path: Path, head: Head, lines: Iterable[Line]) -> None:
    """Write a plan, all at once."""
    with replacing(path) as draft, draft.open("w", encoding="ascii") as file:
        file.write(head.model_dump_json() + "\n")
        for line in lines:
            data = line.model_dump(mode="json", exclude={"seal"})
            file.write(json.dumps(data | {"seal": _seal(head, data)}) + "\n")


def read_plan(path: Path) -> tuple[Head, list[Line]]:
    """Read a plan.

    Raises
    ------
    PlanError : it is none, or a line of it was changed
    """
    try:
        with path.open(encoding="ascii") as file:
            rows = list(_rows(file))
    except OSError as error:
        raise PlanError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeError as error:
        raise PlanError(f"{path} is no plan.") from error
    try:
        head = Head.model_validate_json(rows[0])
    except (IndexError, ValidationError) as error:
        raise PlanError(f"{path} is no plan that this program can read.") from error
    return head, [_line(path, head, number, text) for number, text in enumerate(rows[1:], 2)]


def _rows(file: Iterable[str]) -> Iterator[str]:
    for row in file:
        if len(row) > LARGEST_LINE:
            raise PlanError("A line of the plan is longer than any that is written.")
        if row.strip():
            yield row


def _line(path: Path, head: Head, number: int, text: str) -> Line:
    try:
        data: dict[str, Any] = json.loads(text)
        line = Line.model_validate(data)
        seal = data.pop("seal")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PlanError(f"Line {number} of {path} is no line of a plan.") from error
    if seal != _seal(head, data):
        raise PlanError(
            f"Line {number} of {path} was changed since the plan was made. Lines may be deleted; "
            "for another genre, write it with your own program for tags."
        )
    return line


def _seal(head: Head, data: dict[str, Any]) -> str:
    text = json.dumps([head.model_dump(mode="json"), data], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:SEAL]


def file_of(line: Line) -> Path:
    return Path(os.fsdecode(os.fsencode(line.path)))
