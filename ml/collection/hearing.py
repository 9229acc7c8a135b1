"""Hearing a collection: only what was not heard before, and each sound once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ml.audio import confined
from ml.errors import AudioError, AudioTooLong, DecoderDied
from ml.inference.batch import FileResult, predict_files
from ml.inference.classifier import Classifier
from ml.registry.card import ModelCard

from .answers import Answer, answer_of
from .store import FileState, Known, Store, state_of

Refusal = AudioError | DecoderDied | OSError
How = Literal["heard", "known", "moved", "refused", "refused before"]


@dataclass(frozen=True)
class Found:
    """What is known of a file now.

    Attributes
    ----------
    how : "heard" now; "known", as the file has not changed; "moved", where another file had the
        same sound, or the file had other tags; "refused" now or "refused before"
    audio : the digest of its sound, "" where it has none
    answer : None where it was refused
    error : why it was refused now
    told : the same in words, where it was refused before
    """

    path: Path
    how: How
    audio: str = ""
    answer: Answer | None = None
    error: Refusal | None = None
    told: str = ""
    seconds: float = 0.0


def hear(
    load: Callable[[], Classifier],
    card: ModelCard,
    store: Store,
    paths: Sequence[Path],
    *,
    max_duration_s: float,
    words: Callable[[Refusal], str],
) -> Iterator[Found]:
    """Yield what is known of each file, in their order; what is new is heard and kept.

    A file that could not be heard is not tried again until it changes, except where something else
    was the cause: a limit of length, a decoder that was killed, a file that could not be read.

    Parameters
    ----------
    load : loads the classifier of the card; called only where there is something to hear
    max_duration_s : a longer file is refused, seconds
    words : says why a file was refused, for later runs
    """
    model = card.model_id
    heard = store.heard(model)
    states = {path: _state(path) for path in paths}
    known = {path: _known(store, path, states[path], heard) for path in paths}
    new = [path for path in paths if known[path] is None]
    results: Iterator[FileResult] = iter(())
    if new:
        confined.warm()  # its imports are done while the model loads
        results = predict_files(
            load(), new, max_duration_s=max_duration_s, is_known=heard.__contains__
        )
    for path in paths:
        if (before := known[path]) is not None:
            yield _as_before(store, path, before, model)
            continue
        result = next(results)
        found = _keep(card, store, result, states[path], words=words)
        # What changed while it was heard was not kept.
        if found.how == "heard" and store.answer(found.audio, model):
            heard.add(found.audio)
        yield found


def _known(store: Store, path: Path, state: FileState | None, heard: set[str]) -> Known | None:
    known = store.known(path, state) if state else None
    return known if known and (known.error or known.audio in heard) else None


def _as_before(store: Store, path: Path, known: Known, model: str) -> Found:
    if known.error:
        return Found(path, "refused before", known.audio, told=known.error)
    return Found(path, "known", known.audio, store.answer(known.audio, model))


def _state(path: Path) -> FileState | None:
    try:
        return state_of(path)
    except OSError:
        return None  # whoever opens it finds out why


def _keep(
    card: ModelCard,
    store: Store,
    result: FileResult,
    state: FileState | None,
    *,
    words: Callable[[Refusal], str],
) -> Found:
    path, audio = result.path, result.audio
    if result.error is not None:
        lasting = isinstance(result.error, AudioError) and not isinstance(
            result.error, AudioTooLong
        )
        if lasting and state == _state(path) and state is not None:
            store.keep(path, state, audio, error=words(result.error))
        return Found(path, "refused", audio, error=result.error, seconds=result.seconds)
    if result.prediction is None:
        answer = store.answer(audio, card.model_id)
        how: How = "moved"
    else:
        answer, how = answer_of(result.prediction, card), "heard"
    if state is not None and state == _state(path):  # else it changed while it was heard
        store.keep(path, state, audio, answer=answer if how == "heard" else None)
    return Found(path, how, audio, answer, seconds=result.seconds)
