"""A model of twelve other genres on every page: they are offered, coloured and counted."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from django.urls import reverse
from PIL import Image

from classifier import palette, serving
from classifier.models import Classification, Correction, HistoryEntry
from ml.data.gtzan import GENRES
from tests import twelve_genres
from tests.twelve_genres import LABELS, MODEL_ID

# What is said of the shipped model alone.
OF_TEN = re.compile(
    r"\b(none|one|nearest|whichever|each) of the ten\b|\bten (sums|other )?genres\b|\b10 genres\b"
    r"|\bThe ten sums\b|\b10 (sums|shares)\b",
    re.IGNORECASE,
)
ALL = {"none of the twelve", *LABELS}


@pytest.fixture(autouse=True)
def _twelve_genres(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    settings.MODELS_DIR.mkdir()
    settings.MODEL_ID = ""
    twelve_genres.install(settings.MODELS_DIR)
    assert serving.card().labels == LABELS


@pytest.fixture
def make(make_classification, me):
    """An answer of the model of twelve genres, in the visitor's own history."""

    def make_row(genre: str = "techno", **values) -> Classification:
        row = make_classification(**twelve_genres.answer(genre) | values)
        HistoryEntry.objects.create(visitor="me", classification=row)
        return row

    return make_row


def read(client, url: str, *, status: int = 200) -> str:
    """The text of a page, which says nothing of ten genres."""
    response = client.get(url)
    assert response.status_code == status, url
    text = text_of(response.content.decode())
    assert not OF_TEN.search(text), OF_TEN.search(text)
    return text


def text_of(html: str) -> str:
    shown = " ".join(re.findall(r'(?:content|aria-label|alt|title)="([^"]*)"', html))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html) + shown).split())


def classes_of(html: str) -> set[str]:
    return set(re.findall(r"\bgenre-(?!name|tag|list|none)[\w-]+", html))


def options_of(html: str, name: str) -> list[str]:
    select = re.search(rf'<select[^>]*name="{name}".*?</select>', html, re.DOTALL)[0]
    return [unescape(value) for value in re.findall(r'<option value="([^"]*)"', select)]


def test_the_home_page_offers_them(client, db):
    text = read(client, "/")
    assert "says which of twelve genres it hears" in text
    assert "It knows twelve genres, and sometimes it is wrong." in text
    html = client.get("/").content.decode()
    listed = re.findall(r'class="genre-tag (genre-[\w-]+)" [^>]+>([^<]+)<', html)
    assert [unescape(name) for _, name in listed] == list(LABELS)
    assert len({slot for slot, _ in listed}) == len(LABELS)
    assert {slot.removeprefix("genre-") for slot, _ in listed} <= palette.slots().keys()


def test_a_result(client, make):
    row = make()
    text = read(client, row.get_absolute_url())
    for sentence in (
        "The percentages are shares among twelve genres", "All 12 genres",
        "The model hears fifty tags", "Why techno?", "gave that answer, sure or not, 25 times",
    ):  # fmt: skip
        assert sentence in text
    html = client.get(row.get_absolute_url()).content.decode()
    assert options_of(html, "genre") == ["", *LABELS, "none"]
    assert len(classes_of(html)) == len(LABELS)
    assert classes_of(html).isdisjoint(f"genre-{label}" for label in GENRES)
    assert f"sleeves.svg#{palette.sleeve(serving.genre_slot('techno'))}" in html


def test_an_answer_that_is_none_of_them(client, make):
    text = read(client, make(is_outside=True).get_absolute_url())
    for sentence in (
        "none of its twelve genres", "Techno is only the nearest of the twelve",
        "which all belong to one of the twelve", "The nearest of the twelve, if it had to choose",
        "None of the twelve: Song", "none of the twelve, nearest: techno",
    ):  # fmt: skip
        assert sentence in text.replace(" , ", ", ")


