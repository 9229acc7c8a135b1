"""What a head that learned on must not have lost before it serves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .base import Base
from .refit import KIND_TAKEN, Answers, Fitted, shipped
from .taught import NONE, Taught
from .trial import forgets_too_much, lost_by_genre, right_of_drawn, said_loss

State = Literal["passed", "failed", "unknown"]

LEAST = 20  # recordings before a comparison is told
LOST_SHARE = 0.01  # of the answers, that may be lost without being held against it
REFUSED_MORE = 0.02
OTHER_MISSED = 0.10  # of other music, which it would take for its genres
LOSS_MORE = 0.05  # nats
GENRE_RIGHT = 0.5  # of a new genre's recordings, and of those that are told to be it
GENRE_TAKES = 0.15  # of another genre's music, that would be taken for it
KIND, KIND_ARTISTS = 10, 4  # so many recordings of a kind must be of so many artists
FLOOD, FLOOD_SHARE = 40, 0.75  # of so many, no genre may be more than this


@dataclass(frozen=True)
class Gate:
    """One question to a candidate.

    Attributes
    ----------
    key : a short name of it
    title : the question, for people
    state : "unknown" where too little is at hand to tell
    text : what was found, a sentence
    """

    key: str
    title: str
    state: State
    text: str


@dataclass(frozen=True)
class Compared:
    """A candidate and the head that serves, with their answers out of fold.

    Attributes
    ----------
    taught : recordings that people judged
    serving, candidate : the heads, with all that each learned
    before, after : their answers to `taught`, each by a head that heard none of the artist
    """

    base: Base
    taught: Taught
    serving: Fitted
    candidate: Fitted
    before: Answers
    after: Answers

    @property
    def new_genres(self) -> tuple[str, ...]:
        return self.candidate.labels[len(self.base.card.labels) :]


def failed(gates: Iterable[Gate]) -> list[Gate]:
    return [gate for gate in gates if gate.state == "failed"]


def judge(
    compared: Compared,
    *,
    changed: int,
    stored: int,
    most_drift: float,
    demos: tuple[int, int] = (0, 0),
) -> list[Gate]:
    """Put all questions to a candidate.

    Parameters
    ----------
    changed, stored : of so many stored answers that nobody judged, so many would change
    most_drift : the share that may
    demos : how many answers to demo tracks would change, and of how many
    """
    return [
        _audit(compared),
        _taught(compared),
        *(_genre(compared, label) for label in compared.new_genres),
        _artists(compared.taught),
        _balance(compared),
        _calibration(compared),
        _refusals(compared),
        _knew(compared),
        _controls(compared, *demos),
        _drift(changed, stored, most_drift),
    ]


def judge_alone(base: Base, taught: Taught, candidate: Fitted, after: Answers) -> list[Gate]:
    """Put the questions that there are to a model of its own genres alone.

    after : answers out of fold
    """
    noise = float(candidate.answer(base.no_music).refused.mean())
    title = "Refuses what is no music"
    text = f"It refuses {noise:.1%} of what is no music."
    refusals: State = "passed" if noise >= 1 - REFUSED_MORE else "failed"
    other = "It knows other genres than the model that serves: there is nothing to compare."
    return [
        *(_genre_alone(taught, after, label) for label in candidate.labels),
        _artists(taught),
        Gate("refusals", title, refusals, text),
        Gate("verdicts", "Not worse than the model that serves", "unknown", other),
    ]


def _genre_alone(taught: Taught, after: Answers, label: str) -> Gate:
    title = f"Tells {label} apart"
    text, wrong = _told_apart(taught, after, label)
    return Gate(f"genre {label}", title, "failed" if wrong else "passed", text.rstrip())


def sign_test(won: int, lost: int) -> float:
    """The two-sided p of so many answers won and lost: McNemar's test, exact."""
    n = won + lost
    tail = sum(math.comb(n, k) for k in range(min(won, lost) + 1)) / 2**n
    return min(1.0, 2 * tail)


def _audit(compared: Compared) -> Gate:
    rows = compared.taught.drawn
    return _not_worse(
        compared, rows, "audit", "Not worse on what was drawn at random", "drawn at random"
    )


def _taught(compared: Compared) -> Gate:
    rows = np.ones(len(compared.taught), bool)
    return _not_worse(
        compared, rows, "verdicts", "Not worse on all that people judged", "that people judged"
    )


