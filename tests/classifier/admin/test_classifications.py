import re
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from classifier.admin import changelist
from classifier.admin.classifications import ClassificationAdmin
from classifier.models import Classification, Correction, HistoryEntry, Spectrogram
from classifier.results import explanations
from classifier.review import verdicts

PLANS_OF_SQLITE = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="the plan of a query is told in SQLite's words"
)
LIST = reverse("admin:classifier_classification_changelist")


@pytest.fixture
def songs(make_classification):
    return [
        make_classification(title="Alpha", genre="jazz"),
        make_classification(title="Beta", genre="rock", reviewed_genre="rock"),
        make_classification(title="Gamma", genre="rock", reviewed_genre="metal"),
    ]


def test_visitors_are_sent_to_the_login(client, db):
    assert client.get(LIST).status_code == 302


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, {"Alpha", "Beta", "Gamma"}),
        ({"genre": "rock"}, {"Beta", "Gamma"}),
        ({"review": "open"}, {"Alpha"}),
        ({"review": "agreed"}, {"Beta"}),
        ({"review": "corrected"}, {"Gamma"}),
        ({"q": "alph"}, {"Alpha"}),
        ({"state": "failed"}, set()),
    ],
)
def test_staff_list_filter_and_search(admin_client, songs, query, titles):
    response = admin_client.get(LIST, query)
    assert response.status_code == 200
    assert {obj.title for obj in response.context["cl"].queryset} == titles


def test_staff_correct_a_genre_and_nothing_else(admin_client, admin_user, songs):
    song = songs[0]
    HistoryEntry.objects.create(visitor="v", classification=song, title="file.mp3")
    url = reverse("admin:classifier_classification_change", args=[song.pk])
    page = page_of(admin_client, song)
    assert "91.0 %" in page
    assert "file.mp3" in page
    response = admin_client.post(
        url,
        {
            "reviewed_genre": "blues",
            "genre": "pop",
            "title": "Renamed",
            "entries-TOTAL_FORMS": 0,
            "entries-INITIAL_FORMS": 0,
        },
    )
    assert response.status_code == 302
    song.refresh_from_db()
    assert (song.reviewed_genre, song.genre, song.title) == ("blues", "jazz", "Alpha")
    assert song.reviewed_by == admin_user
    assert song.reviewed_at is not None


def test_staff_confirm_many_at_once(admin_client, songs):
    pks = [song.pk for song in songs]
    admin_client.post(LIST, {"action": "confirm", "_selected_action": pks}, follow=True)
    for song in songs:
        song.refresh_from_db()
        assert song.reviewed_genre == song.genre


def said(song, *genres: str) -> None:
    for i, genre in enumerate(genres):
        Correction.objects.create(visitor=f"v{i}", classification=song, genre=genre)


def act(admin_client, action: str, songs):
    pks = [song.pk for song in songs]
    return admin_client.post(LIST, {"action": action, "_selected_action": pks}, follow=True)


@pytest.mark.parametrize(
    ("value", "titles"), [("any", {"Alpha", "Beta"}), ("other", {"Alpha"}), ("no", {"Gamma"})]
)
def test_staff_find_what_visitors_corrected(admin_client, songs, value, titles):
    said(songs[0], "jazz", "blues")
    said(songs[1], "rock")
    response = admin_client.get(LIST, {"corrections": value})
    assert {obj.title for obj in response.context["cl"].queryset} == titles


def test_who_says_none_of_the_ten_agrees_with_a_model_that_says_so(
    admin_client, make_classification
):
    said(make_classification(title="Agreed", is_outside=True), "none")
    said(make_classification(title="Contradicted", is_outside=True, genre="rock"), "rock")
    response = admin_client.get(LIST, {"corrections": "other"})
    assert {obj.title for obj in response.context["cl"].queryset} == {"Contradicted"}


def test_the_list_says_what_visitors_say_in_few_queries(admin_client, songs, make_classification):
    said(songs[0], "blues", "blues", "pop")
    said(songs[1], "none", "pop")
    with CaptureQueriesContext(connection) as few:
        page = admin_client.get(LIST).content.decode()
    assert "blues (2 of 3)" in page
    assert "divided (2)" in page
    for _ in range(5):
        said(make_classification(), "hiphop")
    with CaptureQueriesContext(connection) as many:
        assert "hip-hop (1 of 1)" in admin_client.get(LIST).content.decode()
    assert len(many) == len(few)


def test_staff_accept_what_most_visitors_say(admin_client, admin_user, songs):
    said(songs[0], "blues", "blues", "pop")
    said(songs[1], "none", "pop")
    response = act(admin_client, "accept_corrections", songs)
    assert "1 accepted. 2 left alone" in response.content.decode()
    for song in songs:
        song.refresh_from_db()
    assert [song.reviewed_genre for song in songs] == ["blues", "rock", "metal"]
    assert songs[0].reviewed_by == admin_user
    assert songs[0].reviewed_at is not None


