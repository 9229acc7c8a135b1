"""What strangers may type, and what YouTube may answer: neither leads astray, nor is shown raw."""

from __future__ import annotations

import html
import logging
import re
import time
from html.parser import HTMLParser

import pytest
from django.apps import apps
from django.urls import reverse

from classifier import jobs
from classifier.models import Classification
from classifier.sources import SourceError
from classifier.sources.youtube import source
from classifier.sources.youtube.ytdlp import process
from ml.registry.bundles import SHIPPED
from scripts.testbed.fake_youtube import media, modes
from scripts.testbed.fake_youtube.player import SERVER_ADDRESS
from scripts.testbed.fake_youtube.world import HOSTS
from tests.classifier.conftest import SONG
from tests.requesters import Someone

pytestmark = pytest.mark.django_db

ID = "dQw4w9WgXcQ"
LINKS_ELSEWHERE = [
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://2852039166/",
    "https://soundcloud.com/artist/track",
    f"http://www.youtube.com@evil.example/watch?v={ID}",
    f"http://www.youtube.com:80@evil.example/watch?v={ID}",
    f"http://evil.example#@www.youtube.com/watch?v={ID}",
    f"https://www.youtube.com.evil.example/watch?v={ID}",
    f"https://www.xn--yutube-wqf.com/watch?v={ID}",
    f"https://www.y\N{CYRILLIC SMALL LETTER O}utube.com/watch?v={ID}",
    f"javascript://www.youtube.com/watch?v={ID}",
    f"ftp://www.youtube.com/watch?v={ID}",
    "https://www.youtube.com/playlist?list=PL1234567890123456",
    "https://www.youtube.com/@channel",
    "https://www.youtube.com/channel/UC1234567890123456789012",
    f"https://www.youtube.com/watch?v={ID}%0d%0aHost:evil",
    "https://www.youtube.com/redirect?q=http://169.254.169.254/",
]
WORDS = [
    "ytsearch:chord",
    "ytsearchall:chord",
    "ytsearch99999:chord",
    "scsearch:chord",
    ":ytfav",
    "-chord --exec id",
    "chord\nHost: evil.example",
    "chord\r\n\r\nGET / HTTP/1.1",
    "%00 chord",
    "'; DROP TABLE classifier_classification; --",
    "chord \N{RIGHT-TO-LEFT OVERRIDE}",
    "\N{GUITAR}" * 200,
    "c" * 100_000,
]


@pytest.mark.parametrize("link", LINKS_ELSEWHERE)
def test_a_link_to_elsewhere_is_refused_without_a_request(client, world, link):
    page = client.get(reverse("search"), {"q": link}).content.decode()
    assert world.log == []
    assert "choice" not in re.findall(r'name="(\w+)" value', page.partition("On YouTube")[2])
    with pytest.raises(SourceError, match=r"\.$"):
        source.find(link)
    assert world.log == []


@pytest.mark.parametrize("words", WORDS, ids=lambda words: ascii(words)[:30])
def test_words_are_only_ever_searched_for(world, words):
    source.find(words)
    assert {request.host for request in world.log} <= HOSTS
    paths = [request.path.partition("?")[0] for request in world.log]
    assert set(paths) == {"/", "/youtubei/v1/search"}
    assert len(paths) == 2


@pytest.mark.parametrize("words", ["chord\0.evil", "\0", "c" * 201, " \n "])
def test_what_cannot_be_a_query_is_refused_by_the_form(client, world, words):
    assert client.get(reverse("search"), {"q": words}).status_code == 400
    assert world.log == []


@pytest.mark.parametrize(
    "wrong",
    [
        "file:///etc/passwd",
        "../../../..",
        "http://169.254.169.254/",
        f"{ID}\n",
        f"{ID}\0",
        "ytsearch:x",
    ],
)
def test_what_is_no_id_is_not_fetched(world, wrong):
    with pytest.raises(SourceError, match="not the id"):
        source.fetch(wrong, 16_000, whole=False, progress=lambda text: None)
    assert world.log == []


# Titles and names


class Shown(HTMLParser):
    """Where a right-to-left override stands: it turns round what follows in the same block.

    So it must be isolated (`<bdi>` or `dir`), or be alone in its block.
    """

    ALONE = {"p", "h1", "h2", "h3", "li", "td", "th", "div", "title", "option", "textarea"}
    VOID = {"img", "input", "link", "meta", "br", "hr", "source", "wbr", "path", "rect", "use"}

    def __init__(self):
        super().__init__()
        self.stack: list[tuple[str, dict]] = []
        self.scripts: list[str] = []
        self.found = 0
        self.loose: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag = self.stack[-1][0] if self.stack else ""
        if tag == "script":
            self.scripts.append(data)
        if "\u202e" in data:
            self.found += 1
            # The root's direction isolates nothing.
            isolated = any(t == "bdi" or "dir" in a for t, a in self.stack if t != "html")
            in_cell = [t for t, _ in self.stack[-2:]] == ["th", "a"]  # the admin's lists
            if not isolated and not in_cell and tag not in self.ALONE:
                self.loose.append(f"<{tag}>{data.strip()}")