@pytest.mark.parametrize("state", ["queued", "fetching", "listening", "failed"])
def test_while_there_is_no_answer(client, make, state):
    row = make(state=state, genre="", probabilities={}, segments=[])
    read(client, row.get_absolute_url())
    read(client, reverse("status", args=[row.public_id]))


def test_two_answers_side_by_side(client, make, make_classification):
    one, other = make("salsa"), make("raga", is_outside=True)
    text = read(client, f"{reverse('compare')}?a={one.public_id}&b={other.public_id}")
    assert "none of the twelve nearest: raga" in text
    assert "The nearest of the twelve, if it had to choose" in text
    assert "salsa" in read(client, f"{reverse('compare')}?a={one.public_id}")
    ten = make_classification(is_outside=True)
    html = client.get(f"{reverse('compare')}?a={one.public_id}&b={ten.public_id}").content.decode()
    assert "none of the ten nearest: metal" in text_of(html)


def test_a_history_and_its_filter(client, make, make_classification):
    make("drum & bass"), make("fado"), make("polka", is_outside=True)
    ten = make_classification(is_outside=True)
    assert "none of the twelve" in read(client, reverse("history"))
    HistoryEntry.objects.create(visitor="me", classification=ten)
    html = client.get(reverse("history")).content.decode()
    assert "none of the ten" in html  # of the shipped model
    assert options_of(html, "genre") == ["", *LABELS, *GENRES, "none"]
    assert ">none of the genres</option>" in html
    html = client.get(reverse("history"), {"genre": "drum & bass"}).content.decode()
    assert html.count('<li class="history-entry') == 1
    assert client.get(reverse("history"), {"genre": "none"}).content.count(b"<li class=") >= 2
    assert client.get(reverse("history"), {"genre": "zouk"}).status_code == 400
    for name in ("history_csv", "history_json"):
        response = client.get(reverse(name), {"genre": "drum & bass"})
        assert b"drum & bass" in b"".join(response.streaming_content)


@pytest.mark.parametrize(("genre", "words"), [("salsa", "salsa"), ("none", "none of the twelve")])
def test_a_correction(client, make, genre, words):
    row = make()
    url = reverse("correct", args=[row.public_id])
    html = client.post(url, {"genre": genre}, follow=True).content.decode()
    assert f"Thank you. You say: {words}." in html
    assert Correction.objects.get().genre == genre
    assert f"You say: {words} . Thank you; people" in read(client, row.get_absolute_url())
    assert f"You say: {words}" in read(client, reverse("history"))
    html = client.post(url, {"genre": "blues"}, follow=True).content.decode()
    assert "Choose one of the twelve genres, or none of them." in html


def test_the_pages_about_models(client, db):
    assert MODEL_ID in read(client, reverse("models"))
    text = read(client, reverse("model", args=[MODEL_ID]))
    assert "as none of its 12 genres" in text
    assert "A collection of twelve" in text
    html = client.get(reverse("model", args=[MODEL_ID])).content.decode()
    assert len(classes_of(html)) == len(LABELS)
    assert "of GTZAN" not in text


def test_how_it_works_counts_them_and_tells_of_gtzan_what_is_true(client, db):
    response = client.get(reverse("how_it_works"))
    text = text_of(response.content.decode())
    for sentence in (
        "From fifty tags to twelve genres", "The twelve sums, called logits",
        "12 sums of points", "12 shares of 100 %", "None of the twelve", "“none of the twelve”",
        "A classifier of twelve genres", "whichever of the twelve it resembles",
        "It knows bossa nova, cumbia, drum & bass, fado,",
    ):  # fmt: skip
        assert sentence in text, sentence
    own = "The model that comes with this site learned ten genres from GTZAN"
    assert own in text
    assert not OF_TEN.search(text.replace(own, ""))
    for sentence in (
        "The ten genres come from",
        "We use the split",
        "No score on GTZAN",
        "2002. What",
    ):
        assert sentence not in text
    used = {name.removeprefix("genre-") for name in classes_of(response.content.decode())}
    assert used <= palette.slots().keys()