def test_staff_mark_many_as_none_and_clear_them(admin_client, songs):
    act(admin_client, "mark_none", songs)
    assert {c.reviewed_genre for c in Classification.objects.all()} == {"none"}
    act(admin_client, "clear_review", songs)
    assert not Classification.objects.exclude(reviewed_genre="", reviewed_at=None).exists()


def test_what_has_no_answer_is_not_reviewed(admin_client, make_classification):
    failed = make_classification(state="failed")
    said(failed, "rock")
    for action in ("confirm", "accept_corrections", "mark_none"):
        act(admin_client, action, [failed])
    failed.refresh_from_db()
    assert failed.reviewed_genre == ""


def test_confirming_none_of_the_ten_says_none(admin_client, make_classification):
    song = make_classification(genre="rock", is_outside=True)
    act(admin_client, "confirm", [song])
    song.refresh_from_db()
    assert song.reviewed_genre == "none"
    assert song in Classification.objects.confirmed()


def test_who_may_only_look_reviews_nothing(client, songs):
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_classification"))
    client.force_login(viewer)
    act(client, "mark_none", songs)
    assert not Classification.objects.filter(reviewed_genre="none").exists()


def test_the_timeline_and_what_visitors_say_stand_on_the_page_of_a_song(admin_client, songs):
    segments = [{"start_s": 61, "end_s": 64, "probabilities": [0, 0, 0, 0, 0, 0.7, 0, 0.3, 0, 0]}]
    Classification.objects.filter(pk=songs[0].pk).update(segments=segments)
    said(songs[0], "blues", "none", "none")
    url = reverse("admin:classifier_classification_change", args=[songs[0].pk])
    text = " ".join(admin_client.get(url).content.decode().split())
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", text[text.index(">1:01</a>") :])
    assert cells[:5] == ["1:04", "jazz", "70.0 %", "pop", "30.0 %"]
    assert "none of the ten: 2, blues: 1" in text


def page_of(admin_client, song) -> str:
    """The page of a song; spaces of every kind and number are one plain space."""
    url = reverse("admin:classifier_classification_change", args=[song.pk])
    return " ".join(admin_client.get(url).content.decode().split())


def test_the_spectrogram_and_the_strips_stand_on_the_page_of_a_song(
    admin_client, make_classification
):
    song = make_classification()
    assert "spectrogram.png" not in page_of(admin_client, song)
    Spectrogram.objects.create(classification=song, png=b"png", columns=[300])
    page = page_of(admin_client, song)
    assert f'href="{reverse("spectrogram", args=[song.public_id])}" width="300"' in page
    assert page.count('class="strip genre-') == 10
    assert 'class="strip genre-hiphop"' in page


def test_the_moments_that_decided_are_marked_and_can_be_played(
    admin_client, make_classification, monkeypatch
):
    segments = [
        {"start_s": 3.0 * i, "end_s": 3.0 * i + 3, "probabilities": [0.1] * 10} for i in (0, 1)
    ]
    song = make_classification(source_id="abcdefghijk", segments=segments, windows=[[0.0, 6.0]])
    Spectrogram.objects.create(classification=song, png=b"png", columns=[300])
    moment = SimpleNamespace(start_s=3.0, end_s=6.0)
    explanation = SimpleNamespace(strongest_segments=[moment])
    monkeypatch.setattr(explanations, "explain", lambda classification, card: explanation)
    page = page_of(admin_client, song)
    assert page.count('class="mark"') == 1
    assert "Decided most by" in page
    assert 'href="https://www.youtube.com/watch?v=abcdefghijk&amp;t=3s"' in page


@pytest.mark.parametrize(
    ("values", "part"),
    [
        ({"source": "youtube", "source_id": "abcdefghijk"}, "watch?v=abcdefghijk"),
        ({"source": "library", "source_id": "prelude-in-c-bach"}, "prelude-in-c-bach.mp3"),
        ({"source": "upload", "source_id": "a" * 64}, "keeps no copy"),
    ],
)
def test_one_can_listen_where_there_is_something_to_hear(
    admin_client, make_classification, values, part
):
    assert part in page_of(admin_client, make_classification(**values))


def test_an_answer_by_a_model_that_is_gone_and_a_failure_have_pages_too(
    admin_client, make_classification
):
    assert "metal: 91.0 %" in page_of(admin_client, make_classification(model_id="retired-1"))
    failed = make_classification(state="failed", error_kind="silent", segments=[], windows=[])
    page = page_of(admin_client, failed)
    assert "failed: silent" in page
    assert "Nothing was heard." not in page
    assert "Nothing was heard." in page_of(admin_client, make_classification(segments=[]))


