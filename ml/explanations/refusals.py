"""What a refused recording sounds like. Light, so that pages can use it."""

from __future__ import annotations

from collections.abc import Sequence

from ml.registry.card import ModelCard
from ml.registry.sections.certainty import SoundsLike


def sounds_like(
    features: Sequence[float], is_music: bool | None, card: ModelCard
) -> SoundsLike | None:
    """Choose the words for a refused recording.

    Parameters
    ----------
    features : of the recording, one a tag of the card
    is_music : whether it is music; where that is not known, it is taken for music

    Returns
    -------
    the card's words whose tag is heard most above its least; None where the card has none, or no
    tag is heard enough
    """
    if card.ood is None or len(features) != len(card.tags):
        return None
    of_its_kind = [w for w in card.ood.sounds_like if w.is_music == (is_music is not False)]

    def excess(words: SoundsLike) -> float:
        return (features[card.tags.index(words.tag)] - words.least) / words.scale

    best = max(of_its_kind, key=excess, default=None)
    return best if best is not None and excess(best) >= 0 else None
