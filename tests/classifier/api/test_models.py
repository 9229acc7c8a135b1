"""GET /models, and answers by numbers alone."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import serving
from classifier.worker import claims, tasks
from ml.heads.detectors import load_detector
from ml.registry.bundles import SHIPPED

from .conftest import problem

CARD = SHIPPED.card()


def test_the_models_are_listed_the_serving_one_first(program):
    items = program.get("/models").json()["items"]
    assert items[0]["id"] == CARD.model_id
    assert [item["serves"] for item in items] == [True] + [False] * (len(items) - 1)
    assert items[0]["test_accuracy"] == CARD.test.accuracy
    assert items[0]["wild_accuracy"] == CARD.in_the_wild.accuracy


@pytest.mark.parametrize("model_id", sorted(SHIPPED.ids()))
def test_a_model_is_told_as_its_card_tells_it(program, model_id):
    card = SHIPPED.card(model_id)
    told = program.get(f"/models/{model_id}").json()
    assert told["tags"] == list(card.tags)
    assert told["genres"] == list(card.labels)
    assert told["weights_sha256"] == card.sha256
    assert told["answers_by_features"] == (card.head is not None)
    assert set(told["metrics"]) == set(card.metrics)
    for name, part in card.metrics.items():
        assert told["metrics"][name]["accuracy"] == part.accuracy
    assert "head" not in told


@pytest.mark.parametrize("model_id", ["unknown", "..", "%2e%2e%2fdefault", "a" * 500])
def test_an_unknown_model_is_404(program, model_id):
    problem(program.get(f"/models/{model_id}"), 404, "not_found")


def test_numbers_are_answered_as_the_recording_was(program):
    """By the real model, which hears a track; then by the numbers that it stored of it."""
    asked = program.post("/songs", {"library": "one-needle-shuffle"}).json()
    tasks.perform(claims.take("test:1"))
    row = serving.Classification.objects.get(public_id=asked["id"])
    assert row.is_done, row.error_detail
    song = program.get(f"/songs/{asked['id']}").json()
    answer = program.post("/features:classify", {"features": row.features})
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["genre"] == song["genre"]
    assert told["probabilities"] == pytest.approx(song["probabilities"], abs=1e-4)
    assert told["outside_score"] == pytest.approx(song["outside_score"], abs=1e-3)
    for name in ("none_of_the_ten", "is_music", "sounds_like", "confidence_level", "sentence"):
        assert told[name] == song[name], name


def test_what_the_detector_takes_for_no_music_is_none_of_the_ten(program):
    features, detector = np.array(CARD.head.baseline), load_detector(CARD)
    no_music = [member.kernel[:, -1] - member.kernel.mean(axis=1) for member in detector.members]
    while detector.score(features[None])[0] <= CARD.ood.threshold:
        features = features + 0.5 * no_music[-1] / np.linalg.norm(no_music[-1])
        assert np.abs(features).max() < 1000
    told = program.post("/features:classify", {"features": features.tolist()}).json()
    assert told["none_of_the_ten"] is True
    assert told["is_music"] is False
    assert told["confidence_level"] is None
    assert "no music" in told["sentence"]


def test_another_model_answers_by_its_own_numbers(program):
    other = SHIPPED.card("musicnn-wild-1")
    body = {"features": [0.0] * len(other.tags), "model": other.model_id}
    told = program.post("/features:classify", body).json()
    assert told["model"] == other.model_id
    assert sum(told["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    # Its detector judges other numbers than its head.
    assert told["outside_score"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"features": [0.0] * 3}, "wrong_numbers"),
        ({"features": [0.0], "model": "mel-cnn-gtzan-1"}, "wrong_numbers"),
        ({"features": [0.0], "model": "unknown"}, "no_such_model"),
        ({"features": [0.0], "model": "../x"}, "no_such_model"),
        ({"features": []}, "invalid"),
        ({"features": [1e300] * len(CARD.tags)}, "invalid"),
        ({"features": ["x"]}, "invalid"),
        ({"features": [None]}, "invalid"),
        ({"features": {"a": 1}}, "invalid"),
        ({"features": [0.0] * 5001}, "invalid"),
        ({}, "invalid"),
    ],
)
def test_numbers_that_are_not_the_models_are_422(program, body, code):
    problem(program.post("/features:classify", body), 422, code)


def test_it_asks_the_database_for_the_token_alone(program, django_assert_num_queries):
    program.get("/models")
    body = {"features": [0.0] * len(CARD.tags)}
    for ask in (
        lambda: program.get("/models"),
        lambda: program.get(f"/models/{CARD.model_id}"),
        lambda: program.post("/features:classify", body),
    ):
        with django_assert_num_queries(1):
            assert ask().status_code == 200