def check_shown(response) -> None:
    page = response.content.decode()
    shown = Shown()
    shown.feed(page)
    assert response.status_code == 200
    assert shown.found
    assert "<script>alert" not in page
    assert not any("alert" in script for script in shown.scripts)
    assert "&lt;script&gt;alert(&#x27;x&#x27;)" in page
    assert "\N{GUITAR}" in page
    assert shown.loose == [], response.request["PATH_INFO"]


def test_nasty_titles_are_harmless_on_every_page(client, admin_client, world, work):
    world.mode = "html_titles"
    search = client.get(reverse("search"), {"q": "chord"})
    check_shown(search)
    choice = html.unescape(re.search(r'name="choice" value="([^"]+)"', search.content.decode())[1])
    client.post(reverse("classify"), {"choice": choice})
    classification = Classification.objects.get()
    assert classification.title == modes.NASTY + SONG.title
    assert classification.artist == modes.NASTY + SONG.channel
    for name in ("classification", "status"):
        waiting = client.get(reverse(name, args=[classification.public_id]))
        assert "<script>alert" not in waiting.content.decode()
    check_shown(client.get(classification.get_absolute_url()))
    work()
    check_shown(client.get(classification.get_absolute_url()))
    check_shown(client.get(reverse("history")))
    check_shown(client.get(reverse("search"), {"q": "chord"}))  # with the answer on the card
    changes = reverse("admin:classifier_classification_changelist")
    check_shown(admin_client.get(changes))
    change = reverse("admin:classifier_classification_change", args=[classification.pk])
    check_shown(admin_client.get(change))
    Classification.objects.update(state="failed", error="It failed.")
    check_shown(client.get(classification.get_absolute_url()))


# Media, through real child processes


@pytest.fixture
def proxy(proxy, monkeypatch):
    monkeypatch.setattr(process, "warm", lambda: None)
    return proxy


@pytest.fixture
def ask(work):
    """Have a worker do one song; gives the row it leaves."""

    def ask(whole: bool = False) -> Classification:
        track = source.describe(SONG.id)
        asked = jobs.submit(
            track, SHIPPED.card().model_id, requester=Someone(), whole=whole
        ).classification
        work()
        asked.refresh_from_db()
        return asked

    return ask


def everything_stored() -> str:
    """Every column of every row of the database."""
    return "\n".join(
        f"{model.__name__} {row}" for model in apps.get_models() for row in model.objects.values()
    )


def check_no_media_url(*texts: str) -> None:
    for text in texts:
        for part in ("googlevideo", "videoplayback", SERVER_ADDRESS, "127.0.0.1:"):
            assert part not in text


@pytest.mark.parametrize(
    "place",
    [
        media.ELSEWHERE,
        "https://169.254.169.254/latest/",
        "https://www.youtube.com.evil.example/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_elsewhere_is_not_followed(proxy, ask, monkeypatch, caplog, capfd, place):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(media, "ELSEWHERE", place)
    proxy.world.mode = "redirect"
    asked = ask()
    assert asked.is_failed
    if place.startswith("http"):
        assert asked.error_kind == "blocked"
    assert proxy.world.foreign == []
    assert proxy.world.media_log
    check_no_media_url(everything_stored(), caplog.text, *capfd.readouterr())


@pytest.mark.parametrize(
    ("mode", "whole", "kinds"),
    [
        ("corrupt", False, {"media"}),
        ("corrupt", True, {"media"}),
        ("bomb", False, {"excerpts_silent", "media", "too_much_data"}),
        ("bomb", True, {"excerpts_silent", "media", "too_much_data"}),
        ("forbidden_media", False, {"forbidden"}),
    ],
)
def test_bad_media_is_one_sentence(proxy, ask, caplog, capfd, mode, whole, kinds):
    caplog.set_level(logging.DEBUG)
    proxy.world.mode = mode
    asked = ask(whole)
    assert asked.error_kind in kinds
    assert asked.error.endswith(".")
    assert asked.next_step.endswith(".")
    assert proxy.world.foreign == []
    check_no_media_url(everything_stored(), caplog.text, *capfd.readouterr())


def test_a_song_leaves_no_media_url_either(proxy, ask, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    assert ask().is_done
    check_no_media_url(everything_stored(), caplog.text, *capfd.readouterr())


# A drip ends at a deadline alone: see test_ytdlp_process.
@pytest.mark.parametrize("mode", sorted({*modes.MODES} - {"drip"}))
def test_no_mode_of_youtube_leaves_a_media_url(world, ask, caplog, capfd, mode):
    """All of them, inside this process, where also what the child would write can be seen."""
    caplog.set_level(logging.DEBUG)
    world.mode = mode
    asked = ask()
    assert asked.is_finished
    check_no_media_url(everything_stored(), caplog.text, *capfd.readouterr())
    if mode == "redirect":
        world.log.clear()  # without a guard and without a network it is followed, and refused


def test_searches_that_wait_do_not_hold_the_threads_of_the_site(world, monkeypatch):
    """With YouTube slow, each search over the limit is told so within about a second."""
    monkeypatch.setattr(source, "SEARCH_QUEUE_S", 0.05)
    taken = [source.searches.acquire(blocking=False) for _ in range(4)]
    try:
        assert all(taken)
        started = time.monotonic()
        with pytest.raises(SourceError):
            source.find("any song")
        assert time.monotonic() - started < 5
    finally:
        for _ in taken:
            source.searches.release()
