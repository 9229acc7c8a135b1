from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.admin import dashboard
from classifier.models import Classification, Correction, Worker

INDEX = reverse("admin:index")


def age(classification, **span) -> None:
    at = timezone.now() - timedelta(**span)
    Classification.objects.filter(pk=classification.pk).update(created_at=at)


def test_days_are_all_there_and_count_what_was_asked_for(make_classification):
    make_classification(), make_classification()
    make_classification(state="failed", error_kind="private")
    age(make_classification(), days=3)
    age(make_classification(), days=dashboard.DAYS + 1)
    days = dashboard.dashboard()["days"]
    assert len(days) == dashboard.DAYS
    assert days[-1]["day"] == timezone.localdate()
    assert (days[-1]["done"], days[-1]["failed"]) == (2, 1)
    assert sum(day["done"] for day in days) == 3
    assert days[-1]["done_y"] == 0  # the highest day fills the drawing
    assert days[-1]["done_height"] + days[-1]["failed_height"] == dashboard.BAR_HEIGHT


def test_failures_and_genres_are_counted_most_first(make_classification):
    for kind in ("private", "blocked", "private"):
        make_classification(state="failed", error_kind=kind)
    make_classification(genre="hiphop"), make_classification(genre="hiphop")
    make_classification(genre="rock")
    make_classification(genre="rock", is_outside=True)
    make_classification(state="failed")  # from before failures had kinds
    board = dashboard.dashboard()
    assert [(row["name"], row["n"]) for row in board["failures"]] == [
        ("YouTube: private", 2),
        ("cause not noted", 1),
        ("YouTube: pointed to an address that is not allowed", 1),
    ]
    assert [(row["name"], row["n"]) for row in board["genres"]] == [
        ("hip-hop", 2),
        ("none of the ten", 1),
        ("rock", 1),
    ]


def test_every_row_leads_to_its_songs(admin_client, make_classification):
    make_classification(state="failed", error_kind="private")
    make_classification(state="failed")
    make_classification(genre="rock")
    make_classification(genre="rock", is_outside=True)
    board = dashboard.dashboard()
    rows = board["failures"] + board["genres"]
    assert len(rows) == 4
    for row in rows:
        url = f"{reverse('admin:classifier_classification_changelist')}?{row['query']}"
        assert url.replace("&", "&amp;") in admin_client.get(INDEX).content.decode()
        assert admin_client.get(url).context["cl"].result_count == row["n"]


def test_days_are_those_of_the_time_zone(make_classification):
    song = make_classification()
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # half past midnight on the 29th in Berlin
    Classification.objects.filter(pk=song.pk).update(created_at=late)
    with timezone.override("Europe/Berlin"):
        days = dashboard.dashboard(late + timedelta(days=1))["days"]
    assert [str(day["day"]) for day in days if day["done"]] == ["2026-03-29"]


def test_agreement_with_staff_and_visitors(make_classification):
    now = timezone.now()
    right = make_classification(genre="rock", reviewed_genre="rock", reviewed_at=now)
    wrong = make_classification(genre="rock", reviewed_genre="pop", reviewed_at=now)
    outside = make_classification(
        genre="rock", is_outside=True, reviewed_genre="none", reviewed_at=now
    )
    for song, genre in ((right, "rock"), (wrong, "pop"), (outside, "rock"), (outside, "none")):
        Correction.objects.create(visitor=genre, classification=song, genre=genre)
    board = dashboard.dashboard()
    assert board["reviews"] == {"agreed": 2, "total": 3, "share": 2 / 3}
    assert board["corrections"] == {"agreed": 2, "total": 4, "share": 0.5}


def test_nothing_yet_is_no_division_by_zero(db):
    board = dashboard.dashboard()
    assert board["reviews"]["share"] is None
    assert board["workers"] == board["waiting"] == 0


def test_staff_see_it_on_the_first_page(admin_client, make_classification):
    make_classification(state="queued")
    make_classification(state="failed", error_kind="age")
    Worker.objects.create(name="a", ready=True)
    Worker.objects.create(name="b")
    text = " ".join(admin_client.get(INDEX).content.decode().split())
    for part in ("How it goes", "1 ready of 2", "YouTube: age-restricted", 'aria-hidden="true"'):
        assert part in text, part
    assert "style=" not in text  # the security policy forbids it


@pytest.mark.django_db
def test_staff_without_the_right_do_not(client):
    client.force_login(User.objects.create_user("s", is_staff=True))
    assert "How it goes" not in client.get(INDEX).content.decode()


def test_it_costs_the_same_queries_however_much_there_is(make_classification):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            dashboard.dashboard()
        return len(queries)

    few = cost()
    for genre in ("rock", "pop", "jazz"):
        make_classification(genre=genre, reviewed_genre=genre, reviewed_at=timezone.now())
    assert cost() == few
