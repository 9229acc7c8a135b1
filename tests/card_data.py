"""A card as it stands in its file: what pages and documents are held against."""

from __future__ import annotations

from typing import Any

from ml.registry.card import ModelCard, read_card_data


def card_data(card: ModelCard) -> dict[str, Any]:
    return read_card_data(card.folder)
