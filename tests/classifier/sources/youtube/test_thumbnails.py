"""The small pictures of videos: from this site, within bounds, and the sleeve where there is none.

The pictures' host is asked over real sockets, by way of the fake's proxy.
"""

from __future__ import annotations

import io
import logging
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from classifier.models import RateCount
from classifier.operations import retention
from classifier.sources.youtube import cooldown, source, thumbnail_host, thumbnails
from classifier.sources.youtube.ytdlp import process
from classifier.visitors import rate_limits
from scripts.testbed.fake_youtube import handler, pictures, songs
from scripts.testbed.fake_youtube.relay import Relay
from tests.classifier.conftest import run_inside

pytestmark = pytest.mark.django_db

SONG, OTHER = songs.tiny_song(60), songs.tiny_song(60, id="Tiny-Song_1", title="Another")
FETCH_SOON = thumbnails.fetch_soon  # before conftest.py takes it away
REFUSED = ["missing", "redirect", "html", "huge", "bomb", "broken"]


@pytest.fixture(autouse=True)
def fetches(monkeypatch):
    """A process that knows nothing yet; its threads are over when the test is."""
    fresh = thumbnails.Fetches()
    monkeypatch.setattr(thumbnails, "fetches", fresh)
    yield fresh
    fresh.close()


@pytest.fixture
def proxy(proxy, monkeypatch, fetches):
    proxy.world.songs = [SONG, OTHER]
    thumbnail_host.drop_connections()
    monkeypatch.setattr(process, "run", run_inside)  # searches need no sockets
    handler.install(monkeypatch, proxy.world)
    yield proxy
    assert proxy.world.foreign == []


@pytest.fixture
def world(proxy):
    return proxy.world


@pytest.fixture
def stub(monkeypatch, settings, tmp_path):
    """In place of the network: `stub.answer(id)`, and how many were asked for at once."""

    class Stub:
        asked: list[str] = []
        now = most = 0
        lock = threading.Lock()

        @staticmethod
        def answer(video_id: str) -> bytes:
            return pictures.jpeg(video_id)

    def fetch(video_id: str) -> bytes:
        with stub.lock:
            stub.asked.append(video_id)
            stub.now += 1
            stub.most = max(stub.most, stub.now)
        try:
            return stub.answer(video_id)
        finally:
            with stub.lock:
                stub.now -= 1

    settings.YOUTUBE_ENABLED = True
    settings.DATA_DIR = tmp_path
    stub = Stub()
    stub.asked = []
    monkeypatch.setattr(thumbnail_host, "fetch", fetch)
    return stub


def get(client, video_id: str = SONG.id, **extra):
    return client.get(thumbnails.url_for(video_id), **extra)


def ids(n: int) -> list[str]:
    return [f"video-{i:05}" for i in range(n)]


def test_it_is_a_picture_of_this_site(client, world):
    response = get(client)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "max-age=604800" in response["Cache-Control"]
    assert not response.cookies
    image = Image.open(io.BytesIO(response.content))
    assert (image.format, image.size) == ("JPEG", pictures.SIZE)
    assert [(r.method, r.host, r.path) for r in world.log] == [
        ("GET", "i.ytimg.com", f"/vi/{SONG.id}/mqdefault.jpg")
    ]


