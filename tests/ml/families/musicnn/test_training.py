import numpy as np
import pytest

from ml.data.feature_cache import Examples
from ml.errors import DatasetError
from ml.families.musicnn.training import (
    FOLDS,
    HeadSettings,
    cross_validate,
    held_out_heads,
    train_head,
)
from ml.registry.recipe import RecipeError
from tests.ml.made_up import made_up_examples, made_up_sounds

pytestmark = pytest.mark.full

FAST = HeadSettings(clip_epsilons=(1e-3,), shrinkages=(0.1,))


@pytest.fixture(scope="module")
def examples() -> Examples:
    return made_up_examples()


@pytest.fixture(scope="module")
def trained(examples):
    return train_head(examples, FAST, negatives=made_up_sounds(), seed=5)


def test_the_head_learns_what_can_be_learned(examples, trained):
    assert (trained.probabilities(examples.tags).argmax(axis=1) == examples.y).mean() > 0.98
    assert trained.report["cross_validation"]["accuracy"] > 0.95
    assert trained.report["n_artists"] == 120


def test_one_seed_gives_one_head(examples, trained):
    other = train_head(examples, FAST, negatives=made_up_sounds(), seed=5)
    assert np.array_equal(trained.head.kernel, other.head.kernel)
    assert np.array_equal(trained.ood_detector.weights, other.ood_detector.weights)
    assert trained.report == other.report
    assert trained.ood_report == other.ood_report


def test_a_track_s_logits_are_the_mean_of_its_patches_logits(examples, trained):
    head, patches = trained.head, examples.tags[7]
    of_patches = head.logits(head.features(patches)).mean(axis=0)
    of_track = head.logits(head.features(patches).mean(axis=0))
    assert np.allclose(of_patches, of_track)


@pytest.mark.training
def test_cross_validation_never_judges_by_the_artist():
    """Where the artist alone tells the genre, grouped folds must find nothing."""
    rng = np.random.default_rng(1)
    y = np.repeat(np.arange(10), 24)
    artist = np.arange(len(y)) // 2
    voices = rng.uniform(0.02, 0.98, (artist.max() + 1, 50))
    tags = [np.tile(voices[a], (3, 1)).astype(np.float32) for a in artist]
    names = [f"track {i}" for i in range(len(y))]
    examples = Examples(names, tags, y, [f"artist {a}" for a in artist])
    trial = cross_validate(examples, FAST, clip_epsilon=1e-3, shrinkage=0.1)
    assert trial.accuracy < 0.25
    heads = held_out_heads(examples, FAST, clip_epsilon=1e-3, shrinkage=0.1)
    assert set(heads) == set(names)
    assert len({id(head) for head in heads.values()}) == FOLDS


@pytest.mark.training
def test_companions_teach_but_never_the_artist_that_is_judged(examples):
    settings = {"clip_epsilon": 1e-3, "shrinkage": 0.1}
    few = _rows(examples, range(0, 240, 2))
    others = _rows(examples, range(1, 240, 2))
    lies = Examples(others.names, others.tags, (others.y + 1) % 10, others.groups)
    alone = cross_validate(few, FAST, **settings)
    misled = cross_validate(few, FAST, **settings, companions=lies)
    assert misled.accuracy < alone.accuracy - 0.2
    # The same lies by the artist that is judged are not heard.
    same = Examples(few.names, few.tags, few.y, ["one"] * 2 + few.groups[2:])
    by_one = Examples(lies.names, lies.tags, lies.y, ["one"] * len(lies.y))
    before = cross_validate(same, FAST, **settings).logits[:, :2]
    after = cross_validate(same, FAST, **settings, companions=by_one).logits
    assert np.array_equal(before, after[:, :2])
    assert not np.array_equal(before, after[:, 2:4])


@pytest.mark.parametrize(
    ("table", "word"),
    [
        ({"flor": 1}, "flor"),
        ({"floors": 0.1}, "floors"),
        ({"artist_weight": [1]}, "artist_weight"),
        ({"artist_weight": "much"}, "artist_weight"),
        ({"outside": {"colour": 1}}, "colour"),
    ],
)
def test_a_wrong_setting_is_named(table, word):
    with pytest.raises(RecipeError, match=word):
        HeadSettings.from_recipe(table)


def test_too_few_tracks_of_a_genre_are_one_sentence(examples):
    with pytest.raises(DatasetError, match="blues has 4"):
        train_head(_rows(examples, range(20, 240)), FAST)


def test_settings_survive_the_recipe():
    settings = HeadSettings.from_recipe({"floors": [0.1], "outside": {"refused": 0.1}})
    assert settings.clip_epsilons == (0.1,)
    assert settings.ood.refused == 0.1
    assert HeadSettings.from_recipe(settings.model_dump(by_alias=True)) == settings


def _rows(examples: Examples, rows) -> Examples:
    rows = list(rows)
    return Examples(
        [examples.names[i] for i in rows],
        [examples.tags[i] for i in rows],
        examples.y[rows],
        [examples.groups[i] for i in rows],
    )
