"""What /livez and /readyz say, whatever is wrong."""

from __future__ import annotations

import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from classifier.models import Classification, Worker
from classifier.operations import readiness
from classifier.sources.youtube.ytdlp import about
from ml.registry.bundles import SHIPPED


def ready(client) -> tuple[int, dict]:
    response = client.get("/readyz")
    assert response["Cache-Control"].startswith("max-age=0")
    return response.status_code, response.json()["checks"]


def test_all_is_well(client, worker_alive):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "ready": True,
        "checks": dict.fromkeys(("database", "model", "disk", "queue", "workers"), "ok"),
    }


def test_alive_asks_nothing_of_the_database(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"alive": True})


def test_without_a_database_it_is_alive_and_not_ready(client, db, monkeypatch):
    def away(*args, **kwargs):
        raise OperationalError("the connection is closed")

    with monkeypatch.context() as while_away:
        while_away.setattr(connection, "cursor", away)
        assert client.get("/livez").status_code == 200
        status, checks = ready(client)
    assert status == 503
    assert checks["database"] == "the database did not answer"
    assert checks["workers"] == checks["queue"] == "not known without the database"
    assert checks["model"] == checks["disk"] == "ok"


def test_a_worker_that_died_is_none(client, worker_alive):
    worker_alive.seen_at = timezone.now() - timedelta(seconds=30)
    worker_alive.save()
    assert ready(client) == (503, ready(client)[1] | {"workers": "no worker is alive"})
    worker_alive.seen_at, worker_alive.ready = timezone.now(), False
    worker_alive.save()
    assert ready(client)[1]["workers"] == "the workers are loading the model"
    Worker.objects.create(name="another:1", ready=True)
    assert ready(client)[0] == 200


def test_a_song_that_waits_too_long_is_told(client, worker_alive, make_classification, settings):
    settings.READY_QUEUE_S = 60
    row = make_classification(state=Classification.State.QUEUED)
    waits_since(row, 59)
    assert ready(client)[0] == 200
    waits_since(row, 75)
    status, checks = ready(client)
    assert status == 503
    assert checks["queue"].startswith("a song has been due for 7")
    settings.READY_QUEUE_S = 0
    assert ready(client)[0] == 200


def waits_since(row, seconds: float) -> None:
    asked = timezone.now() - timedelta(seconds=seconds)
    Classification.objects.filter(pk=row.pk).update(due_at=asked)


def test_a_full_disk_is_told_with_what_is_left(client, worker_alive, monkeypatch, settings):
    settings.READY_DISK_MB = 200
    usage = SimpleNamespace(free=199 * 1024 * 1024)
    monkeypatch.setattr(readiness.shutil, "disk_usage", lambda folder: usage)
    assert ready(client) == (
        503, ready(client)[1] | {"disk": "199 MB are free, and 200 MB are the least"},
    )  # fmt: skip


def test_a_model_whose_weights_are_gone_is_told(client, worker_alive, settings, tmp_path):
    bundle = tmp_path / "models" / SHIPPED.card().model_id
    shutil.copytree(SHIPPED.card().folder, bundle)
    settings.MODELS_DIR = tmp_path / "models"  # the first that is looked in
    assert ready(client)[0] == 200
    for path in bundle.iterdir():
        if path.name != "card.json":
            path.unlink()
    status, checks = ready(client)
    assert (status, checks["model"]) == (503, "the model that serves cannot be read")


def test_strangers_are_told_no_versions(client, worker_alive, monkeypatch, settings):
    settings.YOUTUBE_ENABLED = True
    monkeypatch.setattr(about, "ytdlp_version", lambda: "2026.8.19")
    text = client.get("/readyz").content.decode()
    assert "2026" not in text
    assert str(settings.DATA_DIR) not in text


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_they_are_answered_without_https(client, worker_alive, settings, path):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path).status_code == 200
    assert client.get("/about/").status_code == 301
