import numpy as np
import pytest

from ml.metrics.calibration import (
    expected_calibration_error,
    fit_calibration,
    fit_confidence_levels,
    fit_temperature,
    reliability,
)
from ml.metrics.confidence import confidence_of
from ml.probabilities import softmax, to_probabilities
from ml.registry.sections.certainty import ConfidenceLevel

pytestmark = pytest.mark.full


def draw(logits: np.ndarray, seed: int = 0) -> np.ndarray:
    """Classes drawn by the probabilities of softmax(logits)."""
    rng = np.random.default_rng(seed)
    return np.array([rng.choice(len(p), p=p) for p in softmax(logits)])


@pytest.fixture(scope="module")
def logits():
    return np.random.default_rng(0).normal(0, 1.5, (4000, 10))


def test_temperature_undoes_overconfidence(logits):
    y = draw(logits)
    assert fit_temperature(3 * logits, y) == pytest.approx(3, rel=0.1)
    assert expected_calibration_error(softmax(logits), y) < 0.03


def test_the_blend_is_no_worse_than_the_temperature_alone(logits):
    """A third of the answers are sure for good reason, the rest overstate theirs by far."""
    y = draw(logits)
    shown = np.where(np.arange(len(y))[:, None] % 3 == 0, logits, 4 * logits)
    calibration = fit_calibration(shown, y)
    blend = to_probabilities(shown, calibration)
    alone = softmax(shown / fit_temperature(shown, y))
    assert 0 < calibration.own_weight < 1
    assert log_loss(blend, y) < log_loss(alone, y)
    assert blend.sum(axis=1) == pytest.approx(1)
    assert (blend.argmax(axis=1) == shown.argmax(axis=1)).all()


def test_a_card_without_calibration_means_a_plain_softmax(logits):
    assert np.array_equal(to_probabilities(logits, None), softmax(logits))


def test_reliability_counts_every_answer_once():
    probabilities = np.array([[0.95, 0.05], [0.9, 0.1], [0.55, 0.45], [1.0, 0.0]])
    rows = reliability(probabilities, np.array([0, 1, 0, 0]))
    assert rows == [
        {"from": 0.5, "to": 0.6, "n": 1, "confidence": 0.55, "accuracy": 1.0},
        {"from": 0.9, "to": 1.0, "n": 3, "confidence": 0.95, "accuracy": 0.6667},
    ]


def test_quite_sure_is_right_nine_times_in_ten(logits):
    y = draw(logits)
    probabilities = softmax(logits)
    fitted = fit_confidence_levels(probabilities, y)
    levels = [ConfidenceLevel.model_validate(row) for row in fitted]
    rows = {row["word"]: row for row in fitted}
    assert rows["quite_sure"]["right"] == pytest.approx(0.9, abs=0.005)
    assert sum(row["n"] for row in rows.values()) == len(y)
    # What the card says of a word is how often answers that get the word were right.
    found = np.array([confidence_of(row, levels).key for row in probabilities])
    right = probabilities.argmax(axis=1) == y
    for word, row in rows.items():
        assert (found == word).sum() == row["n"]
        assert right[found == word].mean() == pytest.approx(row["right"], abs=1e-4)


def test_a_model_that_guesses_is_never_sure(logits):
    y = np.random.default_rng(1).integers(0, 10, len(logits))
    assert [row["word"] for row in fit_confidence_levels(softmax(logits), y)] == ["not_sure"]


def test_every_answer_gets_a_word_also_where_nearly_all_are_sure():
    logits = np.zeros((400, 10))
    logits[:, 0] = 6.0
    logits[:5] = 0.0  # five answers that are sure of nothing: too few for a word of their own
    rows = fit_confidence_levels(softmax(logits), np.zeros(400, int))
    assert [row["word"] for row in rows] == ["quite_sure"]
    assert (
        confidence_of(softmax(logits)[0], [ConfidenceLevel.model_validate(row) for row in rows]).n
        == 400
    )


def test_repeats_count_a_track_once(logits):
    y = draw(logits)
    once = fit_confidence_levels(softmax(logits), y)
    twice = fit_confidence_levels(np.tile(softmax(logits), (2, 1)), np.tile(y, 2), repeats=2)
    assert twice == once


def log_loss(probabilities: np.ndarray, y: np.ndarray) -> float:
    return -float(np.log(probabilities[np.arange(len(y)), y]).mean())
