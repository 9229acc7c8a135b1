from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ml.data.labelled_cache import read_labelled_cache
from ml.errors import DatasetError
from ml.heads.linear_head import log_odds
from ml.heads.wild import examples
from ml.heads.wild.budget import BUDGETS
from ml.heads.wild.examples import Choice, TwoWorlds
from ml.heads.wild.search import Search, cross_validate
from ml.heads.wild.settings import WildSettings
from ml.heads.wild.training import train_on_two_worlds
from ml.registry.sections.certainty import BudgetCurve
from ml.registry.sections.training import WildData
from tests.ml.made_up import made_up_examples, made_up_sounds, write_labelled_cache

pytestmark = pytest.mark.full

SETTINGS = WildSettings.from_recipe(
    {"world_weights": [1.0, 2.0], "outside": {"floors": [1e-3], "shrinkages": [0.1]}}
)


@pytest.fixture(scope="module")
def wild(tmp_path_factory):
    return read_labelled_cache(write_labelled_cache(tmp_path_factory.mktemp("wild")))


@pytest.fixture(scope="module")
def trained(wild):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "REPEATS", 2)
        return train_on_two_worlds(
            made_up_examples(12), wild, SETTINGS, negatives=made_up_sounds(6), seed=1
        )


def test_it_learns_both_worlds(trained, wild):
    head = trained.trained
    known = [tags for tags, mine in zip(wild.tags, wild.is_known, strict=True) if mine]
    assert (head.probabilities(known).argmax(axis=1) == wild.y[wild.is_known]).mean() > 0.95
    detector = head.ood_detector
    scores = np.array([detector.score(detector.features(tags)[None])[0] for tags in wild.tags])
    refused = scores > head.ood_report["threshold"]
    assert refused[wild.is_known].mean() <= 0.05
    assert refused[wild.is_other_music | wild.is_no_music].mean() > 0.9


def test_its_sections_say_what_was_held_out_and_what_it_was_made_of(trained, wild):
    head, sections = trained.trained, trained.sections
    part = sections["metrics"]["wild_out_of_fold"]
    assert part["n"] == head.report["n_tracks"] == wild.is_known.sum()
    assert part["accuracy"] > 0.9
    main, own = ["other music", "near kin", "no music"], ["techno"]
    assert list(part["outside"]["sets"]) == main + own  # of speech there are too few
    assert sum(row["n"] for row in part["words"]) == part["n"]
    assert "place" in head.report["cross_validation"]["scheme"]
    assert len(head.report["cross_validation"]["candidates"]) == 2
    data = WildData.model_validate(sections["wild"])
    assert data.n_places == 12
    assert data.tracks_by_genre["blues"] == 12
    learned = np.isin(wild.roles, ["in", "out"])
    assert data.heard(wild.fingerprints) == learned.sum() < len(wild)
    assert data.heard(["00000000"]) == 0


def test_its_budget_counts_other_music_as_wrong_and_is_out_of_fold(trained, wild):
    budget = BudgetCurve.model_validate(trained.sections["budget"])
    learned = wild.is_known | wild.is_other_music | wild.is_no_music
    assert budget.n == learned.sum()
    assert budget.n_genres == wild.is_known.sum()
    assert budget.n_other_music + budget.n_no_music == budget.n - budget.n_genres
    assert [p.n for p in budget.points] == sorted(p.n for p in budget.points)
    assert [p.least for p in budget.points] == sorted(p.least for p in budget.points)[::-1]
    last = budget.points[-1]
    refused = [found.refused[learned].mean() for found in trained.outside]
    assert last.n == pytest.approx(budget.n * (1 - np.mean(refused)), abs=20)
    assert last.wrong < last.n / 4
    assert [row.budget for row in budget.held_out] == list(BUDGETS)
    for row in budget.held_out:
        assert (row.wrong_share is None) == (row.used_share == 0)


def test_no_place_weighs_as_its_number_of_tracks(wild):
    worlds = TwoWorlds(made_up_examples(12), wild, None, 0)
    rows = np.r_[np.flatnonzero(wild.places == "place 0")[:8], len(wild) - 1]
    choice = Choice(0.01, "", 0.1, 1, 0, 1, 1.0, 0.0, 1.0, 0.5)
    weights = worlds.wild_weights(rows, choice)
    assert weights[:8].sum() == pytest.approx(weights[8])
    weak = worlds.wild_weights(rows, choice._replace(place_power=0.0, weak_label_weight=0.5))
    assert weak[1] / weak[0] == pytest.approx(0.5)


def test_the_judge_of_a_fold_never_heard_its_places(wild, monkeypatch):
    worlds = TwoWorlds(made_up_examples(12), wild, None, 0)
    seen = []
    worlds.rounds = worlds.rounds[:1]
    of_worlds = worlds.examples
    monkeypatch.setattr(
        worlds,
        "examples",
        lambda features, rows, *rest: seen.append(rows) or of_worlds(features, rows, *rest),
    )
    choice = Choice(0.01, "", 0.1, 1, 0, 1, 0.5, 0.5, 1.0, 0.5)
    cross_validate(worlds, choice)
    for (_, held), learned in zip(worlds.rounds[0].wild, seen, strict=True):
        assert not set(wild.places[held]) & set(wild.places[learned])
        assert not set(wild.artist_ids[held]) & set(wild.artist_ids[learned])


