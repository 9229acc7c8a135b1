"""From audio to a model that serves, by the commands alone, on a made-up GTZAN."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.data.gtzan import GENRES, split, tracks, training_tracks
from ml.inference.classifier import get_classifier
from ml.registry.bundles import Registry
from scripts.testbed import sound
from tests.card_data import card_data

RECIPE = """
architecture = "mel-cnn"
summary = "a trial"
[mel-cnn]
filters = [4, 4, 8, 8]
dense = 16
crops = 1
epochs = 2
mixup = 0.0
"""
LEARN, TEST = 5, 2  # clips a genre


def beep(genre: str, seconds: float = 3.5) -> np.ndarray:
    """Each genre has a pitch of its own."""
    t = np.arange(int(seconds * sound.RATE_HZ)) / sound.RATE_HZ
    hz = 150 * 1.5 ** GENRES.index(genre)
    return (0.3 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


@pytest.fixture
def gtzan(tmp_path):
    """A few tracks of each genre, as GTZAN lays them out; training artists all different."""
    known = tracks()
    for genre in GENRES:
        folder = tmp_path / "gtzan" / "genres" / genre
        folder.mkdir(parents=True)
        learn = {known[n].group: n for n in training_tracks() if n.startswith(genre)}
        test = [n for n in split("test") if n.startswith(genre)]
        for name in [*list(learn.values())[:LEARN], *test[:TEST]]:
            sound.write(folder / f"{name}.wav", beep(genre))
    return tmp_path / "gtzan"


@pytest.mark.training
def test_audio_becomes_features_a_model_scores_and_the_model_that_serves(
    run_command, gtzan, tmp_path
):
    cache, bundles, recipe = tmp_path / "cache", tmp_path / "bundles", tmp_path / "trial.toml"
    recipe.write_text(RECIPE)

    def run(*arguments: str) -> str:
        result = run_command(*map(str, arguments))
        assert result.code == 0, result.err
        return result.out

    said = run(
        "extract_features", "--dataset", gtzan, "--out", cache, "--only", "mel", "--jobs", "1"
    )
    assert f"{10 * (LEARN + TEST)} tracks" in said
    train = (
        "train_model", "--recipe", recipe, "--features", cache, "--model", "beeps-1",
        "--out", bundles, "--work", tmp_path / "work",
    )  # fmt: skip
    assert "accuracy" in run(*train)
    common = ("--features", cache, "--model", "beeps-1", "--bundles", bundles)
    scores = json.loads(run("evaluate_model", *common, "--json", "--save"))
    assert scores["n"] == 10 * TEST
    assert "outside" not in scores
    assert "beeps-1" in run("promote_model", "beeps-1", "--bundles", bundles)
    assert Registry.at(bundles).default_id() == "beeps-1"

    card = Registry.at(bundles).card()
    assert card_data(card)["architecture"] == "mel-cnn"
    assert card_data(card)["training"]["n_tracks"] == 10 * LEARN
    assert card_data(card)["metrics"]["test_filtered"]["accuracy"] == scores["accuracy"]
    classifier = get_classifier(None, Registry.at(bundles))
    prediction = classifier.predict(beep("jazz", 7.0))
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert len(prediction.segments) == 2
    assert (prediction.outside_score, prediction.is_outside) == (None, False)
