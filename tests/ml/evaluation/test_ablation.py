"""The ladder's bookkeeping; its numbers come from GTZAN, which tests have not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ml.data.folds import grouped_folds
from ml.families.mel_cnn.config import MelCnnConfig
from ml.registry.recipe import default_recipe, read_recipe
from scripts.experiments import ablation
from tests.ml.families.mel_cnn.test_training import make_clips

pytestmark = pytest.mark.full


def test_segments_are_clips_of_their_own_in_order():
    clips = make_clips()
    segments = ablation.as_segments(clips, 16)
    assert len(segments) == 2 * len(clips)
    assert np.array_equal(segments.mel_db[3], clips.mel_db[1, 16:32])
    assert segments.y[3] == clips.y[1]
    assert segments.groups[3] == clips.groups[1]


def test_the_leaky_split_leaks_and_the_honest_one_does_not():
    clips = make_clips()
    segments = ablation.as_segments(clips, 16)

    def torn(splits) -> int:
        """Tracks with segments on both sides, over all folds."""
        owner = np.arange(len(segments)) // 2
        return sum(len(set(owner[learn]) & set(owner[held])) for learn, held in splits)

    honest = [
        (ablation.spread(learn, 2), ablation.spread(held, 2))
        for learn, held in grouped_folds(clips.y, clips.groups, n_folds=2, seed=0)
    ]
    assert torn(ablation.random_splits(segments, 2, 0)) > len(clips) / 2
    assert torn(honest) == 0
    for learn, held in honest:
        assert len(learn) + len(held) == len(segments)


def test_the_table_says_what_was_counted():
    scores = np.eye(10)[[0, 1, 2, 3]]
    row = ablation.rung("a model", "track", scores, np.array([0, 1, 2, 9]))
    assert row["n"] == 4
    assert row["accuracy"] == 0.75
    low, high = row["accuracy_ci95"]
    assert low < 0.75 < high
    table = ablation.as_markdown({"rungs": [row]})
    assert "| a model | track | 4 | 75.0% |" in table
    assert len(table.splitlines()) == 3


def test_a_missing_cache_is_one_line_and_exit_code_2(tmp_path, capsys):
    assert ablation.main(["--features", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_numbers_that_pages_cite_are_of_the_recipes_at_hand():
    result = json.loads(ablation.RESULT.read_text())
    recipe = read_recipe(default_recipe("mel-cnn"))
    assert MelCnnConfig.from_recipe(result["mel_cnn"]) == MelCnnConfig.from_recipe(recipe.settings)
    assert MelCnnConfig.from_recipe(result["plain"]) == MelCnnConfig(**ablation.PLAIN)
    assert not result["quick"]
    for row in result["rungs"]:
        low, high = row["accuracy_ci95"]
        assert 0.1 < low < row["accuracy"] < high < 0.945  # more would be a leak of labels
