"""What every response says, what no request may hold, and whom to tell of a weakness."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone

from classifier.web import urls

SONG_PAGES = (
    "/song/{}/", "/song/{}/status/", "/song/{}.json", "/song/{}.csv", "/song/{}/spectrogram.png",
    "/song/{}/share.png",
)  # fmt: skip
SIMPLE_PAGES = [page.name for page in urls.urlpatterns if "<" not in str(page.pattern)]
SONG_ACTIONS = ("retry", "whole", "rerun", "correct", "uncorrect")


@pytest.mark.parametrize("path", ["/", "/about/", "/nowhere/", "/health/", "/admin/login/"])
def test_every_page_asks_the_browser_for_nothing(client, db, path):
    policy = client.get(path)["Permissions-Policy"]
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(policy.split(", "))
    # YouTube's player needs these.
    assert "fullscreen" not in policy
    assert "autoplay" not in policy


def test_the_page_that_records_may_ask_for_the_microphone_and_for_nothing_else(client, db):
    policy = client.get(reverse("listen"))["Permissions-Policy"].split(", ")
    assert "microphone=(self)" in policy
    assert [part for part in policy if not part.endswith("=()")] == ["microphone=(self)"]


def test_no_other_page_may_ask_for_the_microphone(client, make_classification):
    song = make_classification().public_id
    others = {name for name in SIMPLE_PAGES if name != "listen"}
    assert "search" in others
    paths = [reverse(name) for name in sorted(others)]
    paths += [
        "/listen/nothing/",
        f"/song/{song}/",
        f"/song/{song}/status/",
        "/models/musicnn-wild-1/",
    ]
    for path in paths:
        assert "microphone=()" in client.get(path)["Permissions-Policy"], path
    assert "microphone=()" in client.post("/listen/")["Permissions-Policy"]


@pytest.mark.parametrize("odd", ["%00", "a%00b", "a" * 17, "%C3%A4", "a.b", "..", "a%0Ab"])
def test_what_cannot_be_an_id_is_not_looked_up(client, db, odd, django_assert_num_queries):
    with django_assert_num_queries(0):
        for page in SONG_PAGES:
            assert client.get(page.format(odd)).status_code in (400, 404)
        for action in SONG_ACTIONS:
            assert client.post(f"/song/{odd}/{action}/").status_code in (400, 404)


@pytest.mark.parametrize("pk", ["9" * 19, "9" * 40])
def test_a_number_beyond_a_databases_integers_is_nobodys_entry(client, make_classification, pk):
    response = client.post(f"/history/{pk}/forget/", follow=True)
    assert "not in your history" in response.content.decode()


@pytest.mark.parametrize("path", ["/models/%00/", "/thumbnail/%00.jpg", "/%00"])
def test_nul_in_a_path_is_refused(client, db, path):
    assert client.get(path).status_code in (400, 404)


@pytest.mark.parametrize(
    "query", ["genre=%00", "q=%00", "state__exact=%00", "id=99999999999999999999"]
)
def test_the_admins_filters_take_no_nul(admin_client, query):
    assert admin_client.get(f"/admin/classifier/classification/?{query}").status_code in (
        200,
        302,
        400,
    )


@pytest.mark.parametrize("name", ["search", "history"])
def test_words_with_nul_reach_no_database(client, db, name):
    assert client.get(reverse(name), {"q": "a\0b"}).status_code == 400


def test_security_txt_names_the_operators_address(client, settings):
    settings.CONTACT = "mailto:me@example.org"
    response = client.get("/.well-known/security.txt")
    assert response["Content-Type"].startswith("text/plain")
    fields = dict(line.split(": ", 1) for line in response.content.decode().splitlines())
    assert fields["Contact"] == "mailto:me@example.org"
    assert fields["Canonical"] == "http://testserver/.well-known/security.txt"
    expires = datetime.fromisoformat(fields["Expires"])
    assert timedelta(days=30) < expires - timezone.now() < timedelta(days=366)


def test_what_links_to_no_icon_is_led_to_it(client, db):
    assert client.get("/favicon.ico")["Location"] == static("img/favicon.svg")


def test_without_an_address_there_is_no_security_txt(client, db, settings):
    settings.CONTACT = ""
    assert client.get("/.well-known/security.txt").status_code == 404
