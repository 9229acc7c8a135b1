"""Counts over the whole collection: by genre, and tags against what is heard."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Q

from classifier import serving
from classifier.genres import NO_GENRE
from classifier.models import CollectionTrack

from .answers import with_genre


@dataclass(frozen=True)
class GenreCount:
    """How many tracks are heard as a genre, and its share of all that were heard."""

    genre: str
    n: int
    share: float


@dataclass(frozen=True)
class Statistics:
    """What there is in the collection.

    Attributes
    ----------
    n, n_heard, n_failed : tracks in all, with an answer, and that cannot be read
    genres : of those that were heard, the most frequent first; "none" is what is refused
    compared, agreed : tracks whose tag means one genre and that were heard; those of which both say
        the same
    n_genres : that the model knows
    against : (what the tag means, what is heard, how many), the most frequent first
    """

    n: int
    n_heard: int
    n_failed: int
    genres: list[GenreCount]
    compared: int
    agreed: int
    n_genres: int
    against: list[tuple[str, str, int]]


def statistics(most_against: int = 10) -> Statistics:
    """Count the collection by what the model that serves says of it."""
    tracks = with_genre(CollectionTrack.objects.order_by())
    counts = {
        row["heard"]: row["n"]
        for row in tracks.filter(heard__isnull=False).values("heard").annotate(n=Count("pk"))
    }
    n_heard = sum(counts.values())
    labels = [*serving.card().labels, NO_GENRE]
    said = tracks.filter(heard__isnull=False).exclude(meant_genre="")
    against = (
        said.exclude(heard=F("meant_genre"))
        .values("meant_genre", "heard")
        .annotate(n=Count("pk"))
        .order_by("-n", "meant_genre", "heard")
    )
    compared = said.aggregate(n=Count("pk"), agreed=Count("pk", filter=Q(heard=F("meant_genre"))))
    return Statistics(
        n=CollectionTrack.objects.count(),
        n_heard=n_heard,
        n_failed=CollectionTrack.objects.exclude(error="").count(),
        genres=sorted(
            (GenreCount(g, counts[g], counts[g] / n_heard) for g in labels if counts.get(g)),
            key=lambda row: -row.n,
        ),
        compared=compared["n"],
        agreed=compared["agreed"],
        n_genres=len(labels) - 1,
        against=[(row["meant_genre"], row["heard"], row["n"]) for row in against[:most_against]],
    )
