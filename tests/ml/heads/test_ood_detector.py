import numpy as np
import pytest

from ml.errors import BundleError
from ml.families.musicnn.training import HeadSettings, train_head
from ml.heads.ood_detector import OodDetector
from ml.metrics.scores import auroc
from tests.ml.made_up import made_up_examples, made_up_sounds

pytestmark = pytest.mark.full

SETTINGS = HeadSettings(clip_epsilons=(1e-3,), shrinkages=(0.1,))


@pytest.fixture(scope="module")
def trained():
    return train_head(made_up_examples(), SETTINGS, negatives=made_up_sounds())


def scores(detector: OodDetector, clips) -> np.ndarray:
    return detector.score(np.stack([detector.features(tags) for tags in clips]))


def test_auroc_by_hand():
    assert auroc(np.array([1.0, 2.0]), np.array([3.0])) == 1
    assert auroc(np.array([3.0]), np.array([1.0, 2.0])) == 0
    # Of four pairs one is won, one tied, two lost.
    assert auroc(np.array([1.0, 3.0]), np.array([1.0, 2.0])) == pytest.approx((0.5 + 0 + 1 + 0) / 4)


def test_what_is_no_music_stands_out_also_where_it_was_never_heard(trained):
    threshold = trained.ood_report["threshold"]
    inside = scores(trained.ood_detector, made_up_examples(seed=8).tags)
    outside = scores(trained.ood_detector, made_up_sounds(seed=9)["speech"])
    assert (inside > threshold).mean() < 0.1
    assert (outside > threshold).mean() > 0.9
    # Each kind was also scored by a detector that never heard it.
    assert set(trained.ood_report["left_out"]) == {"speech", "noise"}
    assert trained.ood_report["left_out"]["speech"] > 0.9


def test_no_more_training_tracks_are_refused_than_the_recipe_allows(trained):
    assert 0 < trained.ood_report["refused_of_training"] <= SETTINGS.ood.refused


@pytest.mark.training
def test_it_learns_from_hidden_genres_where_no_sounds_are_given():
    alone = train_head(made_up_examples(), SETTINGS)
    assert alone.ood_report["made_sounds"] == 0
    assert alone.ood_report["left_out"] == {}
    inside = scores(alone.ood_detector, made_up_examples(seed=8).tags)
    faint = scores(alone.ood_detector, made_up_sounds()["noise"])
    assert auroc(inside, faint) > 0.9


def test_it_survives_being_saved(trained, tmp_path):
    trained.ood_detector.save(tmp_path / "outside.npz")
    again = OodDetector.load(tmp_path / "outside.npz")
    clips = made_up_sounds()["speech"]
    assert scores(again, clips) == pytest.approx(scores(trained.ood_detector, clips), abs=1e-3)


def test_a_broken_file_is_one_sentence(tmp_path):
    path = tmp_path / "outside.npz"
    for content in (b"", b"PK\x03\x04broken"):
        path.write_bytes(content)
        with pytest.raises(BundleError, match="no detector"):
            OodDetector.load(path)
