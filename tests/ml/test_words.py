from ml.words import also_sounds_like, confidence_word

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
