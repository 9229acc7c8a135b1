from __future__ import annotations

import io
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from django.core.cache import caches
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from classifier.models import Classification, Worker
from classifier.worker import claims, prediction, tasks
from ml.inference.prediction import Prediction, Segment
from ml.networks import runtimes
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound
from tests.needs import NEEDS, need
from tests.s3 import bucket, s3_server

__all__ = ["bucket", "s3_server"]

FILES_A_PROCESS = 3  # for fewer, starting a process takes longer than it saves
MOST_PROCESSES = 8  # each may hold TensorFlow, which is 1 GB
# Fixtures that train a network, or hold one that was trained.
TRAINING_FIXTURES = {"bundles", "scored_bundle", "train", "trained"}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config) -> int:
    """`-n auto`: one process more than there are cores, because the tests with a browser wait.
    Few tests run in the process that is there.
    """
    few_words = config.option.keyword and "not " not in config.option.keyword
    if few_words or config.getoption("lf", False) or config.getoption("stepwise", False):
        return 0
    folders = [Path(argument) for argument in config.args]  # none exists of "a_file.py::a_test"
    files = sum(len(list(f.rglob("test_*.py"))) if f.is_dir() else f.exists() for f in folders)
    processes = min((os.cpu_count() or 1) + 1, MOST_PROCESSES, files // FILES_A_PROCESS)
    return processes if processes > 1 else 0


class _ModuleOfTheFullSet(pytest.Module):
    """A file of tests that cannot even be imported with the light set of requirements."""

    def collect(self):
        pytest.skip(NEEDS["full"].missing, allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent):
    if NEEDS["full"].find() or "\npytestmark = pytest.mark.full\n" not in module_path.read_text():
        return None
    return _ModuleOfTheFullSet.from_parent(parent, path=module_path)


def pytest_collection_modifyitems(config, items) -> None:
    if os.environ.get("TEST_DATABASE_URL"):
        _only_of_the_database(config, items)
    for item in items:
        if TRAINING_FIXTURES & set(item.fixturenames):
            item.add_marker("training")
        if is_marked(item, "training"):
            item.add_marker("full")
    if "PYTEST_XDIST_WORKER" in os.environ:
        _longest_first(items)


def _only_of_the_database(config, items) -> None:
    """Leave out what does not touch the database: it was tested with the usual one."""
    touching = [
        item
        for item in items
        if {"db", "transactional_db"} & set(item.fixturenames) or is_marked(item, "django_db")
    ]
    config.hook.pytest_deselected(items=[item for item in items if item not in touching])
    items[:] = touching


def _longest_first(items) -> None:
    """Whole files in the order of how long they take: at the end no process waits for another."""
    first = {}
    for item in items:
        rank = next(
            (
                i
                for i, name in enumerate(("browser", "worker", "training"))
                if is_marked(item, name)
            ),
            3,
        )
        first[item.path] = min(rank, first.get(item.path, rank))
    items.sort(key=lambda item: first[item.path])


def is_marked(item, marker: str) -> bool:
    return item.get_closest_marker(marker) is not None


def pytest_runtest_setup(item) -> None:
    for name in NEEDS:
        if is_marked(item, name):
            need(name)  # before any fixture does its work for nothing


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A folder that all processes of this run of the tests have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


class StubClassifier:
    """Answers without listening, where the model is not the point: 64 % blues, the rest equal."""

    def __init__(self):
        self.card = SHIPPED.card()
        self.rate_hz = 16_000
        self.versions = runtimes.versions(runtimes.chosen())
        self.calls = 0

    def predict_windows(self, windows) -> Prediction:
        self.calls += 1
        probabilities = np.array([0.64] + [0.04] * 9)
        segments = [
            Segment(start + i * 3.0, start + i * 3.0 + 3.0, probabilities)
            for start, samples in windows
            for i in range(max(1, samples.size // (3 * self.rate_hz)))
        ]
        return Prediction(
            model_id=self.card.model_id,
            sha256=self.card.sha256,
            labels=self.card.labels,
            probabilities=probabilities,
            segments=tuple(segments),
            tags=np.linspace(0, 1, len(self.card.tags)),
            seconds=0.01,
        )


@pytest.fixture
def stub_classifier(monkeypatch) -> StubClassifier:
    stub = StubClassifier()
    monkeypatch.setattr(prediction, "get_classifier", lambda model_id, registry, runtime: stub)
    return stub


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("GENRE_STORE", str(tmp_path / "heard" / "collection.sqlite3"))
    settings.UPLOAD_DIR = tmp_path / "uploads"
    (tmp_path / "arriving").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path / "arriving")


@pytest.fixture(autouse=True)
def _empty_caches():
    """Rows of another test may have had the same numbers."""
    for cache in caches.all(initialized_only=True):
        cache.clear()


@pytest.fixture
def work(db, stub_classifier):
    """Do what a worker does: take one job after the other and do it, until none is left."""

    def run_all() -> int:
        done = 0
        while job := claims.take("test:1"):
            tasks.perform(job)
            done += 1
        return done

    return run_all


@pytest.fixture
def worker_alive(db):
    return Worker.objects.create(name="test:1", ready=True)


@pytest.fixture
def make_classification(db):
    """A stored answer, as a worker would leave it."""

    def make(**values) -> Classification:
        card = SHIPPED.card()
        others = [label for label in card.labels if label != values.get("genre", "metal")]
        genre = values.pop("genre", "metal")
        defaults = {
            "source": "youtube",
            "source_id": f"id{Classification.objects.count():09}",
            "model_id": card.model_id,
            "title": "Song",
            "artist": "Band",
            "duration_s": 200.0,
            "state": Classification.State.DONE,
            "genre": genre,
            "confidence": 0.91,
            "probabilities": {genre: 0.91, others[0]: 0.0895, **dict.fromkeys(others[1:], 0.0001)},
            "segments": [{"start_s": 0, "end_s": 2.99, "probabilities": [0.1] * 10}],
            "tags": {"rock": 0.5, "guitar": 0.2},
            "windows": [[0.0, 30.0]],
            "bundle_sha256": card.sha256,
            "finished_at": timezone.now(),
            "seconds": 1.2,
        }
        return Classification.objects.create(**{**defaults, **values})

    return make


@pytest.fixture
def client_factory():
    """Other visitors, each with a browser of their own."""
    return Client


@pytest.fixture
def audio_file(tmp_path):
    """A named upload that holds real sound."""

    def make(name: str = "song.wav", seconds: float = 4.0) -> SimpleUploadedFile:
        path = sound.write(tmp_path / "made.wav", sound.chord(seconds))
        return SimpleUploadedFile(name, path.read_bytes(), "audio/wav")

    return make


@pytest.fixture
def run_command():
    """Run a management command; gives its exit code, stdout and stderr."""
    from django.core.management import call_command

    def run(*args: str) -> SimpleNamespace:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*args, stdout=out, stderr=err)
            code = 0
        except SystemExit as exit_:
            code = exit_.code
        return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())

    return run
