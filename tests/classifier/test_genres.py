import pytest

from classifier.genres import are_gtzan, count_words, genre_choices, genre_name
from ml.data.gtzan import GENRES


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "no"), (10, "ten"), (12, "twelve"), (20, "twenty"), (22, "twenty-two"), (50, "fifty"),
        (99, "ninety-nine"), (100, "100"),
    ],
)  # fmt: skip
def test_a_number_in_words(n, words):
    assert count_words(n) == words


def test_what_is_none_of_the_genres_counts_those_of_its_model():
    assert genre_name("none", 10) == "none of the ten"
    assert genre_name("none", 12) == "none of the twelve"
    assert genre_name("none") == genre_name("none", 0) == "none of the genres"
    assert genre_name("hiphop") == "hip-hop"
    assert genre_name("raga", 12) == "raga"
    assert genre_choices(["raga"], 2) == [("raga", "raga"), ("none", "none of the two")]


def test_the_ten_of_gtzan_are_known_in_any_order():
    assert are_gtzan(reversed(GENRES))
    assert not are_gtzan(["techno", *GENRES])
    assert not are_gtzan([])
