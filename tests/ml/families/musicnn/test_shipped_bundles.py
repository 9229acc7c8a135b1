"""The bundles of this family that come along."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from ml.families.musicnn.family import load
from ml.networks.musicnn_weights import WHEEL_SHA256
from ml.registry.bundles import SHIPPED
from ml.tensorflow_import import import_tensorflow

WILD = SHIPPED.card("musicnn-wild-1")


@pytest.fixture(scope="module")
def networks():
    import_tensorflow()
    from ml.networks import musicnn  # noqa: F401  registers the layers
    from ml.networks.keras_models import load_model

    return [
        load_model(SHIPPED.card(name).model_path) for name in ("musicnn-gtzan-2", WILD.model_id)
    ]


@pytest.mark.full
def test_they_share_the_backbone_bit_by_bit(networks):
    one, other = networks
    assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]
    for layer in one.layers:
        if layer.name == "genre_logits":
            continue
        pairs = zip(layer.get_weights(), other.get_layer(layer.name).get_weights(), strict=True)
        assert all(np.array_equal(a, b) for a, b in pairs), layer.name
    assert WILD.backbone.sha256 == WHEEL_SHA256


@pytest.mark.full
def test_the_head_of_the_card_is_that_of_the_network(networks):
    kernel, bias = networks[1].get_layer("genre_logits").get_weights()
    assert np.allclose(WILD.head.kernel, kernel, rtol=1e-5, atol=1e-6)
    assert np.allclose(WILD.head.bias, bias, rtol=1e-5, atol=1e-6)


def test_its_detector_refuses_techno_and_not_jazz():
    network = load(WILD, "light")

    def score(**activations: float) -> float:
        tags = np.full((3, 50), 0.02)
        for name, activation in activations.items():
            tags[:, WILD.tags.index(name)] = activation
        return network.ood_score(tags)

    assert score(electronic=0.7, electronica=0.4, House=0.3, dance=0.3) > WILD.ood.threshold
    assert score(jazz=0.9, instrumental=0.4) < WILD.ood.threshold


def test_its_card_holds_both_worlds_and_names_nobody():
    assert WILD.wild.n_tracks == WILD.in_the_wild.n == sum(WILD.wild.tracks_by_genre.values())
    assert WILD.wild.world_weight in (1, 2, 4)
    assert WILD.metrics["gtzan_out_of_fold"].n == WILD.training_data.n_tracks
    assert "place" in WILD.training.cross_validation.scheme
    assert len(WILD.wild.fingerprints) % 8 == 0
    text = json.dumps(json.loads((WILD.folder / "card.json").read_text())["wild"])
    assert '"w0' not in text
    assert '"p0' not in text


def test_it_serves_only_when_asked():
    assert SHIPPED.default_id() == "musicnn-yamnet-1"
    assert zipfile.is_zipfile(WILD.model_path)
