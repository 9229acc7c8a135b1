"""The options that yt-dlp is given, and that they keep it on YouTube."""

from __future__ import annotations

import pytest
from yt_dlp import YoutubeDL
from yt_dlp.utils import DownloadError

from classifier.sources.youtube.ytdlp.config import Config, Log, params
from scripts.testbed.fake_youtube import handler, songs
from scripts.testbed.fake_youtube.world import World


@pytest.fixture
def asked(monkeypatch):
    world = handler.install(monkeypatch, World([songs.tiny_song(30)]))
    yield world
    world.release()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:8000/admin/",
        "https://soundcloud.com/artist/track",
        "https://example.org/song.mp3",
        "https://www.youtube.com/playlist?list=PL1234567890123456",
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/channel/UC1234567890123456789012",
        "https://www.youtube.com/results?search_query=x",
        "ytsearchdate5:chord",
        "scsearch5:chord",
        "gvsearch5:chord",
        "https://www.youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://www.y\N{CYRILLIC SMALL LETTER O}utube.com/watch?v=dQw4w9WgXcQ",
        "https://www.xn--yutube-wqf.com/watch?v=dQw4w9WgXcQ",
    ],
)
def test_nothing_but_videos_and_searches_is_taken(asked, url):
    with YoutubeDL(params(Config(), Log())) as ydl, pytest.raises(DownloadError):
        ydl.extract_info(url, download=False)
    assert asked.log == []


def test_a_video_and_a_search_are_taken(asked):
    with YoutubeDL(params(Config(), Log(), extract_flat=True)) as ydl:
        assert ydl.extract_info("https://www.youtube.com/watch?v=tiny-song_1", download=False)
        assert ydl.extract_info("ytsearch5:chord", download=False)["entries"]
    assert asked.foreign == []


def test_warnings_are_kept_and_nothing_is_printed(asked, capfd):
    log = Log()
    asked.mode = "rate429"
    with YoutubeDL(params(Config(), log)) as ydl, pytest.raises(DownloadError):
        ydl.extract_info("https://www.youtube.com/watch?v=tiny-song_1", download=False)
    assert any("429" in line for line in log.lines)
    assert capfd.readouterr() == ("", "")


def test_each_call_gets_its_cookies_afresh():
    config = Config(cookies="# Netscape HTTP Cookie File\n")
    one, two = params(config, Log()), params(config, Log())
    assert one["cookiefile"] is not two["cookiefile"]
    one["cookiefile"].write("spoilt")
    assert two["cookiefile"].getvalue() == config.cookies


def test_secrets_are_not_in_what_a_traceback_would_show():
    config = Config(
        proxy="http://a:password@x", cookies="SID=cookie", extractor_args={"youtube": {"t": ["tk"]}}
    )
    for secret in ("password", "cookie=", "SID", "tk"):
        assert secret not in repr(config)
