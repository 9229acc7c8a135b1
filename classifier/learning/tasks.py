"""Long tasks of staff: in a process of their own with a low priority, and what they tell."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from classifier import serving
from classifier.models import LearningTask
from ml.errors import MLError

from . import candidates, reclassify

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NICE = 15
TELL_S = 0.5  # progress is stored no more often
COMMANDS = {
    LearningTask.Kind.LEARN: "learn",
    LearningTask.Kind.JUDGE: "judge_model",
    LearningTask.Kind.RECLASSIFY: "reclassify",
}


class BusyError(MLError):
    """A task is running already."""


def running() -> LearningTask | None:
    """The task that runs, if one does."""
    tasks = LearningTask.objects.filter(state=LearningTask.State.RUNNING)
    return next((task for task in tasks if task.is_running), None)


def last(kind: str) -> LearningTask | None:
    """The task of a kind that was started last."""
    return LearningTask.objects.filter(kind=kind).first()


def begin(kind: str, by: User | None = None) -> LearningTask:
    """Note that a task begins. Raises BusyError while one is running."""
    if task := running():
        raise BusyError(
            f"{task.get_kind_display()} is running already: {task.progress or 'begun'}."
        )
    return LearningTask.objects.create(kind=kind, by=by, progress="waiting for a processor")


def start(kind: str, by: User, *arguments: str) -> LearningTask:
    """Start a task in a process of its own, which goes on when the page has been sent.

    arguments : of its command, the names of models at hand
    """
    task = begin(kind, by)
    command = [COMMANDS[LearningTask.Kind(kind)], *arguments, "--task", str(task.pk)]
    subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return task


def perform(
    task: LearningTask,
    act: Callable[[Callable[[str], None]], dict[str, Any]],
    say: Callable[[str], Any],
) -> dict[str, Any]:
    """Do a task, tell how far it is, and store what it found or why it failed.

    Parameters
    ----------
    act : does it; is given a function that takes progress in words, returns what it found
    say : is told the same progress
    """
    os.nice(NICE)
    told_at = 0.0

    def report(text: str) -> None:
        nonlocal told_at
        say(text)
        if time.monotonic() - told_at >= TELL_S:
            told_at = time.monotonic()
            _store(task, progress=text[:200])

    try:
        found = act(report)
    except BaseException as error:
        text = (
            str(error) if isinstance(error, MLError) else f"It broke off ({type(error).__name__})."
        )
        _store(task, state=LearningTask.State.FAILED, progress=text[:200])
        raise
    model_id = str(found.get("model_id", ""))
    _store(task, state=LearningTask.State.DONE, progress="", found=found, model_id=model_id)
    return found


def learn(name: str, report: Callable[[str], None]) -> dict[str, Any]:
    """Learn, and put what has learned before the gates."""
    card = candidates.learn_candidate(name, report)
    return judged(card.model_id, report)


def learn_alone(
    labels: tuple[str, ...], name: str, report: Callable[[str], None]
) -> dict[str, Any]:
    """Learn a model of these genres alone, and put it before the gates that there are for it."""
    card = candidates.learn_genres_alone(labels, name, report)
    return judged(card.model_id, report)


def judged(model_id: str, report: Callable[[str], None]) -> dict[str, Any]:
    """Put a candidate before the gates; returns what they said and what would change."""
    card, against = serving.registry().card(model_id), serving.card().model_id
    found, replayed = candidates.judge(card, report)
    return {
        "model_id": model_id,
        "against": against,
        "compared_with": candidates.compared_with(card).model_id,
        "verdicts": candidates.verdicts_digest(card),
        "gates": candidates.as_json(found),
        "replay": replayed.as_json(),
    }


def answer_anew(report: Callable[[str], None]) -> dict[str, Any]:
    done, changed = reclassify.reclassify(report)
    return {"done": done, "changed": changed}


def _store(task: LearningTask, **values: Any) -> None:
    values["told_at"] = timezone.now()
    LearningTask.objects.filter(pk=task.pk).update(**values)
