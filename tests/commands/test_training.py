"""train_model and evaluate_model on a small cache of made-up tags."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml import bundle
from ml.architectures import build_musicnn
from ml.card import read_card
from ml.dataset import GENRES, split, training_tracks


@pytest.fixture
def features(tmp_path):
    """Tags in which each genre has three of its own; two patches a track."""
    rng = np.random.default_rng(0)
    names = [*training_tracks(), *split("test")]
    tags = rng.uniform(0, 0.3, (len(names) * 2, 50)).astype(np.float32)
    for row, name in enumerate(np.repeat(names, 2)):
        first = GENRES.index(name.split(".")[0]) * 3
        tags[row, first : first + 3] += 0.4
    np.savez(tmp_path / "musicnn_tags.npz", tags=tags, track=np.repeat(names, 2))
    return tmp_path


@pytest.fixture
def backbone(tmp_path, monkeypatch):
    """A network with random weights in the place of the downloaded ones."""
    (tmp_path / "musicnn-0.1.0-py3-none-any.whl").touch()
    monkeypatch.setattr(bundle, "load_musicnn", lambda wheel: build_musicnn())
    return tmp_path


def test_a_trained_bundle_can_be_scored_and_says_so_in_its_card(
    run_command, features, backbone, tmp_path
):
    bundles = tmp_path / "bundles"
    trained = run_command(
        "train_model", "--features", str(features), "--backbone", str(backbone),
        "--model", "tiny-1", "--out", str(bundles),
    )  # fmt: skip
    assert trained.code == 0, trained.err
    assert "accuracy" in trained.out
    scored = run_command(
        "evaluate_model", "--features", str(features), "--model", "tiny-1",
        "--bundles", str(bundles), "--split", "filtered", "--json", "--save",
    )  # fmt: skip
    assert scored.code == 0, scored.err
    result = json.loads(scored.out)
    assert set(result) >= {
        "model", "split", "n", "accuracy", "accuracy_ci95", "macro_f1", "top3_accuracy",
    }  # fmt: skip
    assert result["n"] == 290
    assert result["accuracy"] > 0.95
    card = read_card("tiny-1", bundles)
    assert card.data["metrics"]["test_filtered"]["accuracy"] == result["accuracy"]
    assert card.data["training"]["n_tracks"] == len(training_tracks())


def test_the_text_form_prints_a_row_a_genre(run_command, features):
    scored = run_command("evaluate_model", "--features", str(features))
    assert all(genre in scored.out for genre in GENRES)


def test_what_is_missing_is_one_line_and_exit_code_2(run_command, tmp_path, features):
    no_wheel = run_command(
        "train_model", "--features", str(features), "--model", "x", "--backbone", str(tmp_path)
    )
    assert no_wheel.code == 2
    assert "fetch_backbone" in no_wheel.err
    no_cache = run_command("evaluate_model", "--features", str(tmp_path / "nothing"))
    assert no_cache.code == 2
    assert len(no_cache.err.strip().splitlines()) == 1


def test_a_bad_model_id_is_refused_before_anything_is_written(
    run_command, features, backbone, tmp_path
):
    result = run_command(
        "train_model", "--features", str(features), "--backbone", str(backbone),
        "--model", "../evil", "--out", str(tmp_path / "bundles"),
    )  # fmt: skip
    assert result.code == 2
    assert not (tmp_path / "bundles").exists()
