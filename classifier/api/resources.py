"""Rows as the API tells them; the words are those of the pages."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.utils.html import strip_tags

from classifier import serving
from classifier.models import ApiToken, Classification, HistoryEntry
from classifier.results import explanations, exports, wording
from classifier.results.standing import standing
from classifier.review.verdicts import review_state
from classifier.visitors import corrections, tokens
from ml.registry.card import ModelCard

from .schemas import Json

if TYPE_CHECKING:
    from classifier.models.visitors import EntryWithSaid


def song(request: HttpRequest, token: ApiToken, row: Classification) -> Json:
    """Return all that is said of a song to the holder of a token."""
    visitor = tokens.visitor_name(token)
    entry = HistoryEntry.objects.for_visitor(visitor).filter(classification=row).first()
    card = serving.card_of(row)
    item = exports.answer(
        row,
        request.build_absolute_uri(row.get_absolute_url()),
        entry,
        serving.labels_of(row),
        explanations.refused_as(row, card),
    )
    item.pop("versions", None)  # told to staff alone, see classification_json
    said = corrections.own(visitor, row)
    item["you_say"] = said.genre if said else None
    if ApiToken.Scope.REVIEW in token.scopes:
        item["review"] = review(row)
    if row.is_done:
        item |= sureness(row, card)
    elif row.is_failed:
        item["failure"] = {
            "code": row.error_kind or "not_noted",
            "sentence": row.error,
            "next_step": row.next_step,
            "may_be_retried": row.retryable,
        }
    else:
        now = standing(row)
        item["state"] = now.state
        item["progress"] = {"sentence": now.words, "songs_before": now.ahead}
    return item


def brief(row: Classification) -> Json:
    """Return an answered song in short, for lists of several."""
    return {
        "id": row.public_id,
        "genre": row.genre,
        "confidence": row.confidence,
        "none_of_the_ten": row.is_outside,
        "title": row.display_title,
        "artist": row.artist,
        "source": row.source,
        "model": row.model_id,
    }


def review(row: Classification) -> Json:
    return {"genre": row.reviewed_genre, "seen": review_state(row)}


def sureness(row: Classification, card: ModelCard | None) -> Json:
    """Return how sure an answer is: the level with what was counted for it, and a sentence."""
    sure = explanations.how_sure(row, card) if card else None
    level = sure and {
        "level": sure.key,
        "right": sure.right,
        "first_two": sure.first_two,
        "n": sure.n,
        "rounds": sure.rounds,
        "words": wording.experience(sure, card.wild if card else None),
    }
    if row.is_outside:
        words = wording.refusal(row, explanations.refused_as(row, card), len(row.probabilities))
    else:
        words = wording.verdict(sure, row) if sure else wording.answer(row)
    # Of what is none of the genres the page tells no level either: it is one among the genres.
    return {
        "confidence_level": None if row.is_outside else level,
        "sentence": html.unescape(strip_tags(words)),
    }


def line(entry: EntryWithSaid, absolute: Callable[[str], str]) -> Json:
    """Return a song as a line of the token's own history."""
    row = entry.classification
    return {
        "id": row.public_id,
        "url": absolute(row.get_absolute_url()),
        "asked_at": entry.created_at.isoformat(),
        "state": row.state,
        "title": entry.display_title,
        "artist": row.artist,
        "source": row.source,
        "source_id": row.source_id,
        "duration_s": row.duration_s,
        "extent": row.extent,
        "model": row.model_id,
        "genre": row.genre if row.is_done else None,
        "confidence": row.confidence if row.is_done else None,
        "none_of_the_ten": row.is_outside if row.is_done else None,
        "is_music": row.is_music if row.is_done else None,
        "you_say": entry.said,
    }
