"""What is kept of yt-dlp's words: which failure it was, and nothing that must stay secret."""

from __future__ import annotations

import pytest

from classifier.sources.youtube.ytdlp.config import Config
from classifier.sources.youtube.ytdlp.failures import (
    FAILURES,
    SIGNS,
    YouTubeFailure,
    explain,
    without_secrets,
)

HOST = "rr1---sn-fake.googlevideo.com"
PATH = "/videoplayback?expire=4102444800&ip=192.0.2.7&id=abc&sig=AOq0QJ8w"
CONFIG = Config(
    proxy="socks5://someone:pa%40ss@proxy.example:1080",
    cookies="# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\tSID\tcookie-value\n",
    extractor_args={"youtube": {"po_token": ["web.gvs+MnQ0bHVzdHJvdXMtdG9rZW4="]}},
)


@pytest.mark.parametrize(
    "text",
    [
        f"https://{HOST}{PATH}",
        f"HTTPError: HTTP Error 403: Forbidden (https://{HOST}{PATH})",
        f"first line\nhttps://{HOST}{PATH}\nlast line",
        f"HTTPSConnectionPool(host='{HOST}', port=443): Max retries exceeded with url: {PATH}",
        f"Unable to parse 'https%3A%2F%2F{HOST}%2Fvideoplayback%3Fip%3D192.0.2.7'",
        "https://manifest.example/api/ip/videoplayback?ip=192.0.2.7",
        "GET /generate_204?ip=192.0.2.7&x=1",
        "ip=2001:db8::7 is blocked",
    ],
)
def test_no_media_url_and_no_address_is_kept(text):
    for kept in (without_secrets(text), YouTubeFailure("media", text).detail):
        for secret in ("192.0.2.7", "2001:db8", "expire=", "AOq0QJ8w", "sn-fake"):
            assert secret not in kept
        assert kept


def test_what_is_no_secret_is_kept():
    text = "ERROR: [youtube] dQw4w9WgXcQ: Video unavailable; see https://www.youtube.com/watch?v=x"
    assert without_secrets(text, CONFIG) == text


@pytest.mark.parametrize(
    "text",
    [
        "Unable to connect to socks5://someone:pa%40ss@proxy.example:1080",
        "Unable to connect to http://someone:pa@ss@proxy.example:1080/",
        "proxy login someone:pa@ss was refused",
        "password pa%40ss",
        "Cookie: SID=cookie-value; path=/",
        "token MnQ0bHVzdHJvdXMtdG9rZW4= is stale",
    ],
)
def test_no_password_cookie_or_token_is_kept(text):
    kept = without_secrets(text, CONFIG)
    for secret in ("pa%40ss", "pa@ss", "cookie-value", "MnQ0bHVzdHJvdXMtdG9rZW4"):
        assert secret not in kept
    assert "[secret]" in kept


def test_a_short_secret_does_not_riddle_the_text():
    assert without_secrets("a plain sentence", Config(proxy="http://a:a@x")) == "a plain sentence"


def test_a_proxy_without_a_name_has_no_secret():
    config = Config(proxy="http://127.0.0.1:8080")
    assert without_secrets("refused by 127.0.0.1:8080", config) == "refused by 127.0.0.1:8080"


def test_a_failure_may_go_in_circles():
    """Exceptions that name each other as their cause."""
    one, two = ValueError("one"), ValueError("video is private")
    one.__cause__, two.__cause__ = two, one
    assert explain(one, []).kind == "private"


def test_warnings_tell_what_the_error_does_not():
    error = Exception("[youtube] x: Failed to extract any player response")
    assert explain(error, []).kind == "unknown"
    assert explain(error, ["HTTP Error 429: Too Many Requests"]).kind == "rate_limit"


def test_every_sign_leads_to_a_failure():
    assert {kind for _, kind in SIGNS} <= set(FAILURES)
