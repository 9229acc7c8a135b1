"""Full-text search in the collection: FTS5 of SQLite, or PostgreSQL's own."""

from __future__ import annotations

import re
import unicodedata

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from classifier.models import CollectionTrack

WORD = re.compile(r"\w+")
MOST_WORDS = 12
# Both find words that begin with what was typed; FTS5 reads quoted words literally.
SQLITE = "SELECT rowid FROM classifier_collection_words WHERE classifier_collection_words MATCH %s"
POSTGRESQL = (
    "SELECT id FROM classifier_collectiontrack"
    " WHERE to_tsvector('simple', words) @@ to_tsquery('simple', %s)"
)


def folded(text: str) -> str:
    """Return text as words are compared: in small letters, without accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def words_of(*texts: str) -> str:
    """Return what a search looks at of some texts."""
    return " ".join(WORD.findall(folded(" ".join(texts))))


def matching(tracks: QuerySet[CollectionTrack], query: str) -> QuerySet[CollectionTrack]:
    """Filter tracks by words of a query, each of which begins a word of title, artist or album."""
    words = WORD.findall(folded(query))[:MOST_WORDS]
    if not words:
        return tracks.none() if query.strip() else tracks
    # Both statements are constants; what was typed is a parameter.
    if connection.vendor == "postgresql":
        asked = " & ".join(f"{word}:*" for word in words)
        return tracks.filter(pk__in=RawSQL(POSTGRESQL, [asked]))  # noqa: S611
    asked = " AND ".join(f'"{word}"*' for word in words)
    return tracks.filter(pk__in=RawSQL(SQLITE, [asked]))  # noqa: S611
