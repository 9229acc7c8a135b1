"""What is kept of a result page, and what must not be."""

from __future__ import annotations

import pickle
import re
import shutil

import pytest
from django.core.cache import caches
from django.urls import reverse
from django.utils import timezone

from classifier.models import Classification, HistoryEntry
from classifier.results import explanations
from classifier.visitors.identity import SESSION_KEY
from ml.registry.bundles import SHIPPED
from ml.registry.card import read_card_data
from ml.registry.writer import write_card


@pytest.fixture
def explained(monkeypatch) -> list:
    """The answers that were explained anew, in order."""
    found = []
    explain = explanations.explain

    def noted(row, card):
        found.append(row.public_id)
        return explain(row, card)

    monkeypatch.setattr(explanations, "explain", noted)
    return found


def text_of(client, row: Classification) -> str:
    """A page without the tokens of its forms, which are new each time."""
    text = client.get(row.get_absolute_url()).content.decode()
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def test_an_answer_is_explained_once_for_all(
    client, client_factory, make_classification, explained
):
    row = make_classification()
    first = text_of(client, row)
    assert text_of(client_factory(), row) == first
    assert explained == [row.public_id]


def test_every_answer_has_its_own_parts(client, make_classification, explained):
    metal, jazz = make_classification(), make_classification(genre="jazz")
    assert text_of(client, metal) != text_of(client, jazz)
    assert explained == [metal.public_id, jazz.public_id]


def test_an_answer_given_anew_is_shown_anew(client, make_classification):
    row = make_classification()
    assert "jazz" not in text_of(client, row).split('id="odds-title"')[1].split("<details")[0]
    row.genre, row.probabilities = "jazz", {"jazz": 0.9, "metal": 0.1}
    row.finished_at = timezone.now()
    row.save()
    assert "jazz" in text_of(client, row).split('id="odds-title"')[1].split("<details")[0]


def test_a_model_that_was_scored_anew_is_shown_anew(
    client, make_classification, settings, tmp_path
):
    settings.MODELS_DIR = tmp_path
    folder = tmp_path / SHIPPED.default_id()
    shutil.copytree(SHIPPED.card().folder, folder)
    row = make_classification(genre="blues")
    assert "97 recordings by artists" not in text_of(client, row)
    data = read_card_data(folder)
    data["metrics"]["test_filtered"]["n"] = 97
    write_card(folder, data)
    assert "97 recordings by artists" in text_of(client, row)


def test_corrections_and_titles_are_never_kept(client, make_classification):
    row = make_classification()
    before = text_of(client, row)
    client.post(reverse("correct", args=[row.public_id]), {"genre": "jazz"})
    assert "You say: <strong" in text_of(client, row)
    client.post(reverse("uncorrect", args=[row.public_id]))
    assert "You say: <strong" not in text_of(client, row)
    Classification.objects.update(title="Another title", artist="Another band")
    after = text_of(client, row)
    assert "Another title" in after
    assert "Another band" in after
    assert "Another title" not in before


def test_nothing_of_a_visitor_is_in_the_cache(client, make_classification):
    row = make_classification(source="upload", source_id="a" * 64, title="")
    session = client.session
    session[SESSION_KEY] = "me"
    session.save()
    HistoryEntry.objects.create(
        visitor="me", classification=row, title="secret demo.wav", start_s=7
    )
    assert "secret demo.wav" in text_of(client, row)
    (kept,) = [pickle.loads(value) for value in caches["answers"]._cache.values()]
    assert set(kept) == {"beside", "odds", "timeline", "why"}
    whole = "".join(kept.values())
    assert "The odds" in whole
    for private in ("secret demo.wav", "a" * 64, "csrfmiddlewaretoken", "correction"):
        assert private not in whole


def test_a_deleted_answer_is_gone_though_parts_of_it_are_kept(client, make_classification):
    row = make_classification()
    text_of(client, row)
    url = row.get_absolute_url()
    row.delete()
    assert client.get(url).status_code == 404


def test_an_answer_of_a_model_that_was_removed_is_shown(client, make_classification):
    row = make_classification(model_id="long-gone-1")
    assert text_of(client, row) == text_of(client, row)
    assert "The odds" in text_of(client, row)
