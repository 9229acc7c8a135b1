"""A private site: nothing is read before one has signed in, and the history is the account's."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from classifier.models import Correction, HistoryEntry
from classifier.staff import sessions
from classifier.visitors import tokens
from genresite import private

OPEN = {"livez", "readyz", "health", "metrics", "security_txt", "sign_in"}
ARGUMENTS = {
    "public_id": "abcdefgh", "video_id": "dQw4w9WgXcQ", "model_id": "musicnn-yamnet-1", "pk": "1",
    "key": "0" * 64, "audio": "0" * 64, "name": "0" * 64,
}  # fmt: skip


@pytest.fixture
def private_site(settings):
    settings.PRIVATE_SITE = True
    settings.MIDDLEWARE = private.with_sign_in(settings.MIDDLEWARE, "")


@pytest.fixture
def behind_a_proxy(settings):
    settings.PRIVATE_SITE, settings.PRIVATE_USER_HEADER = True, "X-Forwarded-User"
    settings.MIDDLEWARE = private.with_sign_in(settings.MIDDLEWARE, "X-Forwarded-User")
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]


@pytest.fixture
def ann(db):
    return User.objects.create_user("ann", password="a long password")


def signed_in(name: str = "ann", password: str = "a long password") -> Client:
    client = Client()
    page = client.post(reverse("sign_in"), {"username": name, "password": password})
    assert page.status_code == 302
    return client


def every_page() -> list[tuple[str, str]]:
    """The name and an address of each page of visitors."""
    pages = []
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "":
            for page in pattern.url_patterns:
                names = re.findall(r"<\w+:(\w+)>", str(page.pattern))
                pages.append(
                    (page.name, reverse(page.name, kwargs={n: ARGUMENTS[n] for n in names}))
                )
    return pages


def test_every_page_asks_who_it_is_but_for_probes(private_site, client, db):
    pages = every_page()
    assert len(pages) > 25
    for name, url in pages:
        if name in OPEN:
            continue
        for answer in (client.get(url), client.post(url)):
            assert answer.status_code == 302, name
            assert answer["Location"].startswith(reverse("sign_in")), name
    for name in ("livez", "readyz", "health", "sign_in"):
        assert client.get(reverse(name)).status_code in (200, 503), name


def test_one_signs_in_and_comes_to_the_page_that_was_asked_for(private_site, client, ann):
    asked = client.get(reverse("about"))
    page = client.get(asked["Location"])
    assert "This site is private." in page.content.decode()
    answer = client.post(
        asked["Location"],
        {"username": "ann", "password": "a long password", "next": page.context["next"]},
    )
    assert answer["Location"] == reverse("about")
    page = client.get(reverse("about")).content.decode()
    assert "Sign out" in page
    client.post(reverse("sign_out"))
    assert client.get(reverse("about")).status_code == 302


def test_a_wrong_password_and_another_site_are_refused(private_site, client, ann):
    url = reverse("sign_in")
    page = client.post(url, {"username": "ann", "password": "wrong"})
    assert page.status_code == 200
    assert "Please enter a correct username and password" in page.content.decode()
    answer = client.post(
        url, {"username": "ann", "password": "a long password", "next": "https://evil.example/"}
    )
    assert answer["Location"] == reverse("home")


def test_guesses_are_counted_as_those_at_the_admin(private_site, client, ann, settings):
    settings.LOGIN_ATTEMPTS = 3
    for _ in range(3):
        client.post(reverse("sign_in"), {"username": "ann", "password": "wrong"})
    page = client.post(reverse("sign_in"), {"username": "ann", "password": "a long password"})
    assert "Too many attempts." in page.content.decode()


def test_an_account_opens_no_page_of_staff(private_site, ann):
    client = signed_in()
    assert client.get(reverse("admin:index")).status_code == 302
    assert client.get(reverse("admin:classifier_learning")).status_code == 302


def test_the_history_follows_the_account_and_nobody_elses(
    private_site, ann, make_classification, settings
):
    from classifier.visitors.identity import visitor_of

    User.objects.create_user("ben", password="a long password")
    here, there, other = signed_in(), signed_in(), signed_in("ben")

    def name(client) -> str:
        return visitor_of(client.get(reverse("history")).wsgi_request)

    assert name(here) == name(there) != name(other)
    song = make_classification(title="Ann's song")
    HistoryEntry.objects.create(visitor=name(here), classification=song)
    assert "Ann&#x27;s song" in there.get(reverse("history")).content.decode()
    assert "Ann&#x27;s song" not in other.get(reverse("history")).content.decode()
    Correction.objects.create(visitor=name(here), classification=song, genre="jazz")
    mine = name(here)
    there.post(reverse("forget_all"))
    assert not HistoryEntry.objects.exists()
    # What was said of the song stays, and leads to nobody.
    assert Correction.objects.get().visitor not in (mine, "")


def test_no_cache_between_keeps_what_was_signed_in_for(private_site, ann, make_classification):
    song = make_classification()
    answer = signed_in().get(reverse("share_image", args=[song.public_id]))
    assert answer.status_code == 200
    assert "public" not in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


def test_a_proxy_says_who_it_is(behind_a_proxy, client, db):
    assert client.get(reverse("home")).status_code == 302
    page = client.get(reverse("home"), headers={"X-Forwarded-User": "cleo"})
    assert page.status_code == 200
    user = User.objects.get(username="cleo")
    assert not user.is_staff
    assert not user.check_password("")
    # Without the header one is nobody again, whatever cookie one has.
    assert client.get(reverse("home")).status_code == 302


@pytest.mark.parametrize("proxies", [0, 1])
def test_a_header_needs_a_proxy(proxies):
    if proxies:
        private.check("X-Forwarded-User", proxies)
    else:
        with pytest.raises(ImproperlyConfigured, match="needs a proxy in front"):
            private.check("X-Forwarded-User", proxies)
    private.check("", proxies)


def test_the_privacy_page_says_whose_the_history_is(private_site, ann):
    assert (
        "your history belongs to your account"
        in signed_in().get(reverse("privacy")).content.decode()
    )


def test_an_open_site_has_nothing_to_sign_in_for(client, db):
    assert client.get(reverse("sign_in")).status_code == 404
    assert client.get(reverse("home")).status_code == 200
    assert "Sign out" not in client.get(reverse("home")).content.decode()


def test_staff_whom_a_proxy_signs_in_need_no_password_hours_later(behind_a_proxy, client, db):
    User.objects.create_superuser("cleo")
    header = {"X-Forwarded-User": "cleo"}
    assert client.get("/admin/", headers=header).status_code == 200
    session = client.session
    session[sessions.SINCE] -= 1_000_000
    session.save()
    assert client.get("/admin/", headers=header).status_code == 200
    assert client.get("/admin/").status_code == 302


def test_a_program_behind_a_proxy_leaves_no_session(behind_a_proxy, client, db):
    token = tokens.make("a program", ["read"])[1]
    headers = {"X-Forwarded-User": "cleo", "Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/songs", headers=headers).status_code == 200
    assert not Session.objects.exists()


@pytest.mark.parametrize("name", ["sign_in", "sign_out"])
def test_who_signs_in_on_the_way_out_comes_home(private_site, ann, name):
    client, way = Client(), f"{reverse('sign_in')}?next={reverse(name)}"
    form = {"username": "ann", "password": "a long password", "next": reverse(name)}
    assert client.post(way, form)["Location"] == reverse("home")
    assert client.get(way)["Location"] == reverse("home")
