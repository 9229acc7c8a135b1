"""Where an unfinished job stands, as pages and programs are told."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from classifier.models import Classification, Worker

from . import wording


@dataclass(frozen=True)
class Standing:
    """What is done or waited for.

    state : as it is shown. Of a job whose worker died that is queued, whatever the row says, as
        nobody fetches or listens
    ahead : songs before this one in the queue
    words : a sentence
    """

    state: str
    ahead: int
    words: str
    worker_alive: bool


def standing(classification: Classification) -> Standing:
    """Read where a job stands now; of a finished one, without asking the database."""
    state, ahead = classification.state, 0
    workers: list[Worker] = []
    if not classification.is_finished:
        workers, (is_held, ahead) = list(Worker.objects.alive()), classification.place()
        if not is_held:
            # The next worker takes it from there.
            state = Classification.State.QUEUED
    shown = copy.copy(classification)
    shown.state = state
    words = wording.progress(
        shown,
        worker_alive=bool(workers),
        worker_ready=any(worker.ready for worker in workers),
        ahead=ahead,
    )
    return Standing(state, ahead, words, worker_alive=bool(workers))
