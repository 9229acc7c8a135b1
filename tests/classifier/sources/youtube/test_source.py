"""The YouTube source, asked through yt-dlp's real code; the fake answers."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from classifier.models import SourceCooldown
from classifier.sources import SourceError
from classifier.sources.youtube import source
from classifier.sources.youtube.ytdlp.config import Log, params
from classifier.sources.youtube.ytdlp.media import window_starts
from scripts.testbed.fake_youtube import songs
from scripts.testbed.fake_youtube.search import EVERYTHING
from tests.classifier.conftest import SONG

pytestmark = pytest.mark.django_db


def fetch(song_id=SONG.id, *, whole=False):
    """All of it: the audio, its windows as a list, and the steps that were told."""
    steps = []
    audio = source.fetch(song_id, 16_000, whole=whole, progress=steps.append)
    return audio, list(audio.heard()), steps


def test_cards_tell_what_one_chooses_by(world):
    world.songs = [
        SONG,
        songs.tiny_song(id="tiny-song_3", live_status="is_live"),
        songs.tiny_song(id="tiny-song_4", live_status="is_upcoming"),
        songs.tiny_song(id="tiny-song_5", duration_s=5 * 3600),
    ]
    song, live, upcoming, long = source.find("chord")
    assert (song.source_id, song.title, song.artist) == (SONG.id, SONG.title, SONG.channel)
    assert (song.duration_s, song.views, song.choosable) == (60, 1000, True)
    assert [t.note for t in (live, upcoming, long)] == ["Live now", "Not published yet", "Too long"]
    assert not any(track.choosable for track in (live, upcoming, long))


def test_a_dozen_first_and_more_on_demand(world):
    world.songs = [songs.tiny_song(id=f"song-{i:06}", title=f"Number {i}") for i in range(60)]
    assert len(source.find(EVERYTHING)) == source.RESULTS
    assert len(source.find(EVERYTHING, 24)) == 24
    assert len(source.find(EVERYTHING, 1000)) == source.MOST_RESULTS


def test_a_search_without_results_is_no_error(world):
    assert source.find("zebra") == []


def test_a_pasted_link_or_id_needs_no_request(world):
    (track,) = source.find(f"https://youtu.be/{SONG.id}?t=1m5s")
    assert (track.source_id, track.start_s) == (SONG.id, 65)
    assert [track.source_id for track in source.find("dQw4w9WgXcQ")] == ["dQw4w9WgXcQ"]
    assert world.log == []


def test_only_excerpts_are_fetched(world):
    world.songs = [songs.tiny_song(240)]
    audio, windows, steps = fetch()
    assert audio.spans == [[30.0, 40.0], [110.0, 120.0], [190.0, 200.0]]  # where clusters begin
    assert (audio.title, audio.artist, audio.duration_s) == (SONG.title, SONG.channel, 240)
    assert all(samples.size == 160_000 for _, samples in windows)
    assert "yt-dlp" in audio.versions
    assert steps == ["Asking YouTube for the song", "Fetching 3 excerpts of 10 seconds"]
    sent = sum(request.sent for request in world.media_log)
    assert sent < len(world.songs[0].content()) / 3
    assert all(request.range for request in world.media_log)


def test_how_much_is_heard_is_a_setting(world, settings):
    settings.YOUTUBE_EXCERPTS, settings.YOUTUBE_EXCERPT_S = 2, 5
    audio, windows, _ = fetch()
    assert audio.spans == [[10.0, 15.0], [40.0, 45.0]]
    assert len(windows) == 2


def test_the_whole_song_covers_everything_up_to_the_cap(world, settings):
    world.songs = [songs.tiny_song(100)]
    audio, _, _ = fetch(whole=True)
    assert audio.spans[0][0] == 0
    assert audio.spans[-1][1] == pytest.approx(100, abs=0.5)
    for earlier, later in pairwise(audio.spans):
        assert earlier[1] == pytest.approx(later[0], abs=0.1)
    settings.YOUTUBE_WHOLE_MINUTES = 1
    audio, _, _ = fetch(whole=True)
    assert audio.spans[-1][1] == pytest.approx(60, abs=0.5)


def test_a_song_shorter_than_its_excerpts(world):
    world.songs = [songs.tiny_song(12)]
    audio, _, _ = fetch()
    assert audio.spans[0][0] == 0
    assert audio.spans[-1][1] <= 12.2


@pytest.mark.parametrize("mode", ["strict_ranges", "ignore_ranges", "forbidden_once"])
def test_a_difficult_media_host_is_dealt_with(world, mode):
    world.mode = mode
    _, windows, steps = fetch()
    assert len(windows) == 3
    assert ("Asking YouTube once more" in steps) is (mode == "forbidden_once")


@pytest.mark.parametrize(
    ("mode", "kind", "temporary"),
    [
        ("private", "private", False),
        ("removed", "removed", False),
        ("members_only", "members", False),
        ("age", "age", False),
        ("geo", "country", False),
        ("live", "live", True),
        ("premiere", "premiere", True),
        ("no_formats", "format", True),
        ("forbidden_media", "forbidden", True),
        ("corrupt", "media", False),
        ("server500", "server", True),
        ("hang", "timeout", True),
    ],
)
def test_permanent_and_temporary_failures_are_told_apart(world, mode, kind, temporary):
    world.mode = mode
    with pytest.raises(SourceError) as caught:
        fetch()
    assert caught.value.kind == kind
    assert caught.value.reason.is_retryable is temporary
    assert caught.value.reason.next_step
    assert not SourceCooldown.objects.exists()


def test_what_may_pass_at_once_is_tried_once_more(world):
    world.mode = "server500"
    with pytest.raises(SourceError):
        fetch()
    asked_twice = len(world.log)
    world.log.clear()
    world.mode = "private"
    with pytest.raises(SourceError):
        fetch()
    assert 0 < len(world.log) < asked_twice


def test_a_cured_server_is_not_seen_by_the_visitor(world):
    world.mode = "server500"
    steps = []

    def progress(text):
        steps.append(text)
        if "once more" in text:
            world.mode = "ok"

    audio = source.fetch(SONG.id, 16_000, whole=False, progress=progress)
    assert len(list(audio.heard())) == 3
    assert "YouTube did not answer; asking once more" in steps


@pytest.mark.parametrize(
    ("mode", "kind"), [("bot", "bot"), ("rate429", "rate_limit"), ("rate_limited", "rate_limit")]
)
def test_an_objection_pauses_the_whole_site(world, settings, mode, kind):
    settings.YOUTUBE_COOLDOWN_MINUTES = 20
    world.mode = mode
    with pytest.raises(SourceError) as caught:
        fetch()
    assert caught.value.kind == kind
    until = caught.value.parameters["until"]
    assert timedelta(minutes=19) < until - timezone.now() <= timedelta(minutes=20)
    assert f"{until:%H:%M} UTC" in str(caught.value)
    world.log.clear()
    for call in (lambda: source.find("chord"), fetch):
        with pytest.raises(SourceError, match="will not be asked again before"):
            call()
    assert world.log == []
    SourceCooldown.objects.update(until=timezone.now() - timedelta(seconds=1))
    world.mode = "ok"
    assert len(source.find("chord")) == 1


def test_a_video_longer_than_the_limit(world, settings):
    settings.YOUTUBE_MAX_MINUTES = 60
    world.songs = [songs.tiny_song(60, duration_s=3700)]
    with pytest.raises(SourceError, match="longer than this server listens to"):
        fetch()
    assert world.media_log == []


def test_more_bytes_than_the_limit(world, settings):
    world.songs = [songs.tiny_song(600)]
    settings.YOUTUBE_WHOLE_MAX_MB = 1
    with pytest.raises(SourceError, match="more data than this server fetches"):
        fetch(whole=True)


def test_no_javascript_runtime(world, monkeypatch):
    from classifier.sources.youtube.ytdlp import failures

    failure = failures.explain(
        Exception("Requested format is not available"),
        ["No supported JavaScript runtime could be found. Only deno is enabled by default"],
    )
    assert failure.kind == "no_javascript"


def test_switched_off_means_no_request(world, settings):
    settings.YOUTUBE_ENABLED = False
    for call in (lambda: source.find("chord"), fetch, lambda: source.find(SONG.id)):
        with pytest.raises(SourceError, match="switched off"):
            call()
    assert world.log == []


@pytest.mark.parametrize("wrong", ["", "../../../ab", "dQw4w9WgXcQ&list=x", "https://x", "a" * 12])
def test_only_an_id_is_fetched(world, wrong):
    with pytest.raises(SourceError, match="not the id"):
        fetch(wrong)
    assert world.log == []


def test_the_proxy_of_the_environment_is_told_through_the_task(settings, monkeypatch):
    settings.YOUTUBE_PROXY = ""
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:secret@10.0.0.1:3128")
    assert source.config().proxy == "http://someone:secret@10.0.0.1:3128"
    monkeypatch.setenv("NO_PROXY", "ytimg.com")
    assert source.config().proxy == ""


def test_the_operators_settings_reach_yt_dlp(settings, tmp_path, monkeypatch):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n")
    settings.DATA_DIR = tmp_path
    settings.YOUTUBE_PROXY = "socks5://user:secret@10.0.0.1:1080"
    settings.YOUTUBE_COOKIES_FILE = str(cookies)
    settings.YOUTUBE_SOURCE_ADDRESS = "192.0.2.9"
    settings.YOUTUBE_EXTRACTOR_ARGS = {"youtube": {"player_client": ["tv"]}}
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    given = params(source.config(), Log())
    assert given["proxy"] == settings.YOUTUBE_PROXY
    assert given["source_address"] == "192.0.2.9"
    assert given["extractor_args"] == {"youtube": {"player_client": ["tv"]}}
    assert isinstance(given["cookiefile"], io.StringIO)
    assert given["cookiefile"].getvalue() == cookies.read_text()
    assert given["allowed_extractors"] == ["youtube", "youtube:search"]
    assert given["cachedir"] == str(tmp_path / "yt-dlp")
    assert "compat_opts" not in given


def test_cookies_that_have_gone_are_one_sentence(world, settings, tmp_path):
    settings.YOUTUBE_COOKIES_FILE = str(tmp_path / "gone.txt")
    with pytest.raises(SourceError, match="cookies"):
        source.find("chord")


@pytest.mark.parametrize(
    ("duration_s", "starts"),
    [
        (240, [35.0, 115.0, 195.0]),
        (3600, [595.0, 1795.0, 2995.0]),
        (25, [0.0, 10.0]),
        (4, [0.0]),
        (0, [0.0]),
    ],
)
def test_windows_spread_over_the_song(duration_s, starts):
    assert window_starts(duration_s, 3, 10.0) == starts
