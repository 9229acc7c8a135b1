from __future__ import annotations

import json
import shutil

import pytest
from django.utils import timezone

from classifier.models import HistoryEntry
from classifier.sources.youtube import thumbnails
from classifier.sources.youtube.ytdlp import child, process
from classifier.sources.youtube.ytdlp.failures import YouTubeFailure
from ml.registry.bundles import SHIPPED
from scripts.testbed.fake_youtube import handler, songs
from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.world import World

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


@pytest.fixture
def proxy(monkeypatch, settings, tmp_path):
    """A YouTube with the same song behind a proxy: yt-dlp runs in its own process, over sockets."""
    with FakeYouTubeProxy(World([SONG])) as proxy:
        monkeypatch.setenv("SSL_CERT_FILE", proxy.ca_file)
        settings.YOUTUBE_ENABLED = True
        settings.YOUTUBE_PROXY = proxy.url
        settings.YOUTUBE_BACKOFF_S = 0
        settings.DATA_DIR = tmp_path
        yield proxy


@pytest.fixture
def me(client, db):
    """A browser whose visitor is called "me"."""
    session = client.session
    session["visitor"] = "me"
    session.save()
    return client


@pytest.fixture
def ask(make_classification):
    """A visitor asks for a song."""

    def make(visitor="me", at=None, name="", **values) -> HistoryEntry:
        return HistoryEntry.objects.create(
            visitor=visitor,
            classification=make_classification(**values),
            title=name,
            created_at=at or timezone.now(),
        )

    return make


@pytest.fixture
def heavy_model(settings, tmp_path) -> str:
    """The id of a bundle of this site that has no light form."""
    settings.MODELS_DIR = tmp_path / "own-models"
    source = SHIPPED.card("mel-cnn-gtzan-1").folder
    folder = shutil.copytree(source, settings.MODELS_DIR / source.name)
    card = json.loads((folder / "card.json").read_text())
    del card["light"]
    (folder / "card.json").write_text(json.dumps(card))
    return folder.name
