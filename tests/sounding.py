"""A card with words for what is none of the genres."""

from __future__ import annotations

from ml.registry.card import ModelCard
from ml.registry.sections.certainty import SoundsLike

WORDS = (
    SoundsLike(words="techno", tag="electronic", least=0.0, scale=1.0, right=0.75, n=40),
    SoundsLike(words="folk music", tag="folk", least=-1.0, scale=1.0, right=0.6, n=20),
    SoundsLike(
        words="speech", is_music=False, tag="sad", least=0.0, scale=1.0, right=0.9, n=30
    ),
)  # fmt: skip


def with_words(card: ModelCard) -> ModelCard:
    ood = card.ood.model_copy(update={"sounds_like": WORDS})
    return card.model_copy(update={"ood": ood})
