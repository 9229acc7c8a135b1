"""The fake YouTube, asked by the real yt-dlp."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from PIL import Image
from yt_dlp import YoutubeDL
from yt_dlp.networking import Request
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import DownloadError, GeoRestrictedError

from classifier.sources.youtube.ytdlp import media
from classifier.sources.youtube.ytdlp.config import Config
from ml.audio.decode import decode
from scripts.testbed.fake_youtube import handler, modes, pictures, songs
from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.search import EVERYTHING, PAGE
from scripts.testbed.fake_youtube.song import M4A, WEBM
from scripts.testbed.fake_youtube.world import World
from scripts.testbed.site import wait_for

SONG = songs.tiny_song(30)
RATE_HZ = 16_000
AUDIO = "ba[protocol=https]/18/b[protocol=https]"


class Asker:
    """yt-dlp with the options that the site gives it."""

    def __init__(self, folder, **options):
        self.warnings: list[str] = []
        self.options = {
            "quiet": True,
            "noprogress": True,
            "logger": self,
            "cachedir": str(folder),
            "socket_timeout": 3,
            "extractor_retries": 1,
            "retries": 1,
            "format": AUDIO,
            "format_sort": ["lang", "abr:140"],
            "allowed_extractors": ["youtube", "youtube:search"],
        } | options

    def debug(self, message: str) -> None:
        pass

    error = debug

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def search(self, query: str, count: int = 18) -> list[dict]:
        with YoutubeDL(self.options | {"extract_flat": True}) as ydl:
            return ydl.extract_info(f"ytsearch{count}:{query}", download=False)["entries"]

    def videos(self, query: str, count: int = 18) -> list[dict]:
        return [entry for entry in self.search(query, count) if entry.get("ie_key") == "Youtube"]

    def resolve(self, song_id: str = SONG.id) -> dict:
        with YoutubeDL(self.options) as ydl:
            url = f"https://www.youtube.com/watch?v={song_id}"
            return ydl.extract_info(url, download=False)

    def fetch(self, url: str, span: str | None = None) -> tuple[int, bytes, dict]:
        headers = {"Range": f"bytes={span}"} if span else {}
        with (
            YoutubeDL(self.options) as ydl,
            ydl.urlopen(Request(url, headers=headers)) as response,
        ):
            return response.status, response.read(), dict(response.headers)


@pytest.fixture
def world(monkeypatch):
    world = handler.install(monkeypatch, World([SONG]))
    yield world
    world.release()


@pytest.fixture
def asker(tmp_path):
    return Asker(tmp_path)


@pytest.fixture
def through_proxy(tmp_path, monkeypatch):
    with FakeYouTubeProxy(World([SONG])) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", proxy.ca_file)
        asker = Asker(tmp_path, proxy=proxy.url, compat_opts=["no-certifi"])
        yield proxy.world, asker


def test_a_search_finds_songs_among_a_channel_and_a_shelf(world, asker):
    world.songs = [
        SONG,
        songs.tiny_song(id="tiny-song_2", title="Second Chord", duration_s=3725, views=12_345),
        songs.tiny_song(id="tiny-song_3", live_status="is_live"),
        songs.tiny_song(id="tiny-song_4", live_status="is_upcoming"),
    ]
    entries = asker.search("chord")
    assert [entry.get("ie_key") for entry in entries].count("Youtube") == 4
    assert {entry.get("ie_key") for entry in entries} == {"Youtube", "YoutubeTab", None}
    first, second, live, upcoming = (e for e in entries if e.get("ie_key") == "Youtube")
    assert (first["title"], first["channel"]) == (SONG.title, SONG.channel)
    assert (first["duration"], first["view_count"]) == (30, 1000)
    assert (second["channel"], second["duration"]) == (SONG.channel, 3725)
    assert second["view_count"] == 12_345
    assert (live["live_status"], upcoming["live_status"]) == ("is_live", "is_upcoming")
    assert asker.warnings == []
    assert world.foreign == []


def test_words_choose_and_pages_go_on(world, asker):
    world.songs = [songs.tiny_song(id=f"song-{i:06}", title=f"Number {i}") for i in range(PAGE + 5)]
    assert [entry["title"] for entry in asker.videos("seventeen 17")] == ["Number 17"]
    assert len(asker.videos(EVERYTHING, 60)) == PAGE + 5
    assert asker.search("zebra") == []
    world.mode = "empty"
    assert asker.search(EVERYTHING) == []
    assert asker.warnings == []


def test_the_player_gives_sound_without_javascript(world, asker):
    info = asker.resolve()
    assert (info["format_id"], info["ext"], info["vcodec"]) == ("140", "m4a", "none")
    assert (info["title"], info["channel"]) == (SONG.title, SONG.channel)
    assert (info["duration"], info["filesize"]) == (30, len(SONG.content()))
    assert asker.warnings == []
    assert not [request for request in world.log if "/s/player/" in request.path]
    with pytest.raises(DownloadError, match="Video unavailable"):
        asker.resolve("nobody-knows"[:11])


def test_media_comes_in_ranges_and_can_be_decoded(world, asker):
    url = asker.resolve()["url"]
    content = SONG.content()
    status, data, headers = asker.fetch(url, "1000-1999")
    assert (status, data) == (206, content[1000:2000])
    assert headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    assert world.media_log[-1].sent == 1000
    assert world.media_log[-1].range == "bytes=1000-1999"
    assert asker.fetch(url)[:2] == (200, content)
    with pytest.raises(HTTPError, match="416"):
        asker.fetch(url, "99999999-")
    with av.open(io.BytesIO(content)) as container:
        container.seek(20_000_000)
        assert 15 < next(container.decode(audio=0)).time <= 20


def test_the_small_stream_is_offered_unless_the_world_or_the_song_has_none(world, asker):
    asker.options["format_sort"] = ["lang", "abr:70"]
    info = asker.resolve()
    assert (info["format_id"], info["ext"], info["acodec"]) == ("250", "webm", "opus")
    assert info["filesize"] == len(SONG.content(WEBM)) < 0.8 * len(SONG.content(M4A))
    assert asker.fetch(info["url"], "0-999")[1] == SONG.content(WEBM)[:1000]
    world.webm = False
    assert asker.resolve()["format_id"] == "140"
    with pytest.raises(HTTPError, match="404"):
        asker.fetch(info["url"], "0-999")
    world.webm, world.songs = True, [songs.tiny_song(30, webm=None)]
    assert asker.resolve()["format_id"] == "140"


def misplaced_s(window: np.ndarray, start_s: float, whole: np.ndarray) -> float:
    """By how many seconds a window lies beside where it says it is; no window at all is an error.

    Both mono at RATE_HZ. What is most alike within a quarter of a second must be alike to 0.99.
    """
    margin = RATE_HZ // 4
    first = max(0, round(start_s * RATE_HZ) - margin)
    around = whole[first : first + window.size + 2 * margin]
    size = around.size + window.size
    products = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(window, size)), size)
    lag = int(products[: around.size - window.size + 1].argmax())
    there = around[lag : lag + window.size]
    assert np.corrcoef(window, there)[0, 1] >= 0.99
    return (first + lag) / RATE_HZ - start_s


@pytest.mark.parametrize(
    ("layout", "stream", "most_of_the_file", "most_requests"),
    [
        ("DASH", WEBM, 0.18, 7),
        ("DASH", M4A, 0.18, 7),
        ("FASTSTART", M4A, 0.25, 10),
        ("INDEX_LAST", M4A, 0.25, 10),
        ("NO_INDEX", M4A, 1.0, 30),
    ],
)
def test_excerpts_are_where_they_say_and_cost_little(
    world, tmp_path, layout, stream, most_of_the_file, most_requests
):
    song = songs.melody(240, layout, **({} if stream is WEBM else {"webm": None}))
    world.songs = [song]
    windows, told = [], {}

    def emit(event: str, **values) -> None:
        if event == "window":
            windows.append((values["start_s"], values["samples"]))
        told[event] = values

    config = Config(cache_dir=str(tmp_path))
    media.fetch(config, song.id, RATE_HZ, emit, deadline=time.monotonic() + 20)
    content = song.content(stream)
    whole = decode(io.BytesIO(content), rate_hz=RATE_HZ)
    assert [samples.size for _, samples in windows] == [10 * RATE_HZ] * 3
    for (start_s, samples), wanted_s in zip(windows, (35, 115, 195), strict=True):
        assert wanted_s - 10 <= start_s <= wanted_s + 0.05
        assert abs(misplaced_s(samples, start_s, whole)) < 0.05
    sent = sum(request.sent for request in world.media_log)
    assert sent == told["cost"]["received_bytes"] <= most_of_the_file * len(content)
    assert len(world.media_log) == told["cost"]["requests"] <= most_requests
    assert {request.status for request in world.media_log} == {206}


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("bot", "Sign in to confirm you’re not a bot. Use --cookies"),
        ("rate_limited", "rate-limited by YouTube for up to an hour"),
        ("private", "Private video. Sign in if you've been granted access"),
        ("removed", "Video unavailable. This video has been removed by the uploader"),
        ("age", "Sign in to confirm your age"),
        ("geo", "not made this video available in your country"),
        ("live", "Requested format is not available"),
        ("premiere", "Premieres in 3 hours"),
        ("members_only", "Join this channel to get access to members-only content"),
        ("no_formats", "No video formats found"),
        ("rate429", "Failed to extract any player response"),
        ("server500", "HTTP Error 500"),
        ("hang", "timed out"),
    ],
)
def test_each_refusal_of_the_player_is_told_in_yt_dlps_words(world, asker, mode, message):
    world.mode = mode
    with pytest.raises(DownloadError) as caught:
        asker.resolve()
    assert message in str(caught.value)
    assert isinstance(caught.value.exc_info[1], GeoRestrictedError) is (mode == "geo")
    if mode == "rate429":
        assert "429" in "".join(asker.warnings)
    assert world.foreign == []


@pytest.mark.parametrize(
    ("mode", "message"),
    [("rate429", "HTTP Error 429"), ("server500", "HTTP Error 500"), ("hang", "timed out")],
)
def test_a_search_that_fails(world, asker, mode, message):
    world.mode = mode
    with pytest.raises(DownloadError, match=message):
        asker.search("chord")


def test_the_moods_of_the_media_host(world, asker):
    url, content = asker.resolve()["url"], SONG.content()
    world.mode = "strict_ranges"
    assert asker.fetch(url, "0-999")[0] == 206
    for span in (None, "0-", f"0-{1024 * 1024}"):
        with pytest.raises(HTTPError, match="403"):
            asker.fetch(url, span)
    world.mode = "forbidden_media"
    with pytest.raises(HTTPError, match="403"):
        asker.fetch(url, "0-999")
    world.mode = "ignore_ranges"
    assert asker.fetch(url, "0-999")[:2] == (200, content)
    world.mode = "corrupt"
    assert asker.fetch(url, "0-999")[1] not in (content[:1000], b"")
    assert world.foreign == []
    world.mode = "redirect"
    with pytest.raises(HTTPError, match="502"):
        asker.fetch(url, "0-999")
    assert [request.host for request in world.foreign] == ["169.254.169.254"]


def test_forbidden_once_is_cured_by_resolving_again(world, asker):
    world.mode = "forbidden_once"
    with pytest.raises(HTTPError, match="403"):
        asker.fetch(asker.resolve()["url"], "0-999")
    assert asker.fetch(asker.resolve()["url"], "0-999")[0] == 206


def test_the_host_of_the_small_pictures(world):
    def picture(song_id: str = SONG.id) -> tuple[int, bytes]:
        answer = world.respond("GET", pictures.HOST, f"/vi/{song_id}/mqdefault.jpg")
        return answer.status, answer.body

    status, body = picture()
    assert status == 200
    assert Image.open(io.BytesIO(body)).size == pictures.SIZE
    assert picture("nobody-know")[0] == 404
    assert world.respond("GET", pictures.HOST, "/elsewhere").status == 404
    world.mode = "thumbnail_bomb"
    assert Image.open(io.BytesIO(picture()[1])).size == pictures.BOMB_SIZE
    assert world.mode not in modes.MEDIA_MODES
    world.mode = "thumbnail_redirect"
    assert picture() == (302, b"")
    assert world.picture_log == world.log
    assert world.foreign == []


def test_nasty_titles_and_a_bomb(world, asker):
    world.mode = "html_titles"
    for told in (asker.videos("chord")[0], asker.resolve()):
        assert told["title"] == modes.NASTY + SONG.title
        assert told["channel"] == modes.NASTY + SONG.channel
    world.mode = "bomb"
    info = asker.resolve()
    assert info["duration"] == 30
    with av.open(io.BytesIO(asker.fetch(info["url"])[1])) as container:
        assert container.duration / 1e6 > 10 * 3600
    assert info["filesize"] < 8_000_000


def test_an_unknown_mode_is_a_mistake():
    with pytest.raises(ValueError, match="no mode 'botty'"):
        World(mode="botty")


@pytest.mark.parametrize("handler_options", [[], ["prefer-legacy-http-handler"]])
def test_search_resolve_and_fetch_through_the_proxy(through_proxy, handler_options):
    world, asker = through_proxy
    asker.options["compat_opts"] = ["no-certifi", *handler_options]
    assert asker.videos("chord")[0]["id"] == SONG.id
    status, data, _ = asker.fetch(asker.resolve()["url"], "0-99999")
    assert (status, data) == (206, SONG.content()[:100_000])
    assert asker.warnings == []
    assert world.foreign == []
    # It is written down after it was sent, in a thread of the proxy.
    wait_for(lambda: world.media_log[-1].sent == 100_000, 10, "the answer to be written down")


def test_the_proxy_is_distrusted_without_its_certificate(through_proxy, monkeypatch):
    _, asker = through_proxy
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED"):
        asker.search("chord")


def test_the_proxy_refuses_what_is_not_youtube(through_proxy):
    world, asker = through_proxy
    for url in ("http://169.254.169.254/latest/", "https://example.org/", "http://youtube.com/"):
        with pytest.raises(HTTPError, match="502"):
            asker.fetch(url)
    assert [request.host for request in world.foreign] == [
        "169.254.169.254",
        "example.org",
        "youtube.com",
    ]


def test_a_slow_proxy(through_proxy):
    world, asker = through_proxy
    url = asker.resolve()["url"]
    started = time.monotonic()
    world.delay_s, world.bandwidth = 0.2, 100_000
    asker.fetch(url, "0-49999")
    assert 0.6 < time.monotonic() - started < 1.5


def test_more_connections_do_not_widen_the_line(through_proxy):
    world, asker = through_proxy
    url = asker.resolve()["url"]
    world.bandwidth = 200_000
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(asker.fetch, [url] * 4, [f"{i}0000-{i}9999" for i in range(1, 5)]))
    assert [len(data) for _, data, _ in answers] == [10_000] * 4
    assert time.monotonic() - started > 0.2  # 40,000 bytes, though each connection carried a part


def test_a_proxy_that_hangs_or_drips(through_proxy):
    world, asker = through_proxy
    url = asker.resolve()["url"]
    asker.options["socket_timeout"] = 0.5
    world.mode = "hang"
    with pytest.raises(TransportError, match="timed out"):
        asker.fetch(url, "0-999")
    asker.options["socket_timeout"] = 1.5  # each byte comes in time, the answer never
    world.mode = "drip"
    started = time.monotonic()
    threading.Timer(2.2, world.release).start()
    with pytest.raises(TransportError):
        asker.fetch(url, "0-999")
    assert time.monotonic() - started > 2
