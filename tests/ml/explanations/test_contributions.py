import numpy as np
import pytest

from ml.explanations.contributions import first_two, segment_contributions, tag_contributions
from ml.explanations.grad_cam import grad_cam
from ml.heads.linear_head import LinearHead

NAMES = [f"tag {i}" for i in range(50)]


@pytest.fixture
def head() -> LinearHead:
    rng = np.random.default_rng(0)
    return LinearHead(
        kernel=rng.normal(size=(50, 10)),
        bias=rng.normal(size=10),
        baseline=rng.uniform(-4, 0, 50),
        clip_epsilon=5e-4,
    )


@pytest.fixture
def patches() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 1, (8, 50))


def test_tags_and_base_sum_to_the_winning_logit(head, patches):
    features = head.features(patches).mean(axis=0)
    logits = head.logits(features)
    explanation = tag_contributions(head, features, NAMES)
    assert explanation.genre == logits.argmax()
    assert explanation.total == pytest.approx(logits.max())
    assert explanation.base + explanation.parts.sum() == pytest.approx(logits.max())


def test_tags_and_base_sum_to_the_lead_over_the_runner_up(head, patches):
    features = head.features(patches).mean(axis=0)
    logits = head.logits(features)
    first, second = first_two(logits)
    explanation = tag_contributions(head, features, NAMES, genre=first, against=second)
    assert explanation.total == pytest.approx(np.diff(np.sort(logits)[-2:])[0])
    assert explanation.base + explanation.parts.sum() == pytest.approx(explanation.total)


def test_an_average_recording_owes_nothing_to_its_tags(head):
    explanation = tag_contributions(head, head.baseline, NAMES, genre=3)
    assert np.allclose(explanation.parts, 0)
    assert explanation.total == pytest.approx(explanation.base)
    assert np.array_equal(explanation.shares(), np.zeros(50))


def test_a_planted_tag_is_found(head):
    features = head.baseline.copy()
    features[7] += 2.0
    features[9] -= 1.0
    explanation = tag_contributions(head, features, NAMES, genre=4)
    strongest = dict(explanation.strongest(2))
    assert strongest["tag 7"] == pytest.approx(2 * head.kernel[7, 4])
    assert strongest["tag 9"] == pytest.approx(-head.kernel[9, 4])
    assert np.abs(explanation.shares()).sum() == pytest.approx(1)


def test_segments_and_base_sum_to_the_recordings_logit(head, patches):
    logits = head.logits(head.features(patches))
    whole = head.logits(head.features(patches).mean(axis=0))
    explanation = segment_contributions(head, logits)
    assert explanation.total == pytest.approx(whole.max())
    assert explanation.base + explanation.parts.sum() == pytest.approx(whole.max())
    lead = segment_contributions(head, logits, genre=2, against=5)
    assert lead.base + lead.parts.sum() == pytest.approx(whole[2] - whole[5])


def test_segments_and_tags_tell_one_story(head, patches):
    features = head.features(patches)
    by_tag = tag_contributions(head, features.mean(axis=0), NAMES, genre=1)
    by_segment = segment_contributions(head, head.logits(features), genre=1)
    assert by_tag.parts.sum() == pytest.approx(by_segment.parts.sum())
    assert by_segment.names[0] == "segment 1"


def test_the_moment_that_speaks_loudest_is_found(head):
    logits = np.tile(head.logits(head.baseline), (5, 1))
    logits[3, 6] += 10
    explanation = segment_contributions(head, logits, genre=6)
    assert explanation.strongest(1) == [("segment 4", pytest.approx(2.0))]
    assert np.allclose(np.delete(explanation.parts, 3), 0)


@pytest.mark.full
def test_a_planted_blob_lights_up():
    """A network that adds up loudness for genre 0: where the blob is, the map is hot."""
    import keras
    from keras import layers

    patches = keras.Input((40, 32))
    x = layers.Reshape((40, 32, 1))(patches)
    x = layers.Conv2D(1, 3, padding="same", activation="relu", name="conv_4")(x)
    pooled = layers.GlobalAveragePooling2D()(x)
    logits = layers.Dense(2, name="genre_logits")(pooled)
    model = keras.Model(patches, {"genre_logits": logits})
    model.get_layer("conv_4").set_weights([np.ones((3, 3, 1, 1)), np.zeros(1)])
    model.get_layer("genre_logits").set_weights([np.array([[1.0, -1.0]]), np.zeros(2)])

    sound = np.zeros((2, 40, 32), np.float32)
    sound[0, 10:15, 20:24] = 1
    heat = grad_cam(model, sound, genre=0)
    assert heat.shape == sound.shape
    assert heat[0].max() == pytest.approx(1)
    assert heat[0, 11:14, 21:23].min() == pytest.approx(1)
    assert heat[0, :9].max() == heat[0, 16:].max() == heat[0, :, :19].max() == 0
    assert heat[1].max() == 0  # nothing to hear, nothing to show
    assert grad_cam(model, sound, genre=1).max() == 0  # loudness speaks against genre 1


@pytest.mark.full
def test_the_map_of_the_real_network_has_the_shape_of_its_patches():
    from ml.families.mel_cnn.config import MelCnnConfig
    from ml.families.mel_cnn.network import build

    config = MelCnnConfig(filters=(2, 2, 4, 4))
    sound = np.random.default_rng(0).uniform(-80, 0, (2, 39, 128)).astype(np.float32)
    heat = grad_cam(build(config), sound, genre=3)
    assert heat.shape == (2, 39, 128)
    assert np.isfinite(heat).all()
    assert heat.min() >= 0
