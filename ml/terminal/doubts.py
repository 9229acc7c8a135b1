"""Show the genres in tags that the model doubts most: `genre doubts`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ml.collection.answers import Answer
from ml.collection.doubts import Doubt, Judged, judge_tags
from ml.collection.tags import TagError, Tags, read_tags
from ml.explanations.contributions import tag_contributions
from ml.genre_words import NBSP, genre_name, percent
from ml.heads.linear_head import LinearHead
from ml.registry.card import ModelCard

from . import context as shared
from .context import Context, at_least_one, plural, say, tell

HELP = "Compare the genres in tags with what is heard, the most doubtful first."
REASONS = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared.add_hearing(parser)
    parser.add_argument("--top", type=at_least_one, default=20, metavar="N", help="files shown")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def run(options: argparse.Namespace, context: Context) -> int:
    """Print the most doubtful genres; returns the exit code. Raises MLError."""
    shared.keep_every_name()
    card = shared.card_of(options, context)
    files = shared.files_of(options)
    found: list[tuple[Path, Answer, Tags]] = []
    refused = 0
    with shared.open_store(options, context) as store:
        for one in shared.heard(options, context, card, store, files):
            if one.answer is None:
                refused += 1
                continue
            try:
                found.append((one.path, one.answer, read_tags(one.path)))
            except TagError as error:  # it was heard, but nothing stands there to be judged
                tell(f"{one.path}: {error}")
            except OSError as error:  # gone meanwhile
                tell(f"{one.path}: {shared.in_plain_words(error)}")
                refused += 1
    judged = judge_tags(found)
    answers = {path: answer for path, answer, _ in found}
    for doubt in judged.doubts[: options.top]:
        why = reasons(answers[doubt.path], doubt, card)
        say(as_json(doubt, why) if options.json else as_text(doubt, why, len(card.labels)))
    tell(summary(judged, options.top))
    return 1 if refused else 0


def reasons(answer: Answer, doubt: Doubt, card: ModelCard) -> list[str]:
    """Return the tags that speak most for what is heard, against what stands in the tags."""
    if card.head is None or doubt.meant == answer.genre:
        return []
    head, labels = LinearHead.from_card(card.head), list(answer.probabilities)
    explanation = tag_contributions(
        head, np.array(answer.features), card.head.features,
        genre=labels.index(answer.genre), against=labels.index(doubt.meant),
    )  # fmt: skip
    return [name for name, part in explanation.strongest(2 * REASONS) if part > 0][:REASONS]


def as_text(doubt: Doubt, why: list[str], n_genres: int) -> str:
    """Return two lines: what stands there and what is heard, and why."""
    said, meant = ", ".join(doubt.said), _percent(doubt.probability)
    if doubt.heard:
        heard = f"sounds like {genre_name(doubt.heard)} ({_percent(doubt.heard_probability)})"
    else:
        heard = f"sounds like {genre_name('none', n_genres)}"
    because = f"; {', '.join(why)} speak for it" if why else ""
    moment = f"most at {_time(doubt.start_s)} to {_time(doubt.end_s)}"
    return f"{doubt.path}\n    tagged {said} ({meant}), {heard}, {moment}{because}"


def as_json(doubt: Doubt, why: list[str]) -> str:
    return json.dumps(asdict(doubt) | {"path": str(doubt.path), "why": why})


def summary(judged: Judged, top: int) -> str:
    """Say what came of all files."""
    shown = min(top, len(judged.doubts))
    return (
        f"{plural(len(judged.doubts), 'genre')} doubted, {shown:,} shown; {judged.agreed:,} agreed "
        f"with; of {judged.silent:,} nothing is said, as their words mean none of the genres or "
        f"several; {plural(judged.untagged, 'file')} without a genre of somebody's."
    )


def _percent(value: float) -> str:
    return percent(value).replace(NBSP, " ")


def _time(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