def _not_worse(compared: Compared, rows: np.ndarray, key: str, title: str, which: str) -> Gate:
    said = compared.taught.said[rows]
    before = compared.before.take(rows).headlines == said
    after = compared.after.take(rows).headlines == said
    n, won, lost = len(said), int((after & ~before).sum()), int((before & ~after).sum())
    if n < LEAST:
        return Gate(key, title, "unknown", f"{n} recordings {which}: {LEAST} would tell.")
    text = (
        f"Of {n} recordings {which}, {before.sum()} were right and {after.sum()} would be, each "
        f"answered by a head that heard none of its artist: {won} won, {lost} lost "
        f"(p = {sign_test(won, lost):.2f})."
    )
    worse = lost - won > max(1.0, LOST_SHARE * n)
    return Gate(key, title, "failed" if worse else "passed", text)


def _genre(compared: Compared, label: str) -> Gate:
    """Whether a new genre can be told apart, and what it costs the others."""
    title = f"Tells {label} apart"
    mine = compared.taught.said == label
    if not mine.any():
        return Gate(f"genre {label}", title, "unknown", f"No recording of {label} is at hand.")
    text, wrong = _told_apart(compared.taught, compared.after, label)
    x, y = compared.base.drawn
    drawn = compared.candidate.answer(x).headlines == label
    cost = {k: float(drawn[y == i].mean()) for i, k in enumerate(compared.base.card.labels)}
    most = max(cost, key=lambda k: cost[k])
    text += f"Of music as the shipped head learned it, {drawn.mean():.1%} would be taken for it"
    text += f", of {most} {cost[most]:.1%}." if cost[most] else "."
    wrong = wrong or cost[most] > GENRE_TAKES
    return Gate(f"genre {label}", title, "failed" if wrong else "passed", text)


def _told_apart(taught: Taught, after: Answers, label: str) -> tuple[str, bool]:
    """In words how well a genre is told apart, and whether that is too little."""
    mine, said = taught.said == label, after.headlines
    others, counts = np.unique(said[mine & (said != label)], return_counts=True)
    right, named = int((mine & (said == label)).sum()), int((said == label).sum())
    text = (
        f"Of {mine.sum()} recordings of {label}, {right} are told to be it by a head that heard "
        "none of the artist. "
    )
    if (~mine).sum() >= LEAST:
        text += f"Of {named} of all that was judged that are told to be it, {right} are. "
    if len(others):
        text += f"The others are most often taken for {others[counts.argmax()]}. "
    return text, right < GENRE_RIGHT * mine.sum() or right < GENRE_RIGHT * named


def _artists(taught: Taught) -> Gate:
    title = "Judged music of many artists"
    for label in sorted(set(taught.said.tolist())):
        mine = taught.take(taught.said == label)
        if len(mine) >= KIND and mine.n_groups < KIND_ARTISTS:
            text = (
                f"The {len(mine)} recordings that are said to be {label} are of "
                f"{mine.n_groups} artists: it would learn these for the genre."
            )
            return Gate("artists", title, "failed", text)
    text = f"{len(taught)} recordings of {taught.n_groups} artists or channels."
    return Gate("artists", title, "passed", text)


def _balance(compared: Compared) -> Gate:
    """New genres do not count: what they cost the others has a gate of its own."""
    title = "Judged more than one genre"
    said = compared.taught.said
    genres, counts = np.unique(said[np.isin(said, compared.base.card.labels)], return_counts=True)
    if not len(genres):
        return Gate("balance", title, "unknown", "No recording of its genres was judged.")
    most, share = str(genres[counts.argmax()]), float(counts.max() / counts.sum())
    text = f"Of {counts.sum()} recordings of its genres, {share:.0%} are {most}"
    if counts.sum() >= FLOOD and share > FLOOD_SHARE:
        return Gate("balance", title, "failed", f"{text}: what the others lose cannot be seen.")
    return Gate("balance", title, "passed", f"{text}.")