@pytest.mark.parametrize(
    "path", ["/about/", "/privacy/", "/search/?q=blues", "/search/?q=x", "/404/"]
)
def test_the_other_pages(client, db, path):
    text = read(client, path, status=404 if path == "/404/" else 200)
    assert "It knows twelve genres" in text
    if path == "/about/":
        assert "Twelve genres, no more." in text
        assert "the clips the model that comes with it learned them from: GTZAN" in text


def test_an_answer_as_data(client, make):
    row = make("ska")
    item = client.get(reverse("classification_json", args=[row.public_id])).json()
    assert item["genre"] == "ska"
    assert set(item["probabilities"]) == set(LABELS)
    assert all(list(segment["probabilities"]) == list(LABELS) for segment in item["segments"])
    response = client.get(reverse("classification_csv", args=[row.public_id]))
    lines = b"".join(response.streaming_content).decode().splitlines()
    assert [line for line in lines if line.startswith("probability,ska,")]
    assert not [line for line in lines if line.split(",")[1] in GENRES and "tag," not in line]


@pytest.mark.parametrize("values", [{}, {"is_outside": True}])
def test_the_share_image_has_the_colours_of_the_page(client, make, values):
    row = make("highlife", **values)
    png = client.get(reverse("share_image", args=[row.public_id])).content
    drawn = {colour for _, colour in Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 20)}
    colour = tuple(bytes.fromhex(serving.genre_colour("highlife").light[1:]))
    assert colour in drawn


def test_the_pages_of_staff(admin_client, make):
    row, none = make("gospel"), make("tango", is_outside=True)
    Correction.objects.create(visitor="you", classification=row, genre="none")
    Correction.objects.create(visitor="you", classification=none, genre="fado")
    overview = read(admin_client, reverse("admin:index"))
    assert "none of the genres 1" in overview
    assert "gospel 1" in overview
    listed = reverse("admin:classifier_classification_changelist")
    text = read(admin_client, listed)
    for words in (
        "none of the twelve nearest: tango", "none of the twelve (1 of 1)", "fado (1 of 1)",
        "Mark as none of the genres", "By none of the genres", *LABELS,
    ):  # fmt: skip
        assert words in text
    assert "gospel" in read(admin_client, f"{listed}?genre=gospel")
    change = reverse("admin:classifier_classification_change", args=[row.pk])
    html = admin_client.get(change).content.decode()
    assert options_of(html, "reviewed_genre") == ["", *LABELS, "none", "unknown"]
    assert "none of the twelve" in read(admin_client, change)
    assert classes_of(html).isdisjoint(f"genre-{label}" for label in GENRES)
    assert len(classes_of(html)) == len(LABELS)


def test_a_review(admin_client, make):
    row, other = make("gospel"), make("tango")
    change = reverse("admin:classifier_classification_change", args=[row.pk])
    form = {"reviewed_genre": "polka", "entries-TOTAL_FORMS": 0, "entries-INITIAL_FORMS": 0}
    assert admin_client.post(change, form).status_code == 302
    listed = reverse("admin:classifier_classification_changelist")
    action = {"action": "mark_none", "_selected_action": [other.pk]}
    text = text_of(admin_client.post(listed, action, follow=True).content.decode())
    assert "1 marked as none of the genres." in text
    assert "it is polka" in text
    assert "it is none of the twelve" in text
    assert not OF_TEN.search(text)


def test_the_review_queue_has_buttons_for_all_of_them(admin_client, make):
    make("gospel")
    page = admin_client.get(reverse("admin:classifier_review", args=["doubtful"]))
    html = page.content.decode()
    said = [unescape(value) for value in re.findall(r'name="said" value="([^"]+)"', html)]
    assert said == [*LABELS, "none", "unknown", "skip", "other"]
    assert "none of the twelve" in html
    keys = re.findall(r'data-key="(.)"', html)
    assert len(keys) == len(set(keys))
