from __future__ import annotations

import pytest

from classifier import thumbnails
from classifier.sources.ytdlp import child, process
from classifier.sources.ytdlp.failures import YouTubeFailure
from tests.fake_youtube import handler, songs
from tests.fake_youtube.world import World

SONG = songs.tiny_song(60)


def run_inside(task, config, arguments, seconds):
    """What process.run does, without the process: the same task and the same events."""
    order = {
        "task": task,
        "config": vars(config),
        "arguments": arguments,
        "seconds": seconds,
    }
    events = []
    child.perform(
        order,
        lambda event, samples=None, **values: events.append(
            {"event": event, **values} | ({} if samples is None else {"samples": samples})
        ),
    )
    for event in events:
        if event["event"] == "failure":
            raise YouTubeFailure(event["kind"], event["detail"])
        if event["event"] != "done":
            yield event


@pytest.fixture(autouse=True)
def _no_pictures_by_themselves(monkeypatch):
    """A search begins to fetch pictures, in threads that would outlive most tests."""
    monkeypatch.setattr(thumbnails, "fetch_soon", lambda video_ids: None)


@pytest.fixture
def world(monkeypatch, settings, tmp_path):
    """A YouTube with one song of a minute; yt-dlp's own code asks it, and no packet leaves."""
    settings.YOUTUBE_ENABLED = True
    settings.YOUTUBE_BACKOFF_S = 0
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(process, "run", run_inside)
    world = handler.install(monkeypatch, World([SONG]))
    yield world
    world.release()
    assert world.foreign == []