def test_it_is_fetched_once_and_sent_once(client, client_factory, world, fetches):
    first = get(client)
    assert get(client_factory()).content == first.content
    unchanged = get(client, headers={"if-none-match": first["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged["Cache-Control"] == first["Cache-Control"]
    assert len(world.log) == 1


def test_each_video_has_its_own_whatever_the_file_system_thinks_of_capitals(client, world):
    assert get(client, SONG.id).content != get(client, OTHER.id).content
    names = os.listdir(thumbnails.folder())
    assert len({name.casefold() for name in names}) == 2


def test_only_what_a_page_has_shown_has_an_address(client, world):
    right = thumbnails.url_for(SONG.id)
    path, _, signature = right.partition("?s=")
    for wrong in (
        path,
        f"{path}?s=",
        f"{path}?s={signature[:-1]}",
        f"{path}?s={signature.swapcase()}",
        right.replace(SONG.id, OTHER.id),
        right.replace(SONG.id, SONG.id.upper()),
        right.replace(SONG.id, "%2e%2e%2f%2e%2e%2fx"),
    ):
        assert client.get(wrong).status_code == 404, wrong
    assert client.post(right).status_code == 405
    assert world.log == []


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "short",
        "a" * 12,
        "../../../..",
        "aaaaaaaaaa\n",
        "aaaaaaaaa\r\n",
        "aaaaaaaaaa/",
        "é" * 11,
    ],
)
def test_nothing_but_an_id_reaches_the_network(world, wrong):
    with pytest.raises(ValueError, match="not the id"):
        thumbnail_host.fetch(wrong)
    assert world.log == []


@pytest.mark.parametrize("mode", REFUSED)
def test_what_is_no_picture_is_neither_shown_nor_kept_nor_asked_for_again(
    client, world, mode, caplog
):
    caplog.set_level(logging.INFO)
    world.mode = f"thumbnail_{mode}"
    response = get(client)
    assert (response.status_code, response.content) == (404, b"")
    assert "max-age=60" in response["Cache-Control"]
    assert not thumbnails.folder().exists()
    world.mode = "ok"
    assert get(client).status_code == 404
    assert SONG.id not in caplog.text
    assert len(world.log) == 1
    assert world.log[0].sent < pictures.HUGE_BYTES
    assert get(client, OTHER.id).status_code == 200  # nobody else suffers


def test_after_a_while_it_is_asked_for_again(client, world, monkeypatch):
    monkeypatch.setattr(thumbnails, "NONE_S", 0.0)
    world.mode = "thumbnail_missing"
    assert get(client).status_code == 404
    world.mode = "ok"
    assert get(client).status_code == 200


def test_what_is_hidden_behind_a_picture_is_left_out(client, world):
    world.mode = "thumbnail_polyglot"
    response = get(client)
    assert response.status_code == 200
    assert b"script" not in response.content
    (file,) = thumbnails.folder().iterdir()
    assert b"script" not in file.read_bytes()


@pytest.mark.parametrize("mode", ["thumbnail_hang", "thumbnail_drip"])
def test_the_time_is_counted_in_all_and_not_since_the_last_byte(world, monkeypatch, mode):
    monkeypatch.setattr(thumbnail_host, "TOTAL_S", 1.5)  # more than a byte takes
    world.mode = mode
    started = time.monotonic()
    with pytest.raises(thumbnail_host.Unreachable, match="Timeout"):
        thumbnail_host.fetch(SONG.id)
    assert 1.4 < time.monotonic() - started < 3


@pytest.mark.parametrize("mode", ["server500", "rate429", "thumbnail_hang"])
def test_a_host_that_fails_is_left_alone_for_a_while(client, world, monkeypatch, mode, caplog):
    monkeypatch.setattr(thumbnail_host, "TOTAL_S", 0.3)
    world.songs = [songs.tiny_song(id=video_id) for video_id in ids(9)]
    world.mode = mode
    found = [get(client, video_id) for video_id in ids(9)]
    assert {response.status_code for response in found} == {404}
    assert {response["Cache-Control"] for response in found} == {"private, max-age=60"}
    assert len(world.log) == thumbnails.FAILURES
    assert len(caplog.records) >= thumbnails.FAILURES
    world.mode = "ok"
    assert get(client, ids(9)[0]).status_code == 404
    later = time.monotonic() + thumbnails.QUIET_S
    monkeypatch.setattr(thumbnails.time, "monotonic", lambda: later)
    assert get(client, ids(9)[0]).status_code == 200


def test_nothing_is_asked_while_youtube_is_off_or_paused(client, world, settings):
    settings.YOUTUBE_ENABLED = False
    assert get(client).status_code == 404
    settings.YOUTUBE_ENABLED = True
    cooldown.begin("youtube", "bot", 30)
    assert get(client).status_code == 404
    assert world.log == []
    cooldown.SourceCooldown.objects.all().delete()
    assert get(client).status_code == 200
    cooldown.begin("youtube", "bot", 30)
    assert get(client).status_code == 200  # the one that is here already
    settings.YOUTUBE_ENABLED = False
    assert get(client).status_code == 404
    assert len(world.log) == 1


def test_what_youtube_must_be_asked_for_is_limited(client, stub, settings, monkeypatch):
    settings.SEARCHES_PER_MINUTE = 1
    monkeypatch.setattr(rate_limits, "PICTURES_A_SEARCH", 2)
    monkeypatch.setattr(rate_limits.time, "time", lambda: 1_800_000_000.0)
    asked = [get(client, video_id).status_code for video_id in ids(4)]
    assert asked == [200, 200, 404, 404]
    assert [get(client, video_id).status_code for video_id in ids(2)] == [200, 200]
    assert stub.asked == ids(2)
    assert get(client, ids(4)[3], REMOTE_ADDR="192.0.2.7").status_code == 200
    assert {count.key.partition(":")[0] for count in RateCount.objects.all()} == {"picture"}


def test_few_are_fetched_at_once_and_each_only_once(stub, fetches):
    stub.answer = lambda video_id: (time.sleep(0.02), pictures.jpeg(video_id))[1]
    with ThreadPoolExecutor(24) as pool:
        found = list(pool.map(fetches.wait_for, ids(12) * 2))
    assert None not in found
    assert sorted(stub.asked) == ids(12)
    assert 1 < stub.most <= thumbnails.FETCHES


def test_a_slow_host_leaves_threads_to_the_rest_of_the_site(stub, fetches, monkeypatch):
    monkeypatch.setattr(thumbnails, "PATIENCE_S", 2.0)
    monkeypatch.setattr(thumbnails, "BRIEFLY_S", 0.1)
    blocked = threading.Event()
    stub.answer = lambda video_id: (blocked.wait(20), pictures.jpeg(video_id))[1]
    waited = []

    def wait(video_id: str) -> None:
        started = time.monotonic()
        assert fetches.wait_for(video_id) is None
        waited.append(time.monotonic() - started)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(wait, ids(8)))
    blocked.set()
    assert sum(seconds < 1 for seconds in waited) == 8 - thumbnails.PATIENT
    assert max(waited) < 3


