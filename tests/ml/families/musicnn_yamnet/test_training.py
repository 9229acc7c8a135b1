"""Training of the family with two networks, on made-up features of both worlds."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest

from ml.data.gtzan import TRAINING_TRACKS, split, training_tracks
from ml.data.labelled_cache import read_labelled_cache
from ml.evaluation.predictions import predict_cached
from ml.evaluation.wild import judge_wild
from ml.families.base import TrainingRun
from ml.families.musicnn_yamnet import family, training
from ml.families.musicnn_yamnet.classes import CLASSES, SETS
from ml.heads.mixed_discriminant import MixedDiscriminant
from ml.heads.wild import examples
from ml.inference.classifier import Classifier
from ml.networks import musicnn_weights, yamnet_weights
from ml.registry.bundles import SHIPPED_FOLDER
from ml.registry.card import read_card
from ml.registry.recipe import RECIPES, Recipe, RecipeError, read_recipe
from tests.classifier.management.made_up_cache import write_cache
from tests.ml.made_up import made_up_logits, write_labelled_cache
from tests.ml.two_networks import random_musicnn

pytestmark = pytest.mark.full

RECIPE = Recipe(
    "trial",
    "musicnn-yamnet",
    "",
    0,
    {
        "head_classes": ["genres", "music"],
        "outside": {"floors": [0.01], "shrinkages": [0.1], "penalties": [0.1], "kind_tracks": 10},
    },
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Caches of both worlds; of half of the tracks of GTZAN YAMNet heard nothing."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "gtzan").mkdir()
    features = write_cache(folder / "gtzan")
    rng = np.random.default_rng(0)
    with np.load(features / "musicnn_tags.npz") as file:
        names = sorted(set(file["track"].tolist()))
    some = names[::2]
    genres = [str(g) for g in sorted({name.split(".")[0] for name in names})]
    logits = [made_up_logits(rng, genres.index(name.split(".")[0])) for name in some]
    np.savez(features / "yamnet_logits.npz", track=some, logits=np.concatenate(logits))
    backbone = folder / "backbone"
    backbone.mkdir()
    (backbone / "musicnn-0.1.0-py3-none-any.whl").touch()
    weights = next(SHIPPED_FOLDER.glob(f"*/{yamnet_weights.FILE}"))
    shutil.copyfile(weights, backbone / yamnet_weights.FILE)
    return TrainingRun(
        features=features, wanted=training_tracks(), trained_on=TRAINING_TRACKS, model_id="two",
        bundles=folder / "bundles", seed=0, work=folder, backbone=backbone,
        wild=write_labelled_cache(folder / "wild", with_yamnet=True), report=lambda _: None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def card(run):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "REPEATS", 1)
        patch.setattr(musicnn_weights, "load_musicnn", lambda wheel: random_musicnn())
        return read_card(family.train(RECIPE, run))


def test_the_shipped_recipe_names_sets_that_there_are():
    settings = training.WildSettings.from_recipe(
        read_recipe(RECIPES / "musicnn-yamnet.toml").settings
    )
    assert set(settings.head_classes) <= set(SETS)
    assert settings.ood.refused <= 0.05


def test_the_card_tells_what_it_was_made_of(card):
    assert len(card.tags) == 50 + len(CLASSES)
    assert card.yamnet.classes == CLASSES
    assert card.wild.gtzan_tracks_with_yamnet < card.training_data.n_tracks
    assert card.head.clip_epsilon[0] == card.training.model_extra["floor"]
    assert card.head.clip_epsilon[-1] == 1e-8
    heard = {50 + CLASSES.index(i) for i in SETS[card.wild.head_classes]} | set(range(50))
    silent = set(range(len(card.tags))) - heard
    assert not np.array(card.head.kernel)[sorted(silent)].any()


def test_its_head_can_be_computed_from_its_statistics(card):
    mixed = MixedDiscriminant.load(card.folder / card.statistics.file)
    kernel, bias = mixed.linear()
    rows = [*range(50), *(50 + CLASSES.index(i) for i in SETS[card.wild.head_classes])]
    assert np.allclose(np.array(card.head.kernel)[rows], kernel, rtol=1e-5, atol=1e-7)
    assert np.allclose(card.head.bias, bias, rtol=1e-5)


def test_all_tracks_are_answered_though_one_network_heard_half_of_them(card, run):
    heard = predict_cached(Classifier(card), run.features, split("test"))
    assert len(heard.names) == 290
    assert 100 < heard.n_imputed < 200
    assert heard.right.mean() > 0.9
    assert heard.ood_scores.shape == (290,)


def test_it_is_not_scored_on_what_it_learned_from_but_on_other_such_recordings(card, tmp_path):
    other = read_labelled_cache(write_labelled_cache(tmp_path, seed=9, with_yamnet=True))
    result = judge_wild(Classifier(card), other)
    assert result["accuracy"] > 0.9
    assert result["outside"]["refused_share"] <= 0.1
    assert result["outside"]["sets"]["no music"]["auroc"] > 0.95


def test_a_head_without_an_artist_has_a_row_for_each_tag(card, run):
    heads = training.held_out_heads(card, run.features, run.wild)
    assert set(heads) == set(training_tracks())
    kernel, _ = heads[training_tracks()[0]]
    assert kernel.shape == (len(card.tags), 10)
    own = np.array(card.head.kernel)
    assert not np.allclose(kernel, own)
    assert np.corrcoef(kernel.ravel(), own.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"wild": None}, "name them by --wild"), ({"sounds": "sounds.npz"}, "of no use here")],
)
def test_what_it_cannot_train_with_is_said(run, changed, sentence):
    with pytest.raises(RecipeError, match=sentence):
        family.train(RECIPE, replace(run, **changed))


def test_a_set_of_classes_that_there_is_not_is_named(run):
    recipe = replace(RECIPE, settings={"head_classes": ["drums"]})
    with pytest.raises(RecipeError, match="'drums' is none of genres, music, detector"):
        family.train(recipe, run)
