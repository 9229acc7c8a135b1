"""What is said in place of a genre: none of the ten, no music, and what it sounds like."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from PIL import Image

from classifier import serving
from classifier.results import wording
from ml.registry.bundles import SHIPPED
from tests.classifier.results.test_explanations import words_of
from tests.sounding import WORDS, with_words

pytestmark = pytest.mark.django_db
CARD = with_words(SHIPPED.card("musicnn-gtzan-2"))
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def refused(make_classification, monkeypatch):
    """A stored answer that names no genre, of a model whose card has words for such."""
    monkeypatch.setattr(serving, "card_of", lambda row: CARD)

    def make(is_music: bool | None, **heard: float):
        return make_classification(
            model_id=CARD.model_id,
            bundle_sha256=CARD.sha256,
            is_outside=True,
            is_music=is_music,
            features=[heard.get(tag, -5.0) for tag in CARD.tags],
        )

    return make


@pytest.mark.parametrize(
    ("is_music", "heard", "headline", "beside", "sentence"),
    [
        (True, {"electronic": 1.0}, "none of the ten", "sounds like techno",
         "none of its ten genres . It sounds like techno ."),
        (None, {}, "none of the ten", "nearest: metal", "or no music at all."),
        (False, {"sad": 1.0}, "no music", "sounds like speech", "It sounds like speech ."),
        (False, {}, "no music", "", "The model hears no music here, so it names no genre. The"),
    ],
)  # fmt: skip
def test_the_page_says_what_it_is(client, refused, is_music, heard, headline, beside, sentence):
    row = refused(is_music, **heard)
    page = words_of(client.get(row.get_absolute_url()))
    assert f" {headline} , {beside}" in page if beside else f" {headline} ," not in page
    assert f" {headline} " in page
    assert sentence in page


def test_the_page_says_how_often_such_words_are_right(client, refused):
    page = words_of(client.get(refused(True, electronic=1.0).get_absolute_url()))
    rate = wording.hit_rate(WORDS[0])
    assert rate.startswith("Of 40 recordings that were said to sound like techno")
    assert f"it was right for 75.0{NBSP}%" in rate
    assert " ".join(rate.split()) in page


def test_of_what_is_no_music_nothing_is_said_that_music_sounds_like(client, refused):
    row = refused(False)
    row.tags = dict.fromkeys(CARD.tags, 0.9)
    row.save()
    assert "It also sounds like" not in words_of(client.get(row.get_absolute_url()))


def test_an_answer_by_other_weights_is_not_given_words(client, refused):
    row = refused(True, electronic=1.0)
    row.bundle_sha256 = "0" * 64
    row.save()
    page = words_of(client.get(row.get_absolute_url()))
    assert "sounds like techno" not in page
    assert "nearest: metal" in page


def test_lists_and_shared_links_say_no_music(client, refused):
    row = refused(False)
    assert wording.shared_title(row) == "No music: Song"
    assert serving.headline(row) == "no music"
    assert "no music" in words_of(client.get(reverse("compare"), {"a": row.public_id}))


def test_exports_and_images_have_the_words(client, refused):
    row = refused(True, electronic=1.0)
    item = client.get(reverse("classification_json", args=[row.public_id])).json()
    assert (item["is_music"], item["sounds_like"]) == (True, "techno")
    csv = b"".join(client.get(reverse("classification_csv", args=[row.public_id]))).decode()
    assert "fact,sounds_like,,,techno" in csv
    with_word = client.get(reverse("share_image", args=[row.public_id])).content
    without = client.get(reverse("share_image", args=[refused(True).public_id])).content
    assert Image.open(io.BytesIO(with_word)).size == (1200, 630)
    assert with_word != without


def test_two_answers_side_by_side_say_what_they_sound_like(client, refused):
    rows = refused(True, electronic=1.0), refused(False, sad=1.0)
    page = client.get(reverse("compare"), {"a": rows[0].public_id, "b": rows[1].public_id})
    words = words_of(page)
    assert "none of the ten sounds like techno" in words
    assert "no music sounds like speech" in words
