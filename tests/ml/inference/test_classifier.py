"""The shipped bundle, really run."""

import json
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.errors import BundleError
from ml.explanations.tags import also_sounds_like
from ml.heads.linear_head import LinearHead
from ml.inference import classifier as inference
from ml.inference.classifier import get_classifier
from ml.probabilities import to_probabilities
from ml.registry.bundles import SHIPPED, Registry
from scripts.testbed import sound
from tests.card_data import card_data

ROOT = Path(__file__).resolve().parents[3]
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


def test_the_track_s_logits_are_what_the_card_s_head_makes_of_its_features(classifier):
    prediction = classifier.predict(sound.chord(13, rate_hz=16_000))
    head = LinearHead.from_card(classifier.card.head)
    assert np.allclose(head.logits(prediction.features), prediction.logits, atol=1e-3)
    probabilities = to_probabilities(prediction.logits, classifier.card.calibration)
    assert np.allclose(probabilities, prediction.probabilities)


def test_the_track_is_exactly_the_mean_of_its_segments(classifier):
    samples = sound.chord(9, rate_hz=16_000)
    tags = classifier.patch_tags(samples)
    head = LinearHead.from_card(classifier.card.head)
    assert len(tags) == 3
    of_segments = head.logits(head.features(tags))
    prediction = classifier.predict(samples)
    assert np.allclose(of_segments.mean(axis=0), prediction.logits, atol=1e-3)
    by_segment = to_probabilities(of_segments, classifier.card.calibration)
    shown = [segment.probabilities for segment in prediction.segments]
    assert np.allclose(by_segment, shown, atol=1e-3)
    said = np.mean([segment.logits for segment in prediction.segments], axis=0)
    assert np.array_equal(said, prediction.logits)


def test_cached_tags_and_the_whole_network_agree(classifier, tmp_path):
    samples = sound.chord(7, rate_hz=16_000)
    prediction = classifier.predict(samples)
    tags = classifier.patch_tags(samples)
    np.savez(
        tmp_path / "musicnn_tags.npz",
        tags=tags[:, :50],
        track=np.repeat(["blues.00000"], len(tags)),
    )
    scores = np.clip(tags[:, 50:], 1e-12, 1 - 1e-12)
    logits = np.zeros((len(tags), 521))
    logits[:, list(classifier.card.yamnet.classes)] = np.log(scores) - np.log1p(-scores)
    np.savez(
        tmp_path / "yamnet_logits.npz", logits=logits, track=np.repeat(["blues.00000"], len(tags))
    )
    cached = classifier.predict_cached(tmp_path, ["blues.00000"])
    # YAMNet's scores are clipped patch by patch there, and the mean of the track here.
    assert np.allclose(cached.logits[0], prediction.logits, atol=1e-2)
    assert cached.ood_scores[0] == pytest.approx(prediction.outside_score, abs=1e-2)


def test_a_test_tone_is_none_of_the_ten(classifier):
    t = np.arange(16_000 * 6) / 16_000
    noise = np.random.default_rng(0).normal(0, 0.1, t.size).astype(np.float32)
    for samples in (noise, np.zeros(t.size, np.float32)):
        prediction = classifier.predict(samples)
        assert prediction.is_outside
    assert prediction.outside_score > card_data(classifier.card)["outside"]["threshold"]


def test_the_golden_clip_is_music(classifier):
    samples = decode(ROOT / GOLDEN["path"], rate_hz=classifier.rate_hz)
    prediction = classifier.predict(samples)
    assert not prediction.is_outside
    usual = dict(zip(classifier.card.tags, card_data(classifier.card)["tag_means"], strict=True))
    tags = dict(zip(classifier.card.tags, prediction.tags, strict=True))
    assert 1 <= len(also_sounds_like(tags, usual, 3)) <= 3


def test_a_quiet_copy_gets_the_same_answer():
    """By MusiCNN, to which it is raised; YAMNet hears every copy as it is."""
    classifier = get_classifier("musicnn-gtzan-2")
    samples = decode(ROOT / GOLDEN["path"], rate_hz=classifier.rate_hz)[: 9 * 16_000]
    one, other = (classifier.predict(samples * np.float32(gain)) for gain in (0.25, 0.1))
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-3)


def test_levels_are_raised_but_noise_floors_are_not(classifier):
    target = 10 ** (card_data(classifier.card)["raise_to_db"] / 20)
    quiet = np.full(100, target / 2, np.float32)
    assert classifier.normalise_loudness(quiet) == pytest.approx(target, rel=1e-3)
    loud = quiet * 4
    assert classifier.normalise_loudness(loud) is loud
    assert classifier.normalise_loudness(quiet * np.float32(1e-4)).max() < target / 30
    assert not classifier.normalise_loudness(np.zeros(5, np.float32)).any()


def test_broken_samples_still_give_an_answer(classifier):
    samples = sound.chord(4, rate_hz=16_000)
    samples[::1000] = np.nan
    samples[5::1000] = np.inf
    samples[7] = 1e30
    prediction = classifier.predict(samples)
    assert np.isfinite(prediction.probabilities).all()
    assert np.isfinite(prediction.outside_score)


def test_segments_of_windows_carry_the_times_of_the_song(classifier):
    window = sound.chord(6.2, rate_hz=16_000)
    prediction = classifier.predict_windows([(30.0, window), (90.0, window)])
    assert [s.start_s for s in prediction.segments] == pytest.approx([30, 32.992, 90, 92.992])


def test_a_bundle_is_loaded_once_whoever_asks(monkeypatch):
    loads = []

    class Slow:
        def __init__(self, card, runtime):
            self.card = card
            loads.append(card.model_id)

    monkeypatch.setattr(inference, "Classifier", Slow)
    monkeypatch.setattr(inference, "_loaded", OrderedDict())
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
    card = SHIPPED.card()
    assert len(card.labels) == 10
    assert len(card.tags) == 50 + len(card.yamnet.classes)
    files = [card.model_path, *([card.yamnet_path] if card.yamnet_path else [])]
    assert card_data(card)["size_bytes"] == sum(path.stat().st_size for path in files)
    assert card_data(card)["metrics"]["test_filtered"]["n"] == 290


def test_a_network_that_is_not_its_cards_is_refused(tmp_path):
    card = SHIPPED.card()
    folder = tmp_path / card.model_id
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(card_data(card)))
    (folder / "model.keras").write_bytes(b"something else")
    with pytest.raises(BundleError, match="not the one of its card"):
        get_classifier(card.model_id, Registry.at(tmp_path))


@pytest.mark.parametrize("model_id", ["nope", "../etc", "a/b", "UPPER"])
def test_an_unknown_model_is_one_sentence(model_id):
    with pytest.raises(BundleError, match="no model"):
        SHIPPED.card(model_id)
