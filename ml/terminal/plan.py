"""Plan which genres are written into tags: `genre plan`."""

from __future__ import annotations

import argparse
import os
import secrets
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from ml.collection.own_budget import measure_own
from ml.collection.plan import (
    LEFT_WORDS,
    Budget,
    Head,
    Left,
    Line,
    PlanError,
    decide,
    expected_wrong,
    heard_file,
    keep_budget,
    write_plan,
)
from ml.genre_words import NBSP, percent
from ml.metrics.error_budget import Scale
from ml.registry.card import ModelCard

from . import context as shared
from .context import Context, plural, say

HELP = "Plan which genres would be written into the tags of files; nothing is written."
LIKELIEST = 10
CONFIDENCE = 0.9  # with which a budget by one's own tags is kept


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared.add_hearing(parser)
    parser.add_argument(
        "--out", type=Path, metavar="PLAN", required=True,
        help="file for the plan, in JSON lines; read it, delete lines, and give it to genre apply",
    )  # fmt: skip
    parser.add_argument(
        "--at-most-wrong", type=share, metavar="SHARE", dest="budget",
        help="an error budget, as 25%%: answers that are not sure enough for it are left out",
    )  # fmt: skip
    parser.add_argument(
        "--by-my-tags", action="store_true", dest="by_tags",
        help="measure the budget on those of the files whose genre you wrote",
    )  # fmt: skip
    parser.add_argument(
        "--replace",
        action="store_true",
        help="write over genres that somebody wrote too; not within a budget",
    )


def share(text: str) -> float:
    """Read "25%" or "0.25"."""
    try:
        value = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share between 0 and 100%")
    return value


def run(options: argparse.Namespace, context: Context) -> int:
    """Write a plan, and say what it comes to; returns the exit code. Raises MLError."""
    shared.keep_every_name()
    if options.by_tags and not options.budget:
        raise PlanError("--by-my-tags measures a budget: say which by --at-most-wrong, as 25%.")
    if options.replace and options.budget:
        raise PlanError(
            "Of genres that somebody wrote, those are written over that the model contradicts: "
            "what a budget was measured on says nothing of these. Leave --replace or "
            "--at-most-wrong out."
        )
    card = shared.card_of(options, context)
    by_card = card_budget(card, options.budget) if options.budget and not options.by_tags else None
    paths = shared.files_of(options)
    threshold = card.ood.threshold if card.ood else 0.0
    scale = Scale.of(card.budget) if card.budget else None
    with shared.open_store(options, context) as store:
        found = shared.heard(options, context, card, store, paths)
        files = [heard_file(one, scale, threshold) for one in found if one.answer]
    budget = by_card
    if options.budget and options.by_tags:
        points = measure_own(files)
        budget = keep_budget(options.budget, points, CONFIDENCE, is_own=True)
    decisions = [decide(file, budget, replace=options.replace) for file in files]
    lines = [decision for decision in decisions if isinstance(decision, Line)]
    left = Counter(decision for decision in decisions if not isinstance(decision, Line))
    head = Head(
        genre_plan=1,
        id=secrets.token_hex(4),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        model=card.model_id,
        weights=card.sha256,
        budget=options.budget,
        least=budget.cut.least if budget else None,
    )
    try:
        write_plan(options.out, head, lines)
    except OSError as error:
        raise PlanError(f"{options.out} cannot be written: {error.strerror}.") from error
    for line in report(lines, left, options.out, budget, card):
        say(line)
    return 1 if len(files) < len(paths) else 0


def card_budget(card: ModelCard, share: float) -> Budget:
    """Find the cut for a budget by a model's card. Raises PlanError."""
    if card.budget is None:
        raise PlanError(
            f"{card.model_id} was not measured on music of other genres beside its own, and can "
            "keep no budget; where a part of your music is tagged, --by-my-tags can."
        )
    return keep_budget(share, card.budget.points, card.budget.confidence, is_own=False)


def report(
    lines: list[Line], left: Counter[Left], out: Path, budget: Budget | None, card: ModelCard
) -> list[str]:
    """Say what a plan comes to."""
    said = [f"{plural(len(lines), 'genre')} would be written; the plan is in {out}."]
    wrong = expected_wrong(lines, budget)
    if lines and wrong is not None:
        about = f"About {round(wrong):,}" if wrong >= 0.5 else "Perhaps none"
        said.append(f"{about} of them will be wrong, by what is known.")
    if budget:
        said.append(_guarantee(budget, card))
    said += [f"  {n:,} left: {LEFT_WORDS[why]}" for why, n in left.most_common()]
    doubtful = sorted((line for line in lines if line.right is not None), key=_right)
    if doubtful:
        said.append("The likeliest to be wrong:")
        said += [
            f"  {_percent(_right(line))} {line.write}: {os.fsdecode(line.path)}"
            for line in doubtful[:LIKELIEST]
        ]
    if lines:
        said.append(f"Write them by: genre apply {out}")
    return said


def _guarantee(budget: Budget, card: ModelCard) -> str:
    cut = budget.cut
    told = (
        f"The budget of {budget.share:.0%} lets through {cut.n:,} of the answers that could be "
        f"compared, of which {cut.wrong:,} were wrong: at most {_percent(cut.at_most)} of all such "
        f"answers, with {budget.confidence:.0%} confidence."
    )
    if budget.is_own or card.budget is None:
        return f"{told} They were compared with the genres that stand in your tags."
    curve = card.budget
    others = curve.n_other_music + curve.n_no_music
    return (
        f"{told} They were compared on {curve.n:,} recordings from many places, {others} of them "
        "of none of the genres. It holds for music like that; how yours differs, nobody knows."
    )


def _right(line: Line) -> float:
    return line.right or 0.0


def _percent(value: float) -> str:
    return percent(value).replace(NBSP, " ")
