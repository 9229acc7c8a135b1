import pytest

from classifier import serving


@pytest.mark.full
def test_only_models_that_can_answer_are_offered(settings, heavy_model, make_classification, db):
    row = make_classification()
    offered = {card.model_id for card in serving.other_models(row)}
    assert heavy_model in offered  # auto: by Keras, where it is installed
    settings.MODEL_RUNTIME = "light"
    assert {card.model_id for card in serving.other_models(row)} == offered - {heavy_model}
    assert not serving.may_ask(row, heavy_model)
