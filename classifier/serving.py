"""The model that serves, and the others that are available."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from typing import TypeVar

from django.conf import settings
from django.core.signals import request_finished, request_started

from classifier import palette
from classifier.genres import NO_GENRE, NO_MUSIC, genre_name
from classifier.models import Classification
from ml.errors import BundleError
from ml.networks import runtimes
from ml.registry.bundles import SHIPPED_FOLDER, Registry
from ml.registry.card import ModelCard


def registry() -> Registry:
    """Return the site's own bundles, and those that are shipped."""
    return Registry.at(settings.MODELS_DIR, SHIPPED_FOLDER)


Found = TypeVar("Found")
_request = threading.local()


def _begin(**kwargs: object) -> None:
    _request.found = {}


def _end(**kwargs: object) -> None:
    _request.__dict__.pop("found", None)


request_started.connect(_begin)
request_finished.connect(_end)


def _once_a_request(key: str, find: Callable[[], Found]) -> Found:
    """Look at the folders of models once for a page, which names its model many times.

    Whatever is no page, a worker above all, looks each time, and sees a promotion at once.
    """
    found: dict[str, Found] | None = getattr(_request, "found", None)
    if found is None:
        return find()
    if key not in found:
        found[key] = find()
    return found[key]


def _card(model_id: str) -> ModelCard:
    return _once_a_request(f"card {model_id}", lambda: registry().card(model_id or None))


def card() -> ModelCard:
    """Return the card of the model that serves. Raises BundleError."""
    return _card(settings.MODEL_ID)


def card_of(classification: Classification) -> ModelCard | None:
    """Return the card of the model that gave an answer; None where it has been removed."""
    try:
        return _card(classification.model_id)
    except BundleError:
        return None


def cards() -> list[ModelCard]:
    """Return the cards of all models, in order of name."""
    return _once_a_request("cards", lambda: registry().cards())


def runs_here(card: ModelCard) -> bool:
    """Tell whether a bundle has the form that this site's runtime takes."""
    return runtimes.chosen(settings.MODEL_RUNTIME) == "keras" or card.light is not None


def other_models(classification: Classification) -> list[ModelCard]:
    """Return the cards of all models that may be asked but the one that answered, by name."""
    others = (card for card in cards() if card.model_id != classification.model_id)
    return [card for card in others if runs_here(card)]


def may_ask(classification: Classification, model_id: str) -> bool:
    """Tell whether another model can be asked about the same recording.

    Of an upload the file is gone once it was answered, so there is nothing to listen to.
    """
    if classification.source == Classification.Source.UPLOAD:
        return False
    return model_id in {card.model_id for card in other_models(classification)}


def labels_of(classification: Classification) -> tuple[str, ...]:
    """Return the genres in the order in which segments hold their probabilities."""
    if found := card_of(classification):
        return found.labels
    # The model has been removed, and its order is not known.
    return tuple(sorted(classification.probabilities))


def all_labels() -> tuple[str, ...]:
    """Return every genre that some model knows; those of the one that serves come first."""
    known = dict.fromkeys(card().labels)
    for other in cards():
        known |= dict.fromkeys(other.labels)
    return tuple(known)


def genre_slot(label: str) -> str:
    """Return the slot of the palette that a genre has on every page."""
    if label in palette.GENRES:
        return label  # whatever models there are
    return palette.slot(label, tuple(card.labels for card in cards()))


def genre_colour(label: str) -> palette.Colour:
    """Return the colour that a genre has on every page."""
    return palette.slots()[genre_slot(label)]


def genre_name_by(label: str, classification: Classification) -> str:
    """Return a genre in words, as the model of an answer has it: "none of the ten"."""
    # Only what is none of them is counted: a list has many rows, and their models are on disk.
    return genre_name(label, len(labels_of(classification)) if label == NO_GENRE else None)


def headline(classification: Classification) -> str:
    """Return an answer without its percentage: "metal", "none of the ten", "no music"."""
    if classification.is_outside and classification.is_music is False:
        return NO_MUSIC
    return genre_name_by(classification.headline, classification)


def common_genre_count() -> int | None:
    """Return how many genres each model at hand knows; None where they differ."""
    counts = {len(card.labels) for card in cards()}
    return counts.pop() if len(counts) == 1 else None


def answers_to(recordings: Collection[tuple[str, str]]) -> dict[tuple[str, str], Classification]:
    """Return what the model that serves has answered, by source and id.

    The columns of the unique constraint, and neither the state nor an order: these would have the
    database go through every answer there is.
    """
    rows = (
        Classification.objects.without_details()
        .filter(
            source__in={source for source, _ in recordings},
            source_id__in=[source_id for _, source_id in recordings],
            model_id=card().model_id,
        )
        .order_by()
    )
    # Of excerpts and of the whole song, what was asked for first.
    newest_first = sorted(rows, key=lambda row: row.created_at, reverse=True)
    return {(row.source, row.source_id): row for row in newest_first if row.is_done}
