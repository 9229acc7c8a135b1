"""The way to the host of videos' pictures, and what is taken from it; see test_thumbnails.py."""

import base64
import io
import os

import pytest
from PIL import Image

from classifier.sources.youtube import thumbnail_host
from scripts.testbed.fake_youtube import songs
from tests.classifier.sources.youtube.ytdlp.test_guard import Listener

SONG = songs.tiny_song(60)


def test_no_picture_is_larger_than_it_may_be():
    noise = Image.effect_noise((480, 360), 200)
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=95)
    assert out.tell() > thumbnail_host.MAX_BYTES
    with pytest.raises(thumbnail_host.NoPicture, match="too large"):
        thumbnail_host.reencoded(out.getvalue())


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_no_other_kind_of_picture_is_taken(kind):
    out = io.BytesIO()
    Image.new("RGB", (32, 18)).save(out, kind)
    for head in (b"", b"\xff\xd8\xff"):
        with pytest.raises(thumbnail_host.NoPicture):
            thumbnail_host.reencoded(head + out.getvalue())


def test_an_http_proxy_is_signed_in_to(settings):
    listener = Listener()
    settings.YOUTUBE_PROXY = f"http://some%40one:pa%3Ass@127.0.0.1:{listener.port}"
    with pytest.raises(thumbnail_host.Unreachable):
        thumbnail_host.fetch(SONG.id)
    listener.close()
    assert listener.heard[0].startswith(b"CONNECT i.ytimg.com:443 ")
    sign_in = base64.b64encode(b"some@one:pa:ss")
    assert b"authorization: basic " + sign_in.lower() in listener.heard[0].lower()


@pytest.mark.parametrize(
    ("setting", "environment", "used"),
    [
        ("", {}, ""),
        ("http://a:1", {"https_proxy": "http://b:2"}, "http://a:1"),
        ("a:1", {}, "http://a:1"),
        ("socks5://a:1", {}, "socks5h://a:1"),
        ("SOCKS://a:1", {}, "socks4://a:1"),
        ("", {"https_proxy": "http://b:2", "http_proxy": "http://c:3"}, "http://b:2"),
        ("", {"http_proxy": "http://c:3", "all_proxy": "http://d:4"}, "http://c:3"),
        ("", {"all_proxy": "socks5://d:4"}, "socks5h://d:4"),
        ("", {"https_proxy": "http://b:2", "no_proxy": "ytimg.com"}, ""),
    ],
)
def test_the_proxy_is_the_one_that_yt_dlp_would_use(
    settings, monkeypatch, setting, environment, used
):
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings.YOUTUBE_PROXY = setting
    assert thumbnail_host.proxy() == used