def test_there_is_an_end_to_what_waits(stub, fetches, monkeypatch):
    monkeypatch.setattr(thumbnails, "MOST_COMING", 5)
    blocked = threading.Event()
    stub.answer = lambda video_id: (blocked.wait(20), pictures.jpeg(video_id))[1]
    begun = [fetches.begin(video_id) for video_id in ids(7)]
    assert begun[5:] == [None, None]
    blocked.set()
    assert all(future.result(20) for future in begun[:5])


def test_an_error_that_nobody_thought_of_is_a_sleeve_too(client, stub, caplog):
    def answer(video_id: str) -> bytes:
        raise ZeroDivisionError

    stub.answer = answer
    assert get(client).status_code == 404
    assert "could not be fetched" in caplog.text


def test_a_folder_that_cannot_be_written_costs_no_picture(client, stub, caplog):
    thumbnails.folder().write_text("not a folder")
    assert get(client).status_code == 200
    assert "could not be kept" in caplog.text


def test_the_folder_is_bounded_and_the_oldest_go(stub, fetches, monkeypatch):
    monkeypatch.setattr(thumbnails, "KEEP_FILES", 20)
    for i, video_id in enumerate(ids(50)):
        assert fetches.wait_for(video_id)
        os.utime(thumbnails.path_of(video_id), (i, i))
        assert len(os.listdir(thumbnails.folder())) <= 20
    assert all(thumbnails.kept(video_id) for video_id in ids(50)[-18:])


