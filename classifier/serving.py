"""The other models that can be asked about the same recording."""

from __future__ import annotations

from classifier.models import Classification
from ml.errors import BundleError
from ml.registry.card import Card, model_ids, read_card


def other_models(classification: Classification) -> list[Card]:
    """Every model at hand but the one that answered, in order of name."""
    cards = []
    for model_id in model_ids():
        try:
            cards.append(read_card(model_id))
        except BundleError:  # half a bundle, say of a training that goes on
            continue
    return [card for card in cards if card.model_id != classification.model_id]


def may_ask(classification: Classification, model_id: str) -> bool:
    """Of an upload the file is gone once it was answered, so there is nothing to listen to."""
    if classification.source == Classification.Source.UPLOAD:
        return False
    return model_id in {card.model_id for card in other_models(classification)}
