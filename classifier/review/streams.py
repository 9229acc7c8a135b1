"""Which recording a person on the staff hears next: a doubtful one, or one drawn at random.

The two are kept apart, because a model looks worse on the doubtful than it is: how good it is, is
told by those drawn at random alone.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from classifier import serving
from classifier.genres import NO_GENRE
from classifier.models import Classification, Correction, Verdict
from classifier.models.verdicts import VerdictQuerySet

from . import lasting

CANDIDATES = 100  # that are looked at together
MOST_VOTES = 3  # more visitors that contradict count no more than so many
MOST_OF_A_GROUP = 5  # doubtful recordings of one artist or channel that are asked about
TRIES = 50  # at a recording that was not drawn before


@dataclass(frozen=True)
class Doubt:
    """Why a recording is asked about.

    votes : of visitors that say something else, one of a network, `MOST_VOTES` at most
    disagrees : another model said something else
    """

    row: Classification
    votes: int
    disagrees: bool

    @property
    def order(self) -> tuple[int, bool, float]:
        return -self.votes, not self.disagrees, self.row.confidence or 0.0


def doubtful(skipped: Collection[int] = ()) -> Doubt | None:
    """Return the recording that is most in doubt and that nobody on the staff has heard."""
    open_rows = (
        Classification.objects.done()
        .filter(reviewed_genre="")
        # What was answered anew was heard when its first answer was.
        .filter(Q(answered_from=None) | Q(answered_from__reviewed_genre=""))
        .exclude(pk__in=skipped)
        # Everybody plays the demo tracks.
        .exclude(source=Classification.Source.LIBRARY)
        .without_details()
    )
    # One word of a visitor, and one of a network, whatever they say: see Correction.
    contradicted = (
        Correction.objects.contradicting()
        .filter(classification__reviewed_genre="")
        .order_by()
        .values("classification")
        .annotate(votes=Count("pk"))
        .order_by("-votes", "classification")
    )
    votes = dict(contradicted.values_list("classification", "votes")[:CANDIDATES])
    unsure, at = open_rows.order_by("confidence", "pk").values_list("pk", flat=True), 0
    while pks := set(unsure[at : at + CANDIDATES]):
        if found := _first(list(open_rows.filter(pk__in={*votes, *pks})), votes):
            return found
        at += CANDIDATES
    return None


def _first(rows: list[Classification], votes: dict[int, int]) -> Doubt | None:
    """Return the one of the rows that is most in doubt, which nobody has heard; None if all were.

    votes : of visitors that say something else, by primary key
    """
    disagreed = _disagreed(rows)
    doubts = [
        Doubt(row, min(votes.get(row.pk, 0), MOST_VOTES), row.pk in disagreed) for row in rows
    ]
    asked = Counter(
        Verdict.objects.filter(
            stream=Verdict.Stream.DOUBTFUL, group__in={lasting.group_of(row) for row in rows}
        ).values_list("group", flat=True)
    )
    known = _known(rows)
    for doubt in sorted(doubts, key=lambda doubt: doubt.order):
        few = asked[lasting.group_of(doubt.row)] < MOST_OF_A_GROUP
        if few and lasting.recording_of(doubt.row) not in known:
            return doubt
    return None


def _disagreed(rows: list[Classification]) -> set[int]:
    """Return which of the rows another model has answered otherwise."""
    said: dict[tuple[str, str], set[str]] = {}
    others = Classification.objects.done().filter(source_id__in={row.source_id for row in rows})
    for source, source_id, genre, is_outside in others.values_list(
        "source", "source_id", "genre", "is_outside"
    ):
        said.setdefault((source, source_id), set()).add(NO_GENRE if is_outside else genre)
    return {row.pk for row in rows if len(said.get((row.source, row.source_id), ())) > 1}


def _known(rows: list[Classification]) -> set[str]:
    """Return those recordings that have a verdict, under whichever model."""
    recordings = {lasting.recording_of(row) for row in rows}
    return set(Verdict.objects.filter(recording__in=recordings).values_list("recording", flat=True))


def audited() -> QuerySet[Classification]:
    """Return the answers that the audit stands for.

    Those of the model that serves, to what can be heard again: an upload is gone once it was
    answered. Without the demo tracks, which everybody plays.
    """
    return Classification.objects.done().filter(
        model_id=serving.card().model_id, source=Classification.Source.YOUTUBE
    )


def verdicts() -> VerdictQuerySet:
    """Return this site's verdicts on answers of the model that serves that were drawn at random."""
    return Verdict.objects.filter(
        stream=Verdict.Stream.AUDIT,
        model_id=serving.card().model_id,
        source=Classification.Source.YOUTUBE,
        origin="",
    )


def learned_from() -> int:
    """Count the audit's recordings that the model that serves has learned from, if it did learn."""
    learned = serving.card().learned
    if learned is None or not learned.last:
        return 0
    until = datetime.fromisoformat(learned.last)
    taught = Verdict.objects.certain().filter(decided_at__lte=until)
    return verdicts().filter(recording__in=taught.values("recording")).count()


def strata() -> Counter[str]:
    """Count the answers that the audit stands for, by what they are."""
    counts: Counter[str] = Counter()
    rows = audited().order_by().values_list("genre", "is_outside").annotate(n=Count("pk"))
    for genre, is_outside, n in rows:
        counts[NO_GENRE if is_outside else genre] += n
    return counts


def draw(
    skipped: Collection[int] = (), chance: random.Random | None = None
) -> Classification | None:
    """Draw an answer at random, of the genre that has been drawn least for its share.

    Whether staff have reviewed it before, from a list or because it was doubtful, is no matter: to
    leave those out would leave out the hard ones.
    """
    chance = chance or random.SystemRandom()
    had = Counter(verdicts().values_list("answer", flat=True))
    heard = set(verdicts().values_list("recording", flat=True))
    counts = strata()
    n, wanted = counts.total(), had.total() + 1
    for answer in sorted(counts, key=lambda a: (had[a] - wanted * counts[a] / n, a)):
        rows = audited().exclude(pk__in=skipped).order_by("pk")
        rows = (
            rows.filter(is_outside=True)
            if answer == NO_GENRE
            else rows.filter(is_outside=False, genre=answer)
        )
        size = rows.count()
        for place in chance.sample(range(size), min(size, TRIES)):
            row = rows[place]
            if lasting.recording_of(row) not in heard:
                return row
    return None
