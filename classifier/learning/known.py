"""What can be learned from: verdicts of people on recordings, by their stored numbers."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Case, When

from classifier.models import Classification, Verdict
from ml.learning.base import Base
from ml.learning.learned import LEAST_ARTISTS, LEAST_RECORDINGS, enough_for_genre
from ml.learning.taught import NONE, Taught

CHUNK = 1000


@dataclass(frozen=True)
class Known:
    """Verdicts to learn from.

    Attributes
    ----------
    taught : one row a recording
    provenance : for the card of what learns from them, see `ml.registry.sections.training.Learned`
    genres : that the model does not know, of which enough was said to learn them
    left_out : how many verdicts are not among them, by why
    """

    taught: Taught
    genres: tuple[str, ...]
    provenance: dict[str, Any]
    left_out: Counter[str]


def known(base: Base, alone: tuple[str, ...] = ()) -> Known:
    """Collect the verdicts that a model can learn from.

    Of a recording with several, under two models or at two sites, this site's last one counts, else
    the last one. The demo tracks take no part: everybody plays them.

    alone : genres, of which and of none alone recordings of folders are taken
    """
    left_out: Counter[str] = Counter()
    rows = list(_usable(base, left_out))
    if alone:
        folder, genres = Verdict.Stream.FOLDER, alone
        rows = [row for row in rows if row.stream == folder and row.label in (*alone, NONE)]
    else:
        rows, genres = _of_known_genres(rows, base, left_out)
    own = Verdict.objects.filter(origin="", stream=Verdict.Stream.AUDIT)
    drawn = set(own.values_list("recording", flat=True))
    taught = Taught(
        np.array([row.features for row in rows], np.float64).reshape(len(rows), base.n_features),
        np.array([row.label for row in rows], str),
        # Hashes of one site compare, through whichever others they came.
        np.array([row.group for row in rows], str),
        np.array([not row.origin and row.recording in drawn for row in rows], bool),
        np.array([row.decided_at.timestamp() for row in rows], np.float64),
    )
    digest = hashlib.sha256()
    for row in sorted(rows, key=lambda row: (row.origin, row.recording)):
        digest.update(f"{row.origin} {row.recording} {row.label}\n".encode())
    moments = sorted(row.decided_at for row in rows)
    provenance = {
        "n": len(rows),
        "artists": taught.n_groups,
        "people": len({row.person for row in rows}),
        "said": dict(sorted(Counter(row.label for row in rows).items())),
        "imported": sum(bool(row.origin) for row in rows),
        "first": moments[0].isoformat() if moments else "",
        "last": moments[-1].isoformat() if moments else "",
        "digest": digest.hexdigest(),
    }
    return Known(taught, genres, provenance, left_out)


def _of_known_genres(
    rows: list[Verdict], base: Base, left_out: Counter[str]
) -> tuple[list[Verdict], tuple[str, ...]]:
    """Leave out those of a genre that the model does not know and cannot learn yet."""
    artists: dict[str, set[str]] = {}
    for row in rows:
        artists.setdefault(row.label, set()).add(row.group)
    counts = Counter(row.label for row in rows)
    others = sorted(counts.keys() - {*base.card.labels, NONE})
    new = [label for label in others if enough_for_genre(counts[label], len(artists[label]))]
    for label in others:
        if label not in new:
            needed = f"{LEAST_RECORDINGS} by {LEAST_ARTISTS} artists are needed"
            left_out[f"of {label}, of which {needed}"] = counts[label]
    kept = {*base.card.labels, NONE, *new}
    return [row for row in rows if row.label in kept], tuple(new)


def _usable(base: Base, left_out: Counter[str]) -> Iterator[Verdict]:
    space, used = base.card.feature_space, set()
    last: dict[str, tuple[str, datetime]] = {}  # what was said last of a recording, and when
    rows = Verdict.objects.order_by(
        Case(When(origin="", then=0), default=1), "-decided_at", "-pk"
    ).defer("reviewer", "answer", "confidence")
    for row in rows.iterator(CHUNK):
        if row.recording in used:
            continue
        # The last word counts, whichever network heard what it was said of.
        row.label, row.decided_at = last.setdefault(row.recording, (row.label, row.decided_at))
        if row.label == Verdict.CANNOT_TELL:
            used.add(row.recording)
            left_out["nobody could tell"] += 1
        elif row.source == Classification.Source.LIBRARY:
            left_out["demo tracks"] += 1
        elif row.space != space or len(row.features) != base.n_features:
            left_out["heard by another network"] += 1
        elif not np.isfinite(row.features).all():
            left_out["with broken numbers"] += 1
        else:
            used.add(row.recording)
            yield row
