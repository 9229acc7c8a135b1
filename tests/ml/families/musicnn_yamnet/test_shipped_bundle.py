"""The shipped bundle of both networks, really run."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.explanations.refusals import sounds_like
from ml.inference.classifier import get_classifier
from ml.networks.yamnet_classes import tags_of
from ml.networks.yamnet_weights import WEIGHTS_SHA256
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound
from tests.ml.demo_tracks import DEMO_TRACKS, FOLDER

CARD = SHIPPED.card("musicnn-yamnet-1")
CATALOG = json.loads((FOLDER / "catalog.json").read_text(encoding="utf-8"))
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def classifier():
    return get_classifier(CARD.model_id)


def test_it_is_small_and_its_tags_are_those_of_its_networks():
    assert sum(path.stat().st_size for path in CARD.folder.iterdir()) <= 25e6
    assert CARD.yamnet.sha256 == WEIGHTS_SHA256
    assert len(CARD.musicnn_tags) == 50
    assert CARD.tags[50:] == tags_of(CARD.yamnet.classes)
    assert set(CARD.musicnn_tags) < set(CARD.weighed_tags) <= set(CARD.tags)


def test_its_explanation_adds_up_to_its_answer(classifier):
    samples = decode(DEMO_TRACKS[0], rate_hz=RATE_HZ)[: 7 * RATE_HZ]
    prediction = classifier.predict(samples)
    kernel, bias = np.array(CARD.head.kernel), np.array(CARD.head.bias)
    assert np.allclose(prediction.features @ kernel + bias, prediction.logits, atol=1e-3)
    means = np.mean([segment.logits for segment in prediction.segments], axis=0)
    assert np.allclose(means, prediction.logits)


@pytest.mark.parametrize("path", DEMO_TRACKS, ids=lambda path: path.stem)
def test_a_demo_track_is_of_the_genre_that_it_was_written_in(classifier, path):
    track = next(t for t in CATALOG if t["slug"] == path.stem)
    prediction = classifier.predict(decode(path, rate_hz=RATE_HZ))
    assert prediction.genre == track["genre"]
    assert not prediction.is_outside


@pytest.mark.parametrize(
    "samples",
    [
        np.random.default_rng(0).normal(0, 0.1, 9 * RATE_HZ),
        np.random.default_rng(0).normal(0, 3e-4, 9 * RATE_HZ),
        np.zeros(9 * RATE_HZ),
        sound.tone(9.0, hz=440, rate_hz=RATE_HZ),
    ],
    ids=["noise", "nearly silence", "silence", "a tone"],
)
def test_what_is_no_music_is_called_so(classifier, samples):
    prediction = classifier.predict(samples.astype(np.float32))
    assert prediction.is_outside
    assert prediction.is_music is False
    assert sounds_like(prediction.features.tolist(), prediction.is_music, CARD) is None


def test_a_quiet_copy_is_of_the_same_genre(classifier):
    samples = decode(DEMO_TRACKS[0], rate_hz=RATE_HZ)[: 10 * RATE_HZ]
    assert classifier.predict(samples * np.float32(0.1)).genre == classifier.predict(samples).genre
