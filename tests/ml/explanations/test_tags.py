import pytest

from ml.explanations.tags import also_sounds_like
from ml.families.musicnn.training import REPEATS
from ml.metrics.confidence import confidence_word, rounds
from ml.metrics.intervals import wilson_interval
from ml.registry.bundles import SHIPPED

CARD = {
    "confidence_words": [
        {
            "word": "quite_sure",
            "from": 0.7,
            "margin_up_to": 1,
            "right": 0.9,
            "first_two": 1,
            "n": 9,
        },
        {"word": "torn", "from": 0, "margin_up_to": 0.2, "right": 0.5, "first_two": 0.8, "n": 5},
        {"word": "not_sure", "from": 0, "margin_up_to": 1, "right": 0.4, "first_two": 0.6, "n": 3},
    ]
}


def test_the_first_word_that_fits_is_it():
    assert confidence_word([0.1, 0.8, 0.1], CARD).key == "quite_sure"
    torn = confidence_word([0.4, 0.5, 0.1], CARD)
    assert (torn.key, torn.right, torn.first_two, torn.n) == ("torn", 0.5, 0.8, 5)
    assert confidence_word([0.2, 0.6, 0.2], CARD).key == "not_sure"


def test_an_old_card_has_no_words():
    assert confidence_word([0.5, 0.5], {}) is None


def test_a_common_tag_must_be_stronger_than_usual_to_be_told():
    usual = {"rock": 0.6, "sitar": 0.001, "jazz": 0.1, "faint": 0.001}
    tags = {"rock": 0.61, "sitar": 0.3, "jazz": 0.05, "faint": 0.02, "broken": float("nan")}
    assert also_sounds_like(tags, usual, 5) == [("sitar", 0.3), ("rock", 0.61)]
    assert also_sounds_like(tags, usual, 1) == [("sitar", 0.3)]


def test_of_several_rounds_it_is_said_how_many():
    assert confidence_word([0.1, 0.8, 0.1], CARD).rounds == 1
    assert confidence_word([0.01, 0.99], SHIPPED.card("musicnn-gtzan-2").data).rounds == REPEATS
    assert rounds(SHIPPED.card("mel-cnn-gtzan-1").data) == 1


def test_an_interval_of_a_share_is_wilsons():
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
