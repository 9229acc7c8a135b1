"""The YouTube source with yt-dlp's answers put in its place; no socket is opened."""

import contextlib
import io
import time

import pytest
import yt_dlp
from yt_dlp.utils import DownloadError

from classifier.sources import SourceError, youtube
from classifier.sources.ranges import BLOCK_BYTES, RangeReader
from tests import sound

ID = "dQw4w9WgXcQ"


@pytest.fixture
def answers(monkeypatch, settings, tmp_path):
    """Give yt-dlp's extract_info an answer; records what it was asked and with which options."""
    settings.YOUTUBE_ENABLED = True
    settings.DATA_DIR = tmp_path
    asked = []

    def set_answer(answer):
        def extract_info(self, url, download=True):
            asked.append((url, self.params))
            if isinstance(answer, BaseException):
                raise answer
            return answer() if callable(answer) else answer

        monkeypatch.setattr(yt_dlp.YoutubeDL, "extract_info", extract_info)
        return asked

    return set_answer


def entry(**values) -> dict:
    defaults = {"ie_key": "Youtube", "id": ID, "title": "Song", "channel": "Band", "duration": 200}
    return defaults | values


def test_only_videos_come_back_as_cards(answers):
    asked = answers(
        {
            "entries": [
                entry(),
                entry(ie_key="YoutubeTab", id="UC1234567890"),
                entry(id="../../../ab"),
                entry(id="aaaaaaaaaaa", live_status="is_live", duration=None),
                entry(id="bbbbbbbbbbb", duration=5 * 3600),
            ]
        }
    )
    found = youtube.find("blue song")
    assert [track.source_id for track in found] == [ID, "aaaaaaaaaaa", "bbbbbbbbbbb"]
    assert [track.choosable for track in found] == [True, False, False]
    assert [track.note for track in found] == ["", "Live now", "Too long"]
    url, options = asked[0]
    assert url.startswith("ytsearch")
    assert options["allowed_extractors"] == ["youtube", "youtube:search"]


def test_a_pasted_link_needs_no_search(answers):
    asked = answers(AssertionError("no request may be made"))
    (track,) = youtube.find(f"https://youtu.be/{ID}")
    assert track.source_id == ID
    assert asked == []


@pytest.mark.parametrize(
    ("message", "sentence", "retryable"),
    [
        ("Sign in to confirm you’re not a bot", "refuses this server's address", True),
        ("HTTP Error 429: Too Many Requests", "slow down", True),
        ("Private video. Sign in if you've been granted access", "private", False),
        ("Sign in to confirm your age", "age-restricted", False),
        ("Failed to resolve 'www.youtube.com'", "cannot be reached", True),
    ],
)
def test_each_refusal_is_a_sentence_without_yt_dlps_advice(answers, message, sentence, retryable):
    answers(DownloadError(f"ERROR: [youtube] {ID}: {message}; use --cookies"))
    with pytest.raises(SourceError, match=sentence) as caught:
        youtube.find("song")
    assert "--cookies" not in str(caught.value)
    assert message in caught.value.detail
    assert caught.value.retryable is retryable


def test_a_dripping_server_holds_a_search_no_longer_than_its_deadline(answers, settings):
    settings.YOUTUBE_SEARCH_TIMEOUT_S = 1
    answers(lambda: time.sleep(3))
    started = time.monotonic()
    with pytest.raises(SourceError, match="cannot be reached"):
        youtube.find("song")
    assert time.monotonic() - started < 2.5


def test_switched_off_means_no_request(answers, settings):
    asked = answers(AssertionError("no request may be made"))
    settings.YOUTUBE_ENABLED = False
    for call in (lambda: youtube.find("song"), lambda: youtube.fetch(ID, 16_000)):
        with pytest.raises(SourceError, match="switched off"):
            call()
    assert asked == []


class MediaHost:
    """Serves one file to range requests, as googlevideo does; counts what it gave."""

    def __init__(self, content: bytes):
        self.content = content
        self.sent = 0
        self.ranges: list[str] = []

    def urlopen(self, request):
        wanted = request.headers["Range"]
        self.ranges.append(wanted)
        first, last = map(int, wanted.removeprefix("bytes=").split("-"))
        data = self.content[first : last + 1]
        self.sent += len(data)
        response = io.BytesIO(data)
        response.headers = {"Content-Range": f"bytes {first}-{last}/{len(self.content)}"}
        return contextlib.closing(response)


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("media") / "song.m4a"
    return sound.write(path, sound.chord(180.0)).read_bytes()


def test_three_windows_are_heard_and_not_the_whole_song(answers, monkeypatch, song):
    host = MediaHost(song)
    monkeypatch.setattr(yt_dlp.YoutubeDL, "urlopen", lambda self, request: host.urlopen(request))
    answers(entry(url="https://r1.googlevideo.com/videoplayback?secret", duration=180))
    audio = youtube.fetch(ID, 16_000)
    assert audio.spans == [[25.0, 35.0], [85.0, 95.0], [145.0, 155.0]]
    assert audio.title == "Song"
    assert all(samples.size == 160_000 for _, samples in audio.windows)
    assert "yt-dlp" in audio.versions
    assert len(set(host.ranges)) == len(host.ranges)  # no block is asked for twice


def test_reading_ends_at_the_deadline_and_at_the_byte_limit(song):
    host = MediaHost(song)
    info = {"url": "https://media/"}
    late = RangeReader(host, info, max_bytes=10**9, deadline=time.monotonic() - 1)
    with pytest.raises(TimeoutError):
        late.read(10)
    small = RangeReader(host, info, max_bytes=BLOCK_BYTES, deadline=time.monotonic() + 9)
    assert small.read(BLOCK_BYTES) == song[:BLOCK_BYTES]
    with pytest.raises(SourceError, match="more data"):
        small.read(10)


def test_the_reader_is_a_seekable_file(song):
    reader = RangeReader(
        MediaHost(song), {"url": "https://media/"}, max_bytes=10**9, deadline=time.monotonic() + 9
    )
    reader.seek(-100, io.SEEK_END)
    assert reader.read() == song[-100:]
    assert reader.read() == b""
    reader.seek(1000)
    assert reader.read(50) == song[1000:1050]


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (entry(live_status="is_live", url="x"), "live stream"),
        (entry(duration=4 * 3600, url="x"), "longer than three hours"),
        (DownloadError("ERROR: Video unavailable"), "not available any more"),
    ],
)
def test_what_cannot_be_fetched_is_a_sentence(answers, problem, sentence):
    answers(problem)
    with pytest.raises(SourceError, match=sentence):
        youtube.fetch(ID, 16_000)


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
    assert youtube.window_starts(duration_s) == starts
