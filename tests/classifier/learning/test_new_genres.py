"""Genres that the shipped model does not know: named by staff, learned, and on every page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from classifier import serving
from classifier.models import Classification, HistoryEntry, LearningTask, Verdict
from tests.made_up_music import BASE_ID, music

SITE_1 = f"{BASE_ID}-site-1"
NEW = {"phonk": "phonk", "Islamic recitation & song": "chant & prayer"}


@pytest.fixture
def two_new(lesson, answered, judge):
    """Staff have named two kinds that were taken for others or refused."""
    for kind, label in NEW.items():
        judge(answered(music(kind, 40), f"of {label}"), label)


@pytest.fixture
def visit(staff):
    client = Client()
    client.force_login(staff)
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_a_model_of_twelve_genres_serves_every_page(two_new, answered, manage, visit):
    for kind, label in NEW.items():
        answered(music(kind, 10, seed=9), f"later {label}")
    said = manage("learn")
    for label in NEW.values():
        assert f"passed  Tells {label} apart. Of 40 recordings of {label}, " in said
    failed = [line for line in said.splitlines() if "FAILED" in line]
    assert [line.split("  ")[-1][:19] for line in failed] in ([], ["Leaves most answers"])
    card = serving.registry().card(SITE_1)
    assert card.labels == (*serving.registry().card(BASE_ID).labels, "chant & prayer", "phonk")
    assert card.metrics == {}

    manage("promote_model", SITE_1, "--reason", "two new genres")
    manage("reclassify")
    for label in NEW.values():
        rows = Classification.objects.filter(model_id=SITE_1, title__startswith=f"later {label}")
        assert rows.filter(genre=label, is_outside=False).count() >= 8
        row = rows.filter(genre=label, is_outside=False).first()
        HistoryEntry.objects.create(visitor="me", classification=row)
        session = visit.session
        session["visitor"] = "me"
        session.save()
        page = text_of(visit.get(row.get_absolute_url()))
        words = label.replace("&", "&amp;")
        assert f"Why {words}?" in page
        assert "All 12 genres" in page
        assert words in text_of(visit.get(reverse("history")))
        for name in ("share_image", "classification_json", "classification_csv"):
            assert visit.get(reverse(name, args=[row.public_id])).status_code == 200
        assert label in visit.get(reverse("history_csv")).getvalue().decode()
        admin = reverse("admin:classifier_classification_change", args=[row.pk])
        assert words in text_of(visit.get(admin))
        assert f'value="{words}"' in text_of(
            visit.get(
                reverse("admin:classifier_review", args=["doubtful"]) + f"?song={row.public_id}"
            )
        )
    refused = Classification.objects.filter(model_id=SITE_1, is_outside=True).first()
    assert "none of the twelve" in text_of(visit.get(refused.get_absolute_url()))
    for name in ("home", "how_it_works", "about", "models", "privacy", "compare"):
        assert visit.get(reverse(name)).status_code == 200
    page = text_of(visit.get(reverse("model", args=[SITE_1])))
    assert "phonk 40" in page
    for name in ("classifier_learning", "classifier_how_good", "index"):
        assert visit.get(reverse(f"admin:{name}")).status_code == 200
    assert visit.get(reverse("admin:classifier_candidate", args=[SITE_1])).status_code == 200


def test_a_genre_that_cannot_be_told_apart_fails_its_gate(lesson, answered, judge, manage, refused):
    judge(answered(music("folk & acoustic", 40), "songs"), "folk")
    said = manage("learn")
    assert "FAILED  Tells folk apart." in said
    assert "The others are most often taken for rock." in said
    assert refused("promote_model", SITE_1).startswith(f"{SITE_1} fails ")


def test_too_few_of_a_genre_wait_until_there_are_more(lesson, answered, judge, manage, visit):
    judge(answered(music("phonk", 19), "few"), "phonk")
    manage("learn")
    assert serving.registry().card(SITE_1).labels[10:] == ()
    page = text_of(visit.get(reverse("admin:classifier_learning")))
    assert "19 of phonk, of which 20 by 8 artists are needed" in page


def test_a_later_generation_may_know_more_genres(two_new, answered, judge, manage):
    manage("learn")
    manage("promote_model", SITE_1, "--reason", "two new genres")
    judge(answered(music("electronic dance", 40), "club"), "club")
    manage("learn")
    assert serving.registry().card(f"{BASE_ID}-site-2").labels[10:] == (
        "chant & prayer", "club", "phonk",
    )  # fmt: skip
    found = LearningTask.objects.first().found
    assert found["against"] == SITE_1
    assert {g["key"] for g in found["gates"]} >= {"genre club", "genre phonk"}


def test_staff_name_a_genre_in_the_queue_and_it_is_offered_from_then_on(answered, visit):
    first, second = answered(music("phonk", 2), "song")
    queue = reverse("admin:classifier_review", args=["doubtful"])

    def name(row, genre: str):
        page = visit.get(f"{queue}?song={row.public_id}")
        seen = page.context["seen"]
        return visit.post(
            queue, {"song": row.public_id, "seen": seen, "said": "other", "other": genre}
        )

    for nonsense in ("", "   ", "none", "x" * 33, "\0", "...", "unknown"):
        page = name(first, nonsense)
        assert page.status_code == 409
        assert "Please name the genre" in text_of(page)
    assert not Verdict.objects.exists()
    assert name(first, "  Drift   PHONK ").status_code == 302
    assert Verdict.objects.get().label == "drift phonk"
    page = text_of(visit.get(f"{queue}?song={second.public_id}"))
    assert 'value="drift phonk"' in page
    form = visit.get(reverse("admin:classifier_classification_change", args=[second.pk]))
    assert ("drift phonk", "drift phonk") in form.context["adminform"].form.fields[
        "reviewed_genre"
    ].choices
    assert name(second, "Hip-Hop").status_code == 302
    assert set(Verdict.objects.values_list("label", flat=True)) == {"drift phonk", "hiphop"}
