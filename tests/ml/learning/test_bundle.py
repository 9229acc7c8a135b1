"""A bundle that learned on: the networks of its base, with a head of its own."""

from __future__ import annotations

import numpy as np
import pytest

from ml.errors import BundleError
from ml.heads.detectors import load_detector
from ml.heads.linear_head import LinearHead
from ml.inference.classifier import get_classifier
from ml.learning.bundle import DRAFTS, write_bundle
from ml.learning.learned import learn
from ml.registry.bundles import SHIPPED_FOLDER, Registry
from scripts.testbed import sound
from tests.made_up_music import BASE_ID, ballads, base, each_genre, taught

PROVENANCE = {
    "n": 110, "artists": 55, "people": 2, "said": {"country": 38}, "imported": 0,
    "first": "2026-11-01T00:00:00+00:00", "last": "2026-11-02T00:00:00+00:00", "digest": "0" * 64,
}  # fmt: skip


@pytest.fixture(scope="module")
def learned():
    return learn(base(), taught(*each_genre(8), (ballads(30), "country")))


@pytest.fixture(scope="module")
def written(learned, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return write_bundle(base(), learned, PROVENANCE, folder, "mine-1")


def test_it_holds_what_was_learned(written, learned):
    head = LinearHead.from_card(written.head)
    np.testing.assert_allclose(head.kernel, learned.fitted.kernel, rtol=1e-6)
    x = ballads(5)
    np.testing.assert_allclose(
        load_detector(written).score(x), learned.fitted.detector.score(x), atol=1e-4
    )
    assert written.learned.base == BASE_ID
    assert written.learned.said == {"country": 38}
    assert written.reference_model == BASE_ID
    assert written.feature_space == base().card.feature_space
    assert written.statistics is written.moments is None  # that of its base counts


def test_its_own_confidence_levels_were_told_in_one_round(written):
    assert written.learned.own_levels
    assert written.rounds == 1


def test_it_answers_a_recording_by_its_own_head(written):
    registry = Registry.at(written.folder.parent, SHIPPED_FOLDER)
    samples = sound.chord(6.0)
    runtime = "light"
    first = get_classifier(BASE_ID, registry, runtime).predict(samples)
    mine = get_classifier("mine-1", registry, runtime).predict(samples)
    np.testing.assert_allclose(mine.features, first.features)
    head = LinearHead.from_card(written.head)
    np.testing.assert_allclose(mine.logits, head.logits(mine.features), atol=1e-9)
    assert np.abs(mine.logits - first.logits).max() > 0.01


@pytest.mark.full
def test_both_runtimes_answer_alike(written):
    registry = Registry.at(written.folder.parent, SHIPPED_FOLDER)
    samples = sound.chord(6.0)
    light, keras = (
        get_classifier("mine-1", registry, runtime).predict(samples)
        for runtime in ("light", "keras")
    )
    np.testing.assert_allclose(light.logits, keras.logits, atol=1e-3)


def test_a_name_is_taken_once(written, learned):
    with pytest.raises(BundleError, match=r"^There is a model 'mine-1' already\.$"):
        write_bundle(base(), learned, PROVENANCE, written.folder.parent, "mine-1")


def test_what_a_killed_process_left_does_not_serve_and_is_no_obstacle(learned, tmp_path):
    left = tmp_path / DRAFTS / "mine-2"
    left.mkdir(parents=True)
    (left / "card.json").write_text("{")
    assert Registry.at(tmp_path).ids() == []
    write_bundle(base(), learned, PROVENANCE, tmp_path, "mine-2")
    assert Registry.at(tmp_path).ids() == ["mine-2"]
    assert not left.exists()
