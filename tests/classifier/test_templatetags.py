import pytest

from classifier.templatetags.listening import clock, genre_name, percent, short_count


@pytest.mark.parametrize(
    ("probability", "shown"),
    [
        (0.8412, "84.1 %"),
        (0.001, "0.1 %"),
        (0.00099, "< 0.1 %"),
        (0.0, "0.0 %"),
        (0.99951, "> 99.9 %"),
        (1.0, "100.0 %"),
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
