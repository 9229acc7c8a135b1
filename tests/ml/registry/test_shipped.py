"""Every bundle in the repository: whole, small, and honest about whose numbers it shows."""

import pytest

from ml.audio.decode import decode
from ml.data.gtzan import GENRES
from ml.inference.classifier import get_classifier
from ml.registry.bundles import SHIPPED, SHIPPED_FOLDER
from tests.card_data import card_data

CLIP = SHIPPED_FOLDER.parents[1] / "classifier/library/prelude-in-c-bach.mp3"


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_it_answers_and_is_small(model_id):
    classifier = get_classifier(model_id)
    prediction = classifier.predict(decode(CLIP, rate_hz=classifier.rate_hz))
    assert prediction.labels == GENRES
    assert prediction.probabilities.sum() == pytest.approx(1)
    assert prediction.genre == "classical"
    assert sum(path.stat().st_size for path in classifier.card.folder.iterdir()) < 25e6


@pytest.mark.parametrize("model_id", SHIPPED.ids())
def test_its_test_scores_are_its_own_or_its_siblings(model_id):
    card = SHIPPED.card(model_id)
    sibling = SHIPPED.card(card_data(card)["measured_by"])
    assert (
        card_data(card)["metrics"]["test_filtered"]
        == card_data(sibling)["metrics"]["test_filtered"]
    )
    assert (card.model_id == sibling.model_id) == (
        card_data(card)["trained_on"] == "training tracks"
    )
    assert card_data(sibling)["measured_by"] == sibling.model_id


def test_the_one_that_serves_is_measured_itself():
    assert card_data(SHIPPED.card())["measured_by"] == SHIPPED.card().model_id
