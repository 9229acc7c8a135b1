"""Writing cards: what is measured later must find its way into them."""

import json

import pytest

from ml.errors import BundleError
from ml.registry.bundles import SHIPPED, SHIPPED_FOLDER, Registry
from ml.registry.promotion import promote
from ml.registry.writer import check_model_id, save_metrics, save_section
from tests.card_data import card_data


@pytest.fixture
def card(tmp_path):
    """A copy of the shipped card; the network stays where it is."""
    shipped = SHIPPED.card()
    folder = tmp_path / shipped.model_id
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(card_data(shipped)))
    return Registry.at(tmp_path).card(shipped.model_id)


def test_measurements_add_to_what_the_card_says_now(card, tmp_path):
    scores = card_data(card)["metrics"]["test_filtered"]
    speed = {"clip_s": 30.0, "seconds_per_clip": 0.2, "runs": 1, "cores": 2}
    save_metrics(card, "valid_filtered", scores | {"n": 3})
    save_section(card, "speed", speed)  # by the older card in hand
    again = Registry.at(tmp_path).card(card.model_id)
    assert again.metrics["valid_filtered"].n == 3
    assert again.test == card.test
    assert card_data(again)["speed"] == speed
    assert again.head == card.head
    assert [path.name for path in card.folder.iterdir()] == ["card.json"]


def test_a_section_that_is_none_is_refused_and_nothing_is_written(card):
    before = card_data(card)
    with pytest.raises(BundleError, match=r"speed\.clip_s: Field required"):
        save_section(card, "speed", {"seconds_per_clip": 0.2})
    assert card_data(card) == before


def test_rows_of_numbers_are_one_line(card):
    tricky = {"row": [1, -2.5, 3e-7], "words": ["1, 2", "[3]"], "rows": [[1, 2], [3, 4]]}
    training = card_data(card)["training"] | tricky
    save_section(card, "training", training)
    text = (card.folder / "card.json").read_text()
    assert json.loads(text)["training"] == training
    assert "[1, -2.5, 3e-07]" in text
    assert "[1, 2],\n" in text


def test_the_default_is_replaced_in_one_step(tmp_path):
    registry = Registry.at(tmp_path / "own", SHIPPED_FOLDER)
    assert registry.default_id() == SHIPPED.default_id()
    for model_id in ("mel-cnn-gtzan-1", "musicnn-gtzan-2-full"):
        promote(model_id, registry)
        assert registry.default_id() == model_id
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["default.txt"]
    assert SHIPPED.default_id() == "musicnn-yamnet-1"


def test_a_promoted_bundle_that_is_gone_gives_way_to_the_shipped_one(tmp_path):
    (tmp_path / "default.txt").write_text("gone-1\n")
    assert Registry.at(tmp_path, SHIPPED_FOLDER).default_id() == SHIPPED.default_id()
    with pytest.raises(BundleError):
        Registry.at(tmp_path).default_id()


@pytest.mark.parametrize("model_id", ["", "../evil", "Upper", "a b", "x" * 65])
def test_ids_that_would_be_odd_folders_are_refused(model_id):
    with pytest.raises(BundleError, match="no model id"):
        check_model_id(model_id)
