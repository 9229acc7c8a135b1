"""A site whose staff have judged made-up recordings, and which learns from them."""

from __future__ import annotations

import hashlib
from io import StringIO

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from classifier.models import Classification
from classifier.review import lasting
from ml.learning.refit import shipped
from tests.made_up_music import BASE_ID, ballads, base, each_genre


@pytest.fixture(autouse=True)
def own_models(settings, tmp_path):
    settings.MODELS_DIR = tmp_path / "models"
    settings.MODELS_DIR.mkdir()
    return settings.MODELS_DIR


@pytest.fixture(autouse=True)
def usual_priority(monkeypatch):
    monkeypatch.setattr("os.nice", lambda more: 0)


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("ada", password="x")


@pytest.fixture
def answered(db):
    """Store what the shipped model says of recordings; returns the rows."""

    def make(x: np.ndarray, name: str, per_artist: int = 2, **values) -> list[Classification]:
        said = shipped(base()).answer(x)
        best = said.probabilities.max(axis=1)
        rows = [
            Classification(
                **{
                    "source": "youtube",
                    "source_id": hashlib.sha256(f"{name} {i}".encode()).hexdigest()[
                        : 64 if values.get("source") == "upload" else 11
                    ],
                    "model_id": BASE_ID,
                    "title": f"{name} {i}",
                    "artist": f"{name} band {i // per_artist}",
                    "state": "done",
                    "genre": said.genres[i],
                    "confidence": float(best[i]),
                    "probabilities": dict(
                        zip(said.labels, said.probabilities[i].round(6).tolist(), strict=True)
                    ),
                    "features": x[i].round(6).tolist(),
                    "tags": {"guitar": 0.5},
                    "segments": [{"start_s": 0, "end_s": 3, "probabilities": [0.1] * 10}],
                    "outside_score": float(said.above[i]) + base().threshold,
                    "is_outside": bool(said.refused[i]),
                    "is_music": True if said.refused[i] else None,
                    "finished_at": timezone.now(),
                    **values,
                }
            )
            for i in range(len(x))
        ]
        Classification.objects.bulk_create(rows)
        found = Classification.objects.filter(source_id__in=[row.source_id for row in rows])
        return list(found.order_by("source_id"))

    return make


@pytest.fixture
def judge(staff):
    """Have staff say of rows what they are."""

    def say(rows: list[Classification], label: str, stream: str = "audit", person=staff) -> None:
        for row in rows:
            row.reviewed_genre, row.reviewed_by, row.reviewed_at = label, person, timezone.now()
        Classification.objects.bulk_update(rows, ["reviewed_genre", "reviewed_by", "reviewed_at"])
        lasting.keep(rows, {}, person, stream=stream)

    return say


@pytest.fixture
def lesson(answered, judge):
    """Staff have heard some of each genre, and ballads that the model takes for pop."""
    for x, label in each_genre(8):
        judge(answered(x, label), label)
    judge(answered(ballads(30), "ballad"), "country")


@pytest.fixture
def manage():
    """Run a command; returns what it printed."""

    def run(*arguments: str) -> str:
        out = StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=out)
        finally:
            print(out.getvalue())
        return out.getvalue()

    return run


@pytest.fixture
def refused(capsys):
    """Run a command that must refuse; returns its one line."""

    def run(*arguments: str) -> str:
        out, err = StringIO(), StringIO()
        with pytest.raises(SystemExit) as stopped:
            call_command(*arguments, stdout=out, stderr=err)
        assert stopped.value.code == 2
        lines = err.getvalue().strip().splitlines()
        assert len(lines) == 1
        return lines[0]

    return run
