import pytest

from classifier.formatting import clock, fine_percent, minutes, percent, short_count, size_words
from classifier.genres import genre_name


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.8412, "84.1\N{NO-BREAK SPACE}%"),
        (0.001, "0.1\N{NO-BREAK SPACE}%"),
        (0.00099, "<\N{NO-BREAK SPACE}0.1\N{NO-BREAK SPACE}%"),
        (0.0, "0.0\N{NO-BREAK SPACE}%"),
        (0.99951, ">\N{NO-BREAK SPACE}99.9\N{NO-BREAK SPACE}%"),
        (1.0, "100.0\N{NO-BREAK SPACE}%"),
        (None, ""),
    ],
)
def test_percentages(probability, shown):
    assert percent(probability) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "0:00"), (61.4, "1:01"), (3599.6, "1:00:00"), (None, "")]
)
def test_clock(seconds, shown):
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(7, "7"), (1_000, "1 thousand"), (1_234_567, "1.2 million"), (5 * 10**9, "5 billion")],
)
def test_large_numbers_are_short(number, shown):
    assert short_count(number) == shown


def test_genres_are_written_as_people_do():
    assert [genre_name(g) for g in ("hiphop", "jazz")] == ["hip-hop", "jazz"]


@pytest.mark.parametrize(
    ("n_bytes", "shown"),
    [(50 * 2**20, "50\N{NO-BREAK SPACE}MB"), (1536, "1.5\N{NO-BREAK SPACE}KB")],
)
def test_sizes(n_bytes, shown):
    assert size_words(n_bytes) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(180, "3 hours"), (60, "1 hour"), (90, "90 minutes"), (1, "1 minute")]
)
def test_minutes(number, shown):
    assert minutes(number) == shown


@pytest.mark.parametrize(
    ("probability", "written"),
    [
        (0.5, "50.0"),
        (0.001, "0.1"),
        (0.00049, "0.05"),
        (0.00012, "0.01"),
        (0.00002, "0.002"),
        (3e-8, "<\N{NO-BREAK SPACE}0.001"),
    ],
)
def test_small_probabilities_can_be_told_apart(probability, written):
    assert fine_percent(probability) == f"{written}\N{NO-BREAK SPACE}%"