def row_of(admin_client, song, **query) -> str:
    """The text of a song's row in the list."""
    page = admin_client.get(LIST, query).content.decode()
    row = next(row for row in page.split("<tr>") if f'value="{song.pk}"' in row)
    return " ".join(re.sub(r"<[^>]+>", " ", row).split())


def test_the_list_writes_answers_as_people_do(admin_client, make_classification):
    hiphop = make_classification(genre="hiphop", reviewed_genre="hiphop")
    outside = make_classification(genre="hiphop", is_outside=True, reviewed_genre="rock")
    failed = make_classification(state="failed", error_kind="took_too_long")
    waiting = make_classification(state="queued")
    assert "hip-hop 91.0 %" in row_of(admin_client, hiphop)
    assert "confirmed" in row_of(admin_client, hiphop)
    assert "none of the ten nearest: hip-hop" in row_of(admin_client, outside)
    assert "it is rock" in row_of(admin_client, outside)
    assert "failed: not done within the time of a job" in row_of(admin_client, failed)
    assert "in the queue" in row_of(admin_client, waiting)


def test_staff_see_the_names_of_files_in_few_queries(admin_client, make_classification):
    def upload(n: int, *names: str):
        song = make_classification(source="upload", source_id=f"{n:064}", title="")
        for i, name in enumerate(names):
            HistoryEntry.objects.create(visitor=f"v{i}", classification=song, title=name)
        return song

    one, two = upload(1, "demo.mp3"), upload(2, "a.mp3", "b.mp3")
    unnamed = upload(3)
    with CaptureQueriesContext(connection) as few:
        assert "demo.mp3" in row_of(admin_client, one)
    assert "a.mp3 (2 names)" in row_of(admin_client, two)
    assert "An uploaded recording" in row_of(admin_client, unnamed)
    assert "<h2>demo.mp3</h2>" in page_of(admin_client, one)
    for n in range(4, 9):
        upload(n, f"{n}.mp3")
    with CaptureQueriesContext(connection) as many:
        admin_client.get(LIST)
    assert len(many) == len(few)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("alp", {"Alpha"}),
        ("beta band", {"Beta"}),
        ('"beta band"', set()),
        ("jazz", {"Alpha"}),
        ("DEMO", {"Gamma"}),
        ("id000000001", {"Beta"}),
        ("100%", set()),
        ("'", set()),
    ],
)
def test_staff_search_titles_names_genres_and_ids(admin_client, songs, q, found):
    HistoryEntry.objects.create(visitor="v", classification=songs[2], title="demo.mp3")
    response = admin_client.get(LIST, {"q": q})
    assert {obj.title for obj in response.context["cl"].queryset} == found


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({"error_kind": "silent"}, {"Silent"}),
        ({"error_kind": "-"}, {"Unnamed"}),
        ({"model_id": "-"}, {"Retired"}),
        ({"model_id": "retired-1"}, {"Retired"}),
        ({"source__exact": "upload"}, set()),
        ({"is_outside__exact": "1"}, {"Outside"}),
    ],
)
def test_the_other_filters(admin_client, make_classification, query, titles):
    make_classification(title="Silent", state="failed", error_kind="silent")
    make_classification(title="Unnamed", state="failed")
    make_classification(title="Retired", model_id="retired-1")
    make_classification(title="Outside", is_outside=True)
    response = admin_client.get(LIST, query)
    assert {obj.title for obj in response.context["cl"].queryset} == titles
    assert "silent" in response.content.decode()  # a cause that is there can be chosen


def test_least_sure_answers_come_first_and_failures_last(admin_client, make_classification):
    for title, confidence in (("Sure", 0.9), ("Unsure", 0.2), ("Failed", None)):
        make_classification(title=title, confidence=confidence)
    column = ClassificationAdmin.list_display.index("sure") + 1
    response = admin_client.get(LIST, {"o": str(column)})
    assert [song.title for song in response.context["cl"].result_list] == [
        "Unsure",
        "Sure",
        "Failed",
    ]


def test_counting_ends_early(admin_client, songs, monkeypatch):
    monkeypatch.setattr(changelist, "MOST_COUNTED", 2)
    page = admin_client.get(LIST).content.decode()
    assert "over 2 classifications" in page
    monkeypatch.setattr(changelist, "MOST_COUNTED", 3)
    assert "3 classifications" in admin_client.get(LIST).content.decode()
    assert str(changelist.Over(10_000)) == "over 10,000"


def asked_at(song, *moment: int) -> None:
    at = timezone.make_aware(datetime(*moment))
    Classification.objects.filter(pk=song.pk).update(created_at=at)


def dates_in(admin_client, **query) -> list[str]:
    page = admin_client.get(LIST, query).content.decode()
    links = page.partition('<nav class="toplinks"')[2].partition("</nav>")[0]
    return [text.strip() for text in re.findall(r"<a [^>]*>([^<>]+)</a>", links)]


