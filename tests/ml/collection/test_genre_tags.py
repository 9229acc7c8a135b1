"""Words in tags and the genres that they mean, or do not."""

from __future__ import annotations

import pytest

from ml.collection.genre_tags import MEANT, means_several, meant_genre, tag_word
from ml.data.gtzan import GENRES

LABELS = tuple(GENRES)


@pytest.mark.parametrize(
    ("words", "genre"),
    [
        (("Hip-Hop",), "hiphop"),
        (("hip hop/rap",), "hiphop"),
        (("Rap", "Hip Hop"), "hiphop"),
        (("Rock & Roll",), "rock"),
        (("Death Metal; Black Metal",), "metal"),
        (("Jazz\x00Bebop",), "jazz"),
        (("Hard Rock",), "rock"),
        (("  JAZZ ",), "jazz"),
        (("Techno",), None),
        (("Jazz", "Rock"), None),
        (("Jazz", "Soundtrack"), None),
        (("Rock", "演歌"), None),
        (("Шансон",), None),
        (("Blues Rock",), None),
        (("",), None),
        ((), None),
    ],
)
def test_what_words_mean(words, genre):
    assert meant_genre(words, LABELS) == genre


def test_what_means_several_is_told_from_what_means_none():
    assert means_several(("Jazz", "Rock"), LABELS)
    assert means_several(("Jazz", "Soundtrack"), LABELS)
    assert not means_several(("Soundtrack",), LABELS)
    assert not means_several(("Jazz; Bebop",), LABELS)


def test_a_genre_that_was_taught_is_known_by_its_name():
    assert meant_genre(("Techno",), (*LABELS, "techno")) == "techno"
    assert meant_genre(("Deep House",), ("deep house", "techno")) == "deep house"
    assert meant_genre(("Jazz",), ("deep house", "techno")) is None


def test_what_is_written_means_what_was_heard():
    for label in LABELS:
        assert meant_genre((tag_word(label),), LABELS) == label
    assert tag_word("deep house") == "Deep House"


def test_no_word_means_two_genres():
    words = [word for words in MEANT.values() for word in words]
    assert len(words) == len(set(words))
    assert set(MEANT) == set(LABELS)
