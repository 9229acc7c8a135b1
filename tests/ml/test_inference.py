"""The shipped bundle, really run."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from ml import inference
from ml.audio import decode
from ml.card import read_card
from ml.errors import BundleError
from ml.inference import get_classifier
from tests import sound

ROOT = Path(__file__).resolve().parents[2]
# Made by: manage.py classify classifier/library/one-needle-shuffle.mp3 --json --top 10
GOLDEN = json.loads((ROOT / "tests/golden/prediction.json").read_text())


@pytest.fixture(scope="module")
def classifier():
    return get_classifier()


def test_the_golden_clip_gets_the_golden_answer(classifier):
    samples = decode(ROOT / GOLDEN["path"], rate_hz=classifier.rate_hz)
    prediction = classifier.predict(samples)
    assert prediction.genre == GOLDEN["genre"]
    assert prediction.model_id == GOLDEN["model"]
    # Decoder, resampler and TensorFlow differ a little between versions: a hundredth is far more
    # than they make, and far less than any change of the front end or the weights.
    expected = {item["genre"]: item["probability"] for item in GOLDEN["top"]}
    for label, probability in zip(prediction.labels, prediction.probabilities, strict=True):
        assert probability == pytest.approx(expected[label], abs=0.01)
    assert len(prediction.segments) == len(GOLDEN["segments"])


def test_every_row_of_probabilities_sums_to_one(classifier):
    prediction = classifier.predict(sound.chord(10, rate_hz=16_000))
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert [s.probabilities.sum() for s in prediction.segments] == pytest.approx([1, 1, 1])
    assert ((prediction.tags >= 0) & (prediction.tags <= 1)).all()


def test_the_track_is_exactly_the_mean_of_its_segments(classifier):
    prediction = classifier.predict(sound.chord(13, rate_hz=16_000))
    logits = np.mean([np.log(s.probabilities) for s in prediction.segments], axis=0)
    assert np.allclose(np.exp(logits) / np.exp(logits).sum(), prediction.probabilities, atol=1e-6)


def test_cached_tags_and_the_whole_network_agree(classifier):
    prediction = classifier.predict(sound.chord(7, rate_hz=16_000))
    from_tags = classifier.classify_tags(prediction.tags[None])[0]
    assert np.allclose(from_tags, prediction.probabilities, atol=1e-5)


def test_segments_of_windows_carry_the_times_of_the_song(classifier):
    window = sound.chord(6.2, rate_hz=16_000)
    prediction = classifier.predict_windows([(30.0, window), (90.0, window)])
    assert [s.start_s for s in prediction.segments] == pytest.approx([30, 32.992, 90, 92.992])


def test_a_bundle_is_loaded_once_whoever_asks(monkeypatch):
    loads = []

    class Slow:
        def __init__(self, card):
            loads.append(card.model_id)

    monkeypatch.setattr(inference, "Classifier", Slow)
    monkeypatch.setattr(inference, "_classifiers", {})
    threads = [threading.Thread(target=get_classifier) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1


def test_top_is_ranked(classifier):
    top = classifier.predict(sound.chord(3, rate_hz=16_000)).top(5)
    assert len(top) == 5
    assert [p for _, p in top] == sorted((p for _, p in top), reverse=True)


def test_the_card_tells_the_truth_about_the_network(classifier):
    card = read_card()
    assert len(card.labels) == 10
    assert len(card.tags) == 50
    assert card.data["size_bytes"] == card.model_path.stat().st_size
    assert card.data["metrics"]["test_filtered"]["n"] == 290


def test_a_network_that_is_not_its_cards_is_refused(tmp_path):
    card = read_card()
    folder = tmp_path / card.model_id
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(card.data))
    (folder / "model.keras").write_bytes(b"something else")
    with pytest.raises(BundleError, match="not the one of its card"):
        get_classifier(card.model_id, tmp_path)


@pytest.mark.parametrize("model_id", ["nope", "../etc", "a/b", "UPPER"])
def test_an_unknown_model_is_one_sentence(model_id):
    with pytest.raises(BundleError, match="no model"):
        read_card(model_id)
