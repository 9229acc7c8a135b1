from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classifier.models import Classification, HistoryEntry
from classifier.sources import upload_store
from classifier.visitors import corrections, history

URL = reverse("history")
NOON = datetime(2026, 5, 10, 12, tzinfo=UTC)


def titles(response) -> list[str]:
    return [entry.display_title for entry in response.context["page"].entries]


def test_an_empty_history_says_so_and_sets_no_cookie(client, db):
    response = client.get(URL)
    assert response.status_code == 200
    assert "Nothing yet" in response.content.decode()
    assert "sessionid" not in response.cookies


def test_one_visitor_never_sees_anothers_history(me, client_factory, ask):
    ask(title="Mine")
    ask("them", title="Theirs")
    page = me.get(URL).content.decode()
    assert "Mine" in page
    assert "Theirs" not in page
    assert "Mine" not in client_factory().get(URL).content.decode()
    assert titles(me.get(URL, {"q": "Theirs"})) == []


def test_entries_without_a_visitor_belong_to_nobody(client, ask):
    entry = ask("", title="Nobody's")
    assert "Nobody" not in client.get(URL).content.decode()
    client.post(reverse("forget_entry", args=[entry.pk]))
    client.post(reverse("forget_all"))
    assert HistoryEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "loud"}, ["Loud Song"]),
        ({"q": "SONG band"}, ["Loud Song"]),
        ({"q": "song nobody"}, []),
        ({"q": "quartet"}, ["Soft Tune"]),
        ({"q": "100%"}, []),
        ({"q": "demo.wav"}, ["my demo.wav"]),
        ({"genre": "jazz"}, ["Soft Tune"]),
        ({"genre": "jazz", "q": "loud"}, []),
        ({"since": "2026-05-10"}, ["my demo.wav", "Soft Tune"]),
        ({"until": "2026-05-09"}, ["Loud Song"]),
        ({"since": "2026-05-10", "until": "2026-05-10"}, ["Soft Tune"]),
    ],
)
def test_finding_by_words_genre_and_days(me, ask, query, found):
    ask(title="Loud Song", artist="The Band", at=NOON - timedelta(days=1))
    ask(title="Soft Tune", artist="A Quartet", genre="jazz", at=NOON)
    ask(
        source="upload", title="", artist="", name="my demo.wav", genre="pop",
        at=NOON + timedelta(days=1),
    )  # fmt: skip
    response = me.get(URL, query)
    assert titles(response) == found
    if not found:
        assert "Nothing in your history fits that" in response.content.decode()


def test_a_genre_is_not_found_among_songs_without_an_answer(me, ask):
    ask(title="Failed", genre="rock", state="failed")
    assert titles(me.get(URL, {"genre": "rock"})) == []


def test_none_of_the_ten_is_found_as_such_and_not_by_its_nearest_genre(me, ask):
    ask(title="Zouk", genre="rock", is_outside=True)
    ask(title="Rock", genre="rock")
    assert titles(me.get(URL, {"genre": "rock"})) == ["Rock"]
    response = me.get(URL, {"genre": "none"})
    assert titles(response) == ["Zouk"]
    assert "%" not in response.content.decode().partition('class="history-answer"')[2][:300]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"since": "yesterday"}, "Write the first day as 2026-01-31."),
        ({"until": "2026-02-31"}, "Write the last day as 2026-01-31."),
        ({"genre": "zouk"}, "Choose one of the ten genres, or any."),
        ({"q": "x" * 300}, "too long to search for"),
        ({"since": "2026-05-02", "until": "2026-05-01"}, "The last day is before the first."),
    ],
)
def test_what_cannot_be_understood_is_a_sentence(me, ask, query, sentence):
    ask()
    response = me.get(URL, query)
    assert response.status_code == 400
    assert sentence in response.content.decode()


def test_days_the_wrong_way_round_are_one_complaint_not_two(me, ask):
    ask(at=NOON)
    page = me.get(URL, {"since": "2027-05-02", "until": "2027-05-01"}).content.decode()
    assert "The last day is before the first." in page
    assert "fits that" not in page
    assert "fits that" in me.get(URL, {"since": "2027-05-02"}).content.decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["YouTube"]),
        ({"extent": "whole"}, ["YouTube, the whole song"]),
        ({"source": "library", "model_id": "mel-cnn-gtzan-1"}, ["Library", "mel-cnn-gtzan-1"]),
        ({"source": "upload"}, ["Upload"]),
    ],
)
def test_answers_of_one_title_can_be_told_apart(me, ask, values, words):
    entry = ask(**values)
    page = me.get(URL).content.decode()
    meta = page.partition('class="history-meta"')[2].partition("</p>")[0]
    assert [word for word in words if word not in meta] == []
    # The model that answers here goes without saying.
    assert (entry.classification.model_id in meta) == ("model_id" in values)


