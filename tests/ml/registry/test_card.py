"""What the shipped cards say."""

import json
import shutil

import pytest

from ml.errors import BundleError
from ml.families.base import family_of, linear_head_of
from ml.heads.linear_head import LinearHead
from ml.inference.classifier import Classifier
from ml.networks.keras_models import load_model
from ml.registry.bundles import SHIPPED, Registry
from ml.registry.card import file_sha256
from tests.card_data import card_data

# What the site's pages read of a card, so that no bundle may lack it.
PAGES = {
    "summary", "trained_on", "measured_by", "examined", "data", "limits", "licences", "metrics",
    "training", "confidence_words", "calibration", "size_bytes", "created", "versions",
}  # fmt: skip


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_a_card_says_what_the_pages_need(model_id):
    card = SHIPPED.card(model_id)
    assert set(card_data(card)) >= PAGES
    networks = [card.model_path, *([card.yamnet_path] if card.yamnet else [])]
    assert card_data(card)["size_bytes"] == sum(path.stat().st_size for path in networks)
    assert card.sha256 == file_sha256(card.model_path)
    scores = card_data(card)["metrics"]["test_filtered"]
    assert scores["n"] == 290
    assert sum(row["n"] for row in scores["reliability"]) == 290
    assert card_data(card)["examined"]["model"] == card_data(card)["measured_by"]
    assert card_data(card)["measured_by"] in SHIPPED.ids()
    words = card_data(card)["confidence_words"]
    assert words[0]["word"] == "quite_sure"
    # Where the wild judged the words, the share is what was found on places that did not set them,
    # and lower than the one that a level was set by.
    assert words[0]["right"] >= (0.85 if card.wild else 0.9)
    assert words[-1] | {"from": 0.0, "margin_up_to": 1.0} == words[-1]  # some word always fits


# A mel-cnn has no linear head to tell of.
WITH_HEAD = [i for i in SHIPPED.ids() if SHIPPED.card(i).head]


@pytest.mark.full
@pytest.mark.parametrize("model_id", WITH_HEAD)
def test_the_head_in_the_card_is_the_network_s(model_id):
    card = SHIPPED.card(model_id)
    head = LinearHead.from_card(card.head)
    model = load_model(card.model_path)
    kernel, bias = model.get_layer("genre_logits").get_weights()
    assert head.kernel == pytest.approx(kernel, rel=1e-4, abs=1e-5)
    assert head.bias == pytest.approx(bias, rel=1e-4, abs=1e-5)
    assert card_data(card)["head"]["features"] == list(card.tags)


def test_a_detector_that_is_not_its_card_s_is_refused(tmp_path):
    card = SHIPPED.card()
    folder = tmp_path / card.model_id
    shutil.copytree(card.folder, folder)
    (folder / "outside.npz").write_bytes(b"another one")
    with pytest.raises(BundleError, match=r"outside\.npz .* not the one of its card"):
        Classifier(Registry.at(tmp_path).card(card.model_id))


@pytest.fixture
def changed_card(tmp_path):
    """Write a copy of the shipped card with some values changed; give its registry."""

    def write(**values) -> Registry:
        folder = tmp_path / "odd"
        folder.mkdir(exist_ok=True)
        data = card_data(SHIPPED.card()) | {"model": "odd"} | values
        (folder / "card.json").write_text(json.dumps(data))
        return Registry.at(tmp_path)

    return write


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"colour": "red"}, "colour: Extra inputs"),
        ({"labels": ["rock", "rock"]}, "two labels are the same"),
        ({"labels": ["rock", "pop"]}, "a column a label"),
        ({"tag_means": [0.1]}, "a number a tag"),
        ({"calibration": {"temperature": 0}}, "calibration.temperature"),
        ({"sha256": "none"}, "sha256"),
    ],
)
def test_what_is_wrong_with_a_card_is_named(changed_card, values, sentence):
    registry = changed_card(**values)
    with pytest.raises(BundleError, match=sentence):
        registry.card("odd")
    assert registry.cards() == []


def test_a_card_is_read_anew_once_its_file_has_changed(changed_card):
    assert changed_card(summary="one").card("odd").summary == "one"
    assert changed_card(summary="two").card("odd").summary == "two"


def test_a_bundle_of_an_unknown_family_is_shown_and_not_used(changed_card):
    card = changed_card(architecture="lstm").card("odd")
    with pytest.raises(BundleError, match="no model family 'lstm': there is musicnn or mel-cnn"):
        family_of(card)
    assert linear_head_of(card) is None
