"""What the shipped cards say."""

import json

import pytest

from ml.errors import BundleError
from ml.families.linear_head import LinearHead
from ml.inference.classifier import Classifier
from ml.registry.bundles import SHIPPED, Registry
from ml.registry.card import file_sha256

# What the site's pages read of a card, so that no bundle may lack it.
PAGES = {
    "summary", "trained_on", "measured_by", "examined", "data", "limits", "licences", "metrics",
    "training", "confidence_words", "calibration", "size_bytes", "created", "versions",
}  # fmt: skip


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_a_card_says_what_the_pages_need(model_id):
    card = SHIPPED.card(model_id)
    assert set(card.data) >= PAGES
    assert card.data["size_bytes"] == card.model_path.stat().st_size
    assert card.sha256 == file_sha256(card.model_path)
    scores = card.data["metrics"]["test_filtered"]
    assert scores["n"] == 290
    assert sum(row["n"] for row in scores["reliability"]) == 290
    assert card.data["examined"]["model"] == card.data["measured_by"]
    assert card.data["measured_by"] in SHIPPED.ids()
    words = card.data["confidence_words"]
    assert words[0]["word"] == "quite_sure"
    assert words[0]["right"] >= 0.9
    assert words[-1] | {"from": 0.0, "margin_up_to": 1.0} == words[-1]  # some word always fits


# A mel-cnn has no linear head to tell of.
WITH_HEAD = [i for i in SHIPPED.ids() if SHIPPED.card(i).data["architecture"] == "musicnn"]


@pytest.mark.parametrize("model_id", WITH_HEAD)
def test_the_head_in_the_card_is_the_network_s(model_id):
    card = SHIPPED.card(model_id)
    head = LinearHead.from_dict(card.data["head"])
    kernel, bias = Classifier(card)._model.get_layer("genre_logits").get_weights()
    assert head.kernel == pytest.approx(kernel, rel=1e-4, abs=1e-5)
    assert head.bias == pytest.approx(bias, rel=1e-4, abs=1e-5)
    assert card.data["head"]["features"] == list(card.tags)


def test_a_detector_that_is_not_its_card_s_is_refused(tmp_path):
    card = SHIPPED.card()
    folder = tmp_path / card.model_id
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(card.data))
    (folder / "model.keras").write_bytes(card.model_path.read_bytes())
    (folder / "outside.npz").write_bytes(b"another one")
    with pytest.raises(BundleError, match=r"outside\.npz .* not the one of its card"):
        Classifier(Registry.at(tmp_path).card(card.model_id))


def test_a_card_that_names_no_known_network_cannot_be_read(tmp_path):
    data = SHIPPED.card().data | {"architecture": "lstm"}
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "card.json").write_text(json.dumps(data))
    with pytest.raises(BundleError, match="cannot be read"):
        Registry.at(tmp_path).card("odd")