def test_dates_lead_from_years_to_days(admin_client, songs):
    asked_at(songs[0], 2025, 11, 30, 23, 59)
    asked_at(songs[1], 2026, 1, 2)
    asked_at(songs[2], 2026, 2, 1)
    assert dates_in(admin_client) == ["2025", "2026"]
    assert dates_in(admin_client, created_at__year=2025) == [
        "‹ All dates".replace("\u2039", "&lsaquo;"),
        "November 2025",
        "December 2025",
    ]
    january = dates_in(admin_client, created_at__year=2026, created_at__month=1)
    assert (january[1], january[-1], len(january)) == ("1 January", "31 January", 32)
    day = {"created_at__year": 2026, "created_at__month": 1, "created_at__day": 2}
    response = admin_client.get(LIST, day)
    assert [song.title for song in response.context["cl"].result_list] == ["Beta"]


def test_dates_of_a_short_time_begin_with_months_or_days(admin_client, songs):
    for song, day in zip(songs, (3, 4, 5), strict=True):
        asked_at(song, 2026, 5, day, 12)
    assert dates_in(admin_client) == ["3 May", "4 May", "5 May"]
    asked_at(songs[0], 2026, 4, 3, 12)
    assert dates_in(admin_client) == ["April 2026", "May 2026"]
    Classification.objects.all().delete()
    assert dates_in(admin_client) == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"genre": "jazz", "extent__exact": "whole"},
        {"error_kind": "silent"},
        {"review": "open", "corrections": "other"},
        {"review": "corrected", "model_id": "-", "o": "3"},
        {"is_outside__exact": "0", "created_at__year": "2026"},
        {"q": "alpha"},
        {"q": "alpha", "state__exact": "done", "o": "3"},
    ],
)
@PLANS_OF_SQLITE
def test_no_list_reads_every_row(admin_client, songs, query):
    """Rows are some KB large: what is looked for among all of them stands in an index."""
    with CaptureQueriesContext(connection) as queries:
        assert admin_client.get(LIST, query).status_code == 200
    plans = plans_of(queries)
    assert any("INDEX classification_by_" in plan for plan in plans)
    large = {"SCAN classifier_classification", "SCAN classifier_historyentry"}
    if "q" in query:
        large.add("SCAN U0")  # of entries; elsewhere of corrections, which are few
    assert not large & set(plans)


@PLANS_OF_SQLITE
def test_the_overview_reads_no_more_than_an_index(admin_client, songs):
    with CaptureQueriesContext(connection) as queries:
        admin_client.get(reverse("admin:index"))
    plans = [plan for plan in plans_of(queries) if "classifier_classification" in plan]
    assert plans
    assert not any(plan.startswith("SCAN") for plan in plans)


def plans_of(queries) -> list[str]:
    """How SQLite goes about them, line by line."""
    with connection.cursor() as cursor:
        plans = []
        for query in queries:
            if query["sql"].startswith("SELECT"):
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql'].replace('%', '%%')}", [])
                plans += [row[3] for row in cursor.fetchall()]
    return plans


@pytest.mark.parametrize(
    ("action", "note"),
    [
        ("confirm", "Review: the model is right."),
        ("accept_corrections", "Review: blues, as most visitors say."),
        ("mark_none", "Review: none of the ten."),
        ("clear_review", "Review cleared."),
    ],
)
def test_what_is_done_to_many_is_in_the_log_of_each(
    admin_client, admin_user, make_classification, action, note, monkeypatch
):
    monkeypatch.setattr(verdicts, "BATCH", 2)
    songs = [make_classification(reviewed_genre="pop") for _ in range(3)]
    for song in songs:
        said(song, "blues")
    act(admin_client, action, songs)
    entries = LogEntry.objects.filter(user=admin_user, change_message=note)
    assert {int(entry.object_id) for entry in entries} == {song.pk for song in songs}
    history = reverse("admin:classifier_classification_history", args=[songs[0].pk])
    assert note in admin_client.get(history).content.decode()


def test_genres_have_the_colours_of_the_site():
    """The admin's themes are chosen in another way, so its style sheet repeats them."""
    css = Path(settings.BASE_DIR, "static", "css")
    site = re.findall(r"--genre-(\w+): (#\w{6});", (css / "tokens.css").read_text())
    light, dark = dict(site[:10]), dict(site[10:])
    found = re.findall(
        r"\.genre-(\w+) { --genre: light-dark\((#\w{6}), (#\w{6})\); }",
        (css / "admin-dashboard.css").read_text(),
    )
    assert len(found) == 10
    assert {name: (light[name], dark[name]) for name in light} == {n: (a, b) for n, a, b in found}