def test_the_mixed_head_is_one_linear_map(trained):
    head = trained.trained.head
    tags = np.random.default_rng(0).uniform(size=(3, 50))
    expected = log_odds(tags, head.clip_epsilon).mean(axis=0) @ head.kernel + head.bias
    assert np.allclose(head.logits(head.features(tags)).mean(axis=0), expected)


def test_a_cache_without_other_music_is_refused(wild, tmp_path):
    folder = write_labelled_cache(tmp_path / "wild")
    table = (folder / "tracks.csv").read_text().replace(",out,,techno", ",near,,techno")
    (folder / "tracks.csv").write_text(table)
    with pytest.raises(DatasetError, match="no track of other music"):
        train_on_two_worlds(made_up_examples(12), read_labelled_cache(folder), SETTINGS)


def test_a_kind_from_one_place_alone_is_refused(tmp_path):
    """Held out, it would leave nothing to learn that kind from."""
    folder = write_labelled_cache(tmp_path / "wild")
    header, *rows = (folder / "tracks.csv").read_text().splitlines(keepends=True)
    table = [
        row if ",place 0," in row else row.replace(",out,,speech", ",near,,speech") for row in rows
    ]
    (folder / "tracks.csv").write_text(header + "".join(table))
    with pytest.raises(DatasetError, match="All no music is from too few places"):
        train_on_two_worlds(made_up_examples(12), read_labelled_cache(folder), SETTINGS)


def test_an_artist_held_out_in_one_world_is_not_learned_from_in_the_other(wild):
    gtzan = made_up_examples(12)
    both = replace(gtzan, groups=["Artist 3 ", *gtzan.groups[1:]])  # of the first place
    worlds = TwoWorlds(both, wild, None, 0)
    mine = np.flatnonzero(wild.artist_ids == "artist 3")
    together = 0
    for learn, held, gtzan_learn, gtzan_held in worlds.folds(0):
        if np.isin(mine, held).any():
            assert 0 not in gtzan_learn
        if 0 in gtzan_held:
            assert not np.isin(mine, learn).any()
            together += 1
    assert len(mine)
    assert together == 1


CLASSES = {"genres": range(211, 231), "detector": [0, *range(211, 260)]}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = write_labelled_cache(tmp_path_factory.mktemp("both"), with_yamnet=True)
    wild = read_labelled_cache(folder)
    settings = WildSettings.from_recipe(
        {
            "head_classes": ["genres"],
            "outside": {
                "floors": [1e-2],
                "shrinkages": [0.1],
                "temperatures": [1.0],
                "kind_tracks": 10,
                "penalties": [0.1, 1.0],
            },
        }
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "REPEATS", 2)
        gtzan = made_up_examples(12, with_yamnet=True)
        return wild, train_on_two_worlds(gtzan, wild, settings, classes=CLASSES, seed=1)


def test_the_head_has_a_row_for_each_tag_and_class(both):
    _, found = both
    assert found.head_classes == "genres"
    assert found.trained.head.kernel.shape == (50 + 20, 10)
    assert found.imputation.kernel.shape == (50, 50)  # of the detector, which hears more
    kernel, bias = found.mixed.linear()
    assert np.array_equal(kernel, found.trained.head.kernel)
    assert np.array_equal(bias, found.trained.head.bias)


def test_the_detector_hears_more_classes_and_two_members(both):
    wild, found = both
    detector = found.trained.ood_detector
    assert [member.kernel.shape for member in detector.members] == [(100, 12), (100, 12)]
    x = TwoWorlds(made_up_examples(12, with_yamnet=True), wild, None, 0, CLASSES).features(
        1e-2, "detector"
    )
    refused = detector.score(x.wild) > found.trained.ood_report["threshold"]
    assert refused[wild.is_known].mean() <= 0.05
    assert refused[wild.roles == "out"].mean() > 0.9
    assert not detector.is_music(x.wild[wild.is_no_music]).any()


def test_what_is_refused_is_taken_for_music_or_not(both):
    wild, found = both
    assert len(found.outside) == 2
    for judged in found.outside:
        right = judged.is_music == wild.is_other_music
        assert right[judged.refused & (wild.roles == "out")].mean() > 0.9


def test_caches_without_yamnet_are_refused(wild):
    settings = WildSettings.from_recipe({"head_classes": ["genres"]})
    with pytest.raises(DatasetError, match="no logits of YAMNet"):
        train_on_two_worlds(made_up_examples(12), wild, settings, classes=CLASSES)


def test_what_is_stated_of_a_fold_knows_nothing_of_its_answers(wild):
    """Whatever the labels of a fold, its candidate is the one that the others chose."""
    worlds = TwoWorlds(made_up_examples(12), wild, None, 0)
    worlds.rounds = worlds.rounds[:1]
    search = Search(worlds, SETTINGS)
    chosen = search.without_the_fold(0)
    for fold, (_, held) in enumerate(worlds.rounds[0].wild):
        truth = worlds.y.copy()
        mine = np.isin(worlds.known, held)
        worlds.y = np.where(mine, (truth + 1) % 10, truth)
        assert search.without_the_fold(0)[fold].choice == chosen[fold].choice
        worlds.y = truth
