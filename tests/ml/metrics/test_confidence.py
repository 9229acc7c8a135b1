import pytest

from ml.families.musicnn.training import REPEATS
from ml.metrics.confidence import confidence_of
from ml.registry.bundles import SHIPPED
from ml.registry.sections.certainty import ConfidenceLevel

pytestmark = pytest.mark.full


def level(word: str, min_confidence: float, max_margin: float, right: float, n: int):
    return ConfidenceLevel(
        word=word,
        min_confidence=min_confidence,
        max_margin=max_margin,
        right=right,
        first_two=0.8,
        n=n,
        share=0.5,
    )


LEVELS = [
    level("quite_sure", 0.7, 1, right=0.9, n=9),
    level("torn", 0, 0.2, right=0.5, n=5),
    level("not_sure", 0, 1, right=0.4, n=3),
]


def test_the_first_level_that_fits_is_it():
    assert confidence_of([0.1, 0.8, 0.1], LEVELS).key == "quite_sure"
    torn = confidence_of([0.4, 0.5, 0.1], LEVELS)
    assert (torn.key, torn.right, torn.first_two, torn.n) == ("torn", 0.5, 0.8, 5)
    assert confidence_of([0.2, 0.6, 0.2], LEVELS).key == "not_sure"


def test_a_card_without_levels_gives_none():
    assert confidence_of([0.5, 0.5], []) is None


def test_of_several_rounds_it_is_said_how_many():
    assert confidence_of([0.1, 0.8, 0.1], LEVELS).rounds == 1
    card = SHIPPED.card("musicnn-gtzan-2")
    answer = confidence_of([0.01, 0.99], card.confidence_levels, rounds=card.rounds)
    assert answer.rounds == REPEATS
    assert SHIPPED.card("mel-cnn-gtzan-1").rounds == 1