def test_they_are_forgotten_after_their_days(stub, fetches):
    old, young = ids(2)
    for video_id in (old, young):
        fetches.wait_for(video_id)
    now = timezone.now()
    long_ago = (now - timedelta(days=thumbnails.KEEP_DAYS, minutes=1)).timestamp()
    os.utime(thumbnails.path_of(old), (long_ago, long_ago))
    assert retention.purge_expired(now, dry_run=True)["pictures of videos"] == 1
    assert thumbnails.kept(old)
    retention.purge_expired(now)
    assert thumbnails.kept(old) is None
    assert thumbnails.kept(young)


def test_a_search_begins_to_fetch_them(client, world, monkeypatch):
    monkeypatch.setattr(thumbnails, "fetch_soon", FETCH_SOON)
    tracks = source.find("chord")
    assert [track.thumbnail_url for track in tracks] == [thumbnails.url_for(SONG.id)]
    deadline = time.monotonic() + 10
    while thumbnails.kept(SONG.id) is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert client.get(tracks[0].thumbnail_url).status_code == 200
    assert len(world.picture_log) == 1
    assert not RateCount.objects.exists()


@pytest.mark.parametrize("query", ["chord", f"https://youtu.be/{SONG.id}"])
def test_a_page_of_results_names_no_other_site_and_has_a_sleeve_under_each(client, world, query):
    page = client.get(reverse("search"), {"q": query}).content.decode()
    page = page.partition("On YouTube")[2]
    cover = re.search(r'<div class="tile-cover">.*?</div>', page, flags=re.DOTALL)[0]
    assert 'src="/thumbnail/' in cover
    assert 'alt=""' in cover
    assert cover.index('<svg class="sleeve"') < cover.index("<img")
    assert "ytimg" not in page
    assert 'src="http' not in page


# The way to the host


@pytest.fixture
def relay(proxy):
    found = Relay(int(proxy.url.rpartition(":")[2]))
    yield found
    found.close()


def test_a_socks_proxy_looks_up_the_name_and_is_signed_in_to(client, relay, settings):
    settings.YOUTUBE_PROXY = f"socks5://some%40one:pa%3Ass@127.0.0.1:{relay.port}"
    assert get(client).status_code == 200
    assert relay.targets == [(3, b"i.ytimg.com")]
    assert relay.sign_ins == [b"some@one:pa:ss"]


def test_one_connection_serves_many_pictures(client, relay, settings, world):
    world.songs = [songs.tiny_song(id=video_id) for video_id in ids(6)]
    settings.YOUTUBE_PROXY = f"socks5://a:b@127.0.0.1:{relay.port}"
    for video_id in [*ids(3), "nobody-know", *ids(6)]:
        get(client, video_id)
    assert len(world.log) == 7
    assert len(relay.clients) == 1


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_it_goes_out_by_the_address_of_the_setting(client, relay, settings, scheme):
    settings.YOUTUBE_SOURCE_ADDRESS = "127.0.0.9"
    settings.YOUTUBE_PROXY = f"{scheme}://a:b@127.0.0.1:{relay.port}"
    get(client)  # for http the relay is no proxy; it has seen who came
    assert set(relay.clients) == {"127.0.0.9"}


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks4", "nonsense"])
def test_a_broken_proxy_is_a_sleeve_and_its_password_is_not_told(
    client, proxy, settings, caplog, scheme
):
    caplog.set_level(logging.DEBUG)
    settings.YOUTUBE_PROXY = f"{scheme}://someone:pa55word@127.0.0.1:1"
    assert get(client).status_code == 404
    assert "could not be reached" in caplog.text
    assert "pa55word" not in caplog.text


def test_the_host_must_prove_who_it_is(client, proxy, monkeypatch, caplog):
    monkeypatch.delenv("SSL_CERT_FILE")
    assert get(client).status_code == 404
    assert "SSLError" in caplog.text
    assert proxy.world.log == []
