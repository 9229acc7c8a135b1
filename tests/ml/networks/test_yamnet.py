"""YAMNet as it is rebuilt, against what the published file answers.

The golden file holds logits that TensorFlow Lite computed from the published file with its 8-bit
activations; `python -m scripts.experiments.yamnet_parity --golden` makes it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.networks.musicnn_weights import TAGS
from ml.networks.yamnet_classes import MUSIC, class_names, tags_of
from ml.networks.yamnet_weights import FILE, load_yamnet, verify_weights
from ml.registry.bundles import SHIPPED_FOLDER
from tests.ml.demo_tracks import DEMO_TRACKS

pytestmark = pytest.mark.full

GOLDEN = Path(__file__).parents[2] / "golden/yamnet_tflite.npz"
WEIGHTS = sorted(SHIPPED_FOLDER.glob(f"*/{FILE}"))
PATCH = 15_600  # samples that the published file takes


@pytest.fixture(scope="module")
def network():
    return load_yamnet(WEIGHTS[0])


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.parent.name)
def test_every_bundle_has_the_same_weights(path):
    verify_weights(path)


def test_its_logits_are_those_of_the_published_file(network):
    front_end = YamnetFrontEnd()
    with np.load(GOLDEN) as golden:
        rows = list(zip(golden["track"], golden["start"], golden["logits"], strict=True))
    assert [name for name, _, _ in rows] == [path.stem for path in DEMO_TRACKS]
    for path, (_, start, published) in zip(DEMO_TRACKS, rows, strict=True):
        samples = decode(path, rate_hz=16_000)[start : start + PATCH]
        logits = network.predict_on_batch(front_end.patches(samples)[0])[0]
        assert np.corrcoef(logits, published)[0, 1] > 0.998
        assert np.median(np.abs(logits - published)) < 0.35  # one step of its logits


def test_it_has_as_many_parameters_as_a_card_counts(network):
    from ml.networks.yamnet import N_PARAMETERS  # TensorFlow: only where it is used

    assert network.count_params() == N_PARAMETERS


def test_it_hears_music_in_music_and_not_in_noise(network):
    front_end = YamnetFrontEnd()
    music = decode(DEMO_TRACKS[0], rate_hz=16_000)[: 16_000 * 5]
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 5).astype(np.float32)
    heard = [
        class_names()[network.predict_on_batch(front_end.patches(s)[0]).mean(axis=0).argmax()]
        for s in (music, noise, np.zeros(16_000 * 5, np.float32))
    ]
    assert heard[0] == "Music"
    assert heard[1] in ("White noise", "Pink noise", "Static", "Noise")
    assert heard[2] == "Silence"


def test_there_is_a_name_for_each_output_and_no_tag_twice(network):
    names = class_names()
    assert len(names) == network.output_shape[1] == 521
    assert (names[MUSIC[0]], names[MUSIC[-1]], len(MUSIC)) == ("Music", "Scary music", 145)
    tags = [tag.lower() for tag in (*TAGS, *tags_of(range(521)))]
    assert len(set(tags)) == len(tags)
    assert tags_of([212, 139, 239]) == ("hip hop music", "steel guitar", "electronica music")