def _calibration(compared: Compared) -> Gate:
    """Of the genres that the shipped model knows, as far as the one that serves knows them too."""
    title = "Percentages no less true"
    taught, labels = compared.taught, compared.base.card.labels
    if not set(labels) <= set(compared.before.labels):
        return Gate("calibration", title, "unknown", "The model that serves knows other genres.")
    rows = taught.drawn & np.isin(taught.said, labels)
    if rows.sum() < LEAST:
        text = f"{rows.sum()} recordings of a genre were drawn at random: {LEAST} would tell."
        return Gate("calibration", title, "unknown", text)
    before, after = (
        said_loss(answers.take(rows), taught.said[rows], labels)
        for answers in (compared.before, compared.after)
    )
    text = f"The log loss of {rows.sum()} recordings goes from {before:.2f} to {after:.2f}."
    # With more genres to choose from, the same knowledge leaves so much more to chance.
    chance = len(compared.after.labels) / len(compared.before.labels)
    more = LOSS_MORE + max(0.0, math.log(chance))
    state: State = "failed" if after > before + more else "passed"
    return Gate("calibration", title, state, text)


def _refusals(compared: Compared) -> Gate:
    """Against the shipped detector, so that nothing is lost by small steps."""
    base = compared.base
    heads = shipped(base), compared.candidate
    kinds = (
        ("music of its genres", base.drawn[0]),
        ("other music", _still_outside(compared)),
        ("what is no music", base.no_music),
    )
    shares = [[float(head.answer(x).refused.mean()) for head in heads] for _, x in kinds]
    music, other, noise = shares
    texts = [
        f"{after:.1%} of {name} ({before:.1%} as shipped)"
        for (name, _), (before, after) in zip(kinds, shares, strict=True)
    ]
    wrong = (
        music[1] > music[0] + REFUSED_MORE
        or other[1] < other[0] - OTHER_MISSED
        or noise[1] < noise[0] - REFUSED_MORE
    )
    mine = compared.taught.said != NONE
    if mine.sum() >= LEAST:
        before = float(compared.before.refused[mine].mean())
        after = float(compared.after.refused[mine].mean())
        texts.append(f"{after:.1%} of this site's music of its genres ({before:.1%} before)")
        wrong = wrong or after > max(before, base.refused_of_training) + REFUSED_MORE
    title = "Refuses what it should, and no more"
    return Gate(
        "refusals", title, "failed" if wrong else "passed", f"It refuses {', '.join(texts)}."
    )


def _still_outside(compared: Compared) -> np.ndarray:
    """Other music, without the kinds that a new genre is of."""
    base, new = compared.base, compared.new_genres
    kinds = {name: base.kind(name) for name in base.outside_kinds}
    left = [
        x
        for x in kinds.values()
        if np.isin(compared.candidate.answer(x).genres, new).mean() < KIND_TAKEN
    ]
    return np.concatenate(left or list(kinds.values()))


def _knew(compared: Compared) -> Gate:
    """Against the shipped head, so that nothing is lost by small steps."""
    base = compared.base
    before, after = (right_of_drawn(base, head) for head in (shipped(base), compared.candidate))
    lost = lost_by_genre(base, compared.candidate)
    worst = max(lost, key=lambda label: lost[label])
    text = (
        f"Of music as the shipped head learned it, {before.mean():.1%} was right and "
        f"{after.mean():.1%} would be"
    )
    text += f"; most is lost of {worst}: {lost[worst]:.1%}." if lost[worst] > 0 else "."
    wrong = forgets_too_much(lost.values())
    return Gate("knew", "Still knows what it knew", "failed" if wrong else "passed", text)


def _controls(compared: Compared, demos_changed: int, demos: int) -> Gate:
    title = "Keeps answers that people confirmed"
    taught = compared.taught
    right = compared.serving.answer(taught.x).headlines == taught.said
    if not right.any() and not demos:
        return Gate("controls", title, "unknown", "No right answer has been confirmed yet.")
    kept = compared.candidate.answer(taught.x[right]).headlines == taught.said[right]
    lost = int((~kept).sum())
    text = f"Of {len(kept)} confirmed answers {lost} would be wrong"
    text += f", of {demos} to demo tracks {demos_changed} would change." if demos else "."
    wrong = lost > max(1.0, LOST_SHARE * len(kept)) or demos_changed > 1
    return Gate("controls", title, "failed" if wrong else "passed", text)


def _drift(changed: int, stored: int, most: float) -> Gate:
    title = "Leaves most answers as they are"
    if stored < LEAST:
        return Gate("drift", title, "unknown", f"{stored} stored answers: {LEAST} would tell.")
    share = changed / stored
    text = f"{changed} of {stored} answers that nobody judged would change: {share:.1%}."
    text += f" The limit is {most:.0%}."
    return Gate("drift", title, "failed" if share > most else "passed", text)