def test_ones_own_correction_stands_in_ones_history(me, client_factory, ask):
    mine, both = ask(title="Mine"), ask(title="Both")
    HistoryEntry.objects.create(visitor="them", classification=both.classification)
    corrections.correct("me", mine.classification, "hiphop")
    corrections.correct("them", both.classification, "none")
    page = me.get(URL).content.decode()
    assert page.count("You say:") == 1
    assert '<strong class="genre-name genre-hiphop">hip-hop</strong>' in page
    other = client_factory()
    session = other.session
    session["visitor"] = "them"
    session.save()
    assert "<strong>none of the ten</strong>" in other.get(URL).content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_last_days_of_the_calendar_are_no_trouble(me, ask, day):
    ask()
    assert me.get(URL, {"since": day}).status_code == 200
    assert me.get(URL, {"until": day}).status_code == 200


def test_pages_lead_down_and_up_again_through_entries_of_one_moment(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 2
    for title in ("1", "2", "3", "4", "5"):
        ask(title=title, at=NOON)
    first = me.get(URL)
    assert titles(first) == ["5", "4"]
    assert first.context["page"].newer == ""
    second = me.get(URL, {"older": first.context["page"].older})
    assert titles(second) == ["3", "2"]
    last = me.get(URL, {"older": second.context["page"].older})
    assert titles(last) == ["1"]
    assert last.context["page"].older == ""
    back = me.get(URL, {"newer": last.context["page"].newer})
    assert titles(back) == ["3", "2"]
    top = me.get(URL, {"newer": back.context["page"].newer})
    assert titles(top) == ["5", "4"]
    assert top.context["page"].newer == ""


def test_the_links_to_other_pages_keep_what_was_searched_for(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 1
    ask(title="a b", genre="rock", at=NOON)
    ask(title="b a", genre="rock")
    page = me.get(URL, {"q": "a b", "genre": "rock"}).content.decode()
    assert "?q=a+b&amp;genre=rock&amp;older=" in page


@pytest.mark.parametrize(
    "cursor", ["nonsense", "1-", "-1", "1-2-3", "9" * 400 + "-1", "²-1", "9" * 18 + "-1", "\x00-1"]
)
@pytest.mark.parametrize("side", ["older", "newer"])
def test_a_cursor_that_was_made_up_gives_a_page(me, ask, side, cursor):
    ask(title="Only")
    response = me.get(URL, {side: cursor})
    assert response.status_code == 200
    assert titles(response) == ["Only"]


def test_beyond_the_end_is_the_last_page(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 2
    entries = [ask(title=title, at=NOON) for title in ("1", "2", "3")]
    response = me.get(URL, {"older": history.cursor(entries[0])})
    assert titles(response) == ["2", "1"]
    assert response.context["page"].older == ""
    assert titles(me.get(URL, {"newer": response.context["page"].newer})) == ["3", "2"]
    everything = me.get(URL, {"older": history.cursor(entries[0]), "q": "2"})
    assert titles(everything) == ["2"]
    assert "Newer" not in everything.content.decode()


def test_a_page_costs_the_same_queries_however_long_the_history(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 3

    def cost(query) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert me.get(URL, query).status_code == 200
        assert not [q for q in queries if "COUNT(" in q["sql"] and "historyentry" in q["sql"]]
        return len(queries)

    for i in range(5):
        ask(at=NOON - timedelta(hours=i))
    older = me.get(URL).context["page"].older
    short = cost({}), cost({"older": older}), cost({"q": "song"})
    for i in range(60):
        ask(at=NOON - timedelta(days=1, hours=i))
    assert (cost({}), cost({"older": older}), cost({"q": "song"})) == short


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
def test_a_page_far_down_is_read_from_the_index(ask):
    entry = ask()
    entries = history.entries_of("me")
    plan = history._beyond(entries, (entry.created_at, entry.pk), "lt")[:3].explain()
    assert "visitor=? AND created_at<" in plan


def test_forgetting_one_leaves_the_others_and_the_shared_answer(me, ask):
    gone, kept = ask(title="Gone"), ask(title="Kept")
    response = me.post(reverse("forget_entry", args=[gone.pk]), follow=True)
    assert "no longer in your history" in response.content.decode()
    assert titles(me.get(URL)) == ["Kept"]
    assert Classification.objects.filter(pk=gone.classification_id).exists()
    assert HistoryEntry.objects.get() == kept


def here_of(response) -> str:
    """What the first "Forget" of a page sends along."""
    return re.search(r'name="here" value="([^"]*)"', response.content.decode())[1]


def test_forgetting_leads_back_to_the_same_page_of_the_same_search(me, ask, settings):
    settings.HISTORY_PAGE_SIZE = 2
    for title in ("a 1", "a 2", "a 3", "b", "a 4", "a 5"):
        ask(title=title, artist="", at=NOON)
    query = {"q": "a", "since": "2026-05-09", "until": "2026-05-11", "genre": "metal"}
    older = me.get(URL, query).context["page"].older
    second = me.get(URL, query | {"older": older})
    assert titles(second) == ["a 3", "a 2"]
    data = {"here": html.unescape(here_of(second))}
    gone = second.context["page"].entries[0]
    back = me.post(reverse("forget_entry", args=[gone.pk]), data, follow=True)
    assert titles(back) == ["a 2", "a 1"]
    assert back.context["query"] == urlencode({"q": "a", "genre": "metal"} | query)
    # The last one of the last page: what is the last page then.
    for entry in back.context["page"].entries:
        back = me.post(reverse("forget_entry", args=[entry.pk]), data, follow=True)
    assert titles(back) == ["a 5", "a 4"]


@pytest.mark.parametrize(
    "here",
    [
        "", "https://evil.example/", "//evil.example", "\r\nSet-Cookie: a=b", "q=",
        "older=x&newer=-", "next=//evil.example&genre=zouk&since=yesterday&q=%00", "%ff%fe", "#",
        "/../admin/?x=1",
    ],
)  # fmt: skip
def test_a_way_back_that_was_made_up_leads_to_ones_history(me, ask, here):
    response = me.post(reverse("forget_entry", args=[ask().pk]), {"here": here})
    assert response.url == URL


def test_a_way_back_is_written_anew(me, ask):
    here = "q=a&q=%C3%A9%20%26%20//x&page=3&newer=12-3"
    response = me.post(reverse("forget_entry", args=[ask().pk]), {"here": here})
    assert response.url == f"{URL}?q=%C3%A9+%26+%2F%2Fx&newer=12-3"


def test_nobody_forgets_for_another(me, ask):
    theirs = ask("them", title="Theirs")
    response = me.post(reverse("forget_entry", args=[theirs.pk]), follow=True)
    assert "not in your history" in response.content.decode()
    me.post(reverse("forget_all"))
    assert HistoryEntry.objects.get() == theirs


def test_forgetting_everything_also_drops_the_visitors_name(me, ask):
    ask(), ask()
    me.post(reverse("forget_all"))
    assert HistoryEntry.objects.count() == 0
    assert "visitor" not in me.session


@pytest.mark.parametrize("name", ["forget_all", "forget_entry"])
def test_a_link_forgets_nothing(me, ask, name):
    entry = ask()
    url = reverse(name, args=[entry.pk] if name == "forget_entry" else [])
    assert me.get(url).status_code == 405
    assert HistoryEntry.objects.exists()


def test_an_upload_that_nobody_else_sent_goes_with_its_entry(me, ask, settings):
    entry = ask(source="upload", source_id="a" * 64, state="failed", name="secret.mp3")
    settings.UPLOAD_DIR.mkdir(parents=True)
    (settings.UPLOAD_DIR / ("a" * 64)).write_bytes(b"sound")
    me.post(reverse("forget_entry", args=[entry.pk]))
    assert not Classification.objects.exists()
    assert not upload_store.exists("a" * 64)


def test_an_upload_that_another_sent_too_stays(me, ask):
    entry = ask(source="upload", source_id="a" * 64)
    HistoryEntry.objects.create(visitor="them", classification=entry.classification)
    me.post(reverse("forget_all"))
    assert Classification.objects.count() == 1


def test_an_upload_at_work_is_left_to_its_worker(me, ask):
    ask(source="upload", source_id="a" * 64, state="listening")
    me.post(reverse("forget_all"))
    assert Classification.objects.count() == 1


def test_history_works_without_script(me, ask):
    """The one script there is only removes what a browser keeps of uploads (sent-files.js)."""
    ask()
    page = me.get(URL).content.decode()
    assert re.findall(r'<script type="module" src="[^"]*/([\w.-]+)"', page) == ["sent-files.js"]
    assert page.count("<script") == 1
    assert 'method="get"' in page


def test_forgetting_much_holds_the_database_for_a_batch_at_a_time(me, ask, monkeypatch):
    """Otherwise nobody else could write while thousands of songs are forgotten."""
    monkeypatch.setattr(history, "BATCH", 2)
    for i in range(5):
        ask(source="upload", source_id=f"{i:064}")
    with CaptureQueriesContext(connection) as queries:
        me.post(reverse("forget_all"))
    assert HistoryEntry.objects.count() == Classification.objects.count() == 0
    one_batch = 'DELETE FROM "classifier_historyentry" WHERE "classifier_historyentry"."id" IN'
    assert sum(query["sql"].startswith(one_batch) for query in queries) == 3
