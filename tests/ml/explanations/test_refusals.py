from __future__ import annotations

import pytest

from ml.errors import BundleError
from ml.explanations.refusals import sounds_like
from ml.registry.bundles import SHIPPED
from ml.registry.card import parse_card, read_card_data
from tests.sounding import with_words

CARD = with_words(SHIPPED.card("musicnn-gtzan-2"))


def features(**heard: float) -> list[float]:
    return [heard.get(tag, -5.0) for tag in CARD.tags]


@pytest.mark.parametrize(
    ("heard", "is_music", "words"),
    [
        ({"electronic": 1.0}, True, "techno"),
        ({"electronic": 1.0}, None, "techno"),
        ({"electronic": -0.1}, True, None),  # less than the least
        ({"electronic": 1.0, "folk": 1.0}, True, "folk music"),  # the more above its least
        ({"electronic": 1.0, "folk": -0.9}, True, "techno"),
        ({"electronic": 1.0, "sad": 1.0}, False, "speech"),  # no words for music
        ({"electronic": 1.0}, False, None),
    ],
)
def test_the_words_are_those_of_the_tag_most_above_its_least(heard, is_music, words):
    found = sounds_like(features(**heard), is_music, CARD)
    assert (found.words if found else None) == words


def test_a_card_without_words_and_a_row_without_features_say_nothing():
    assert sounds_like(features(electronic=9.0), True, SHIPPED.card("musicnn-gtzan-2")) is None
    assert sounds_like([], True, CARD) is None


def test_words_of_a_tag_that_there_is_not_make_a_card_unreadable():
    data = read_card_data(CARD.folder)
    data["outside"]["sounds_like"] = [
        {"words": "salsa", "tag": "salsa music", "least": 0.0, "right": 0.5, "n": 9}
    ]
    with pytest.raises(BundleError, match="must name a tag"):
        parse_card(data, CARD.folder)
