import pytest

from classifier import serving
from ml.registry.bundles import Registry


@pytest.mark.full
def test_only_models_that_can_answer_are_offered(settings, heavy_model, make_classification, db):
    row = make_classification()
    offered = {card.model_id for card in serving.other_models(row)}
    assert heavy_model in offered  # auto: by Keras, where it is installed
    settings.MODEL_RUNTIME = "light"
    assert {card.model_id for card in serving.other_models(row)} == offered - {heavy_model}
    assert not serving.may_ask(row, heavy_model)


def test_a_page_looks_for_models_once_and_everything_else_each_time(monkeypatch):
    looked = []
    card = Registry.card

    def counted(self, model_id=None):
        looked.append(model_id)
        return card(self, model_id)

    monkeypatch.setattr(Registry, "card", counted)
    serving._begin()
    assert serving.card() is serving.card()
    assert len(looked) == 1
    serving._end()
    serving.card()
    serving.card()
    assert len(looked) == 3
    serving._begin()  # the next page sees what was promoted meanwhile
    serving.card()
    serving._end()
    assert len(looked) == 4


def test_pages_do_so(client, db, monkeypatch):
    begun = []
    card = Registry.card
    monkeypatch.setattr(
        Registry,
        "card",
        lambda self, *ids: begun.append(hasattr(serving._request, "found")) or card(self, *ids),
    )
    client.get("/about/")
    assert begun
    assert all(begun)
    assert not hasattr(serving._request, "found")
