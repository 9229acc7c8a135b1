"""Writing cards: what is measured later must find its way into them."""

import json

import pytest

from ml.errors import BundleError
from ml.registry.card import default_model_id, read_card
from ml.registry.writer import check_model_id, promote, save_metrics, save_section


@pytest.fixture
def card(tmp_path):
    """A copy of the shipped card; the network stays where it is."""
    shipped = read_card()
    folder = tmp_path / shipped.model_id
    folder.mkdir()
    (folder / "card.json").write_text(json.dumps(shipped.data))
    return read_card(shipped.model_id, tmp_path)


def test_measurements_add_to_what_the_card_says_now(card, tmp_path):
    save_metrics(card, "valid_filtered", {"n": 3})
    save_section(card, "speed", {"seconds_per_clip": 0.2})  # by the older card in hand
    again = read_card(card.model_id, tmp_path)
    assert again.data["metrics"]["valid_filtered"] == {"n": 3}
    assert again.data["metrics"]["test_filtered"] == card.data["metrics"]["test_filtered"]
    assert again.data["speed"] == {"seconds_per_clip": 0.2}
    assert again.data["head"] == card.data["head"]
    assert not list(card.folder.glob("*.partial"))


def test_rows_of_numbers_are_one_line(card):
    tricky = {"row": [1, -2.5, 3e-7], "words": ["1, 2", "[3]"], "rows": [[1, 2], [3, 4]]}
    save_section(card, "tricky", tricky)
    text = (card.folder / "card.json").read_text()
    assert json.loads(text)["tricky"] == tricky
    assert "[1, -2.5, 3e-07]" in text
    assert "[1, 2],\n" in text


def test_the_default_is_replaced_in_one_step(tmp_path):
    promote("one", tmp_path)
    promote("two", tmp_path)
    assert default_model_id(tmp_path) == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["default.txt"]


@pytest.mark.parametrize("model_id", ["", "../evil", "Upper", "a b", "x" * 65])
def test_ids_that_would_be_odd_folders_are_refused(model_id):
    with pytest.raises(BundleError, match="no model id"):
        check_model_id(model_id)
