import numpy as np
import pytest

from ml.data.gtzan import GENRES
from ml.metrics.comparison import compare, mcnemar, verdict
from ml.metrics.scores import score, score_levels, score_ood, wilson_interval
from ml.registry.sections.certainty import ConfidenceLevel

pytestmark = pytest.mark.full


def test_the_interval_is_wilsons():
    # Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(10, 10)[1] == pytest.approx(1)


@pytest.fixture
def small_case():
    y = np.array([0, 0, 1, 2])
    probabilities = np.full((4, 10), 0.01)
    for row, (first, second) in enumerate([(0, 1), (1, 0), (1, 2), (3, 4)]):
        probabilities[row, first], probabilities[row, second] = 0.7, 0.22
    return probabilities, y


def test_scores_of_a_small_hand_made_case(small_case):
    result = score(*small_case, GENRES)
    assert result["n"] == 4
    assert result["accuracy"] == 0.5
    assert result["top3_accuracy"] == 0.75  # the last row's truth is none of its first three
    blues, classical = result["per_genre"]["blues"], result["per_genre"]["classical"]
    assert (blues["precision"], blues["recall"], blues["n"], blues["named"]) == (1.0, 0.5, 2, 1)
    assert (classical["precision"], classical["recall"], classical["named"]) == (0.5, 1.0, 2)
    assert classical["precision_ci95"] == pytest.approx(wilson_interval(1, 2), abs=1e-4)
    assert result["per_genre"]["jazz"]["precision_ci95"] is None
    assert sum(map(sum, result["confusion"])) == 4
    assert result["ece"] == pytest.approx(0.2)
    assert result["reliability"] == [
        {"from": 0.7, "to": 0.8, "n": 4, "confidence": 0.7, "accuracy": 0.5}
    ]
    assert set(result["per_genre"]) == set(GENRES)


def test_words_are_scored_on_the_part(small_case):
    level = ConfidenceLevel(
        word="quite_sure", min_confidence=0.6, max_margin=1, right=0.9, first_two=1, n=9, share=1
    )
    (row,) = score_levels(*small_case, [level])
    assert row == {"word": "quite_sure", "n": 4, "right": 0.5, "first_two": 0.75}


def test_refusals_are_counted_by_kind_and_together():
    result = score_ood(
        np.array([0.0, 0.1, 0.2, 0.9]), {"zouk": [0.3, 0.8], "noise": [2.0, 3.0]}, threshold=0.5
    )
    assert (result["refused"], result["refused_share"]) == (1, 0.25)
    assert result["sets"]["noise"] == {"n": 2, "auroc": 1.0, "refused_share": 1.0}
    assert result["sets"]["zouk"] == {"n": 2, "auroc": 0.75, "refused_share": 0.5}
    assert result["sets"]["all"] == {"n": 4, "auroc": 0.875, "refused_share": 0.75}


def test_mcnemar_is_the_exact_binomial():
    assert mcnemar(0, 5) == pytest.approx(2 / 32)
    assert mcnemar(3, 3) == 1
    assert mcnemar(10, 2) == mcnemar(2, 10) == pytest.approx(0.03857, abs=1e-5)


def test_a_comparison_says_when_it_cannot_tell():
    a = np.array([True] * 50 + [False] * 50)
    little = a.copy()
    little[50:53] = True
    result = compare(a, little)
    assert (result["both"], result["only_a"], result["only_b"], result["neither"]) == (50, 0, 3, 47)
    assert result["difference"] == 0.03
    assert "cannot tell" in verdict(result, "a", "b")
    much = a.copy()
    much[50:80] = True
    result = compare(a, much)
    low, high = result["difference_ci95"]
    assert 0.2 < low < 0.3 < high < 0.4
    assert verdict(result, "a", "b").startswith("b is better than a")
    assert verdict(compare(much, a), "b", "a").startswith("b is better than a")
