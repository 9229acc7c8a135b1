"""Tell the genre of audio files, one line each: `genre classify` and `manage.py classify`."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from threading import Event

from ml.atomic_files import replacing
from ml.audio.files import find_audio
from ml.collection import lists
from ml.collection.answers import Answer
from ml.collection.hearing import Found
from ml.collection.store import FileState, Store, StoreError, state_of
from ml.errors import MLError

from . import context as shared
from .context import Context, at_least_one, plural, say, tell

HELP = "Tell the genre of audio files, or of all audio files in folders: one line a track."
IN_MEMORY = Path(":memory:")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared.add_hearing(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma-separated, with a head")
    parser.add_argument("--top", type=at_least_one, default=5, metavar="N", help="genres shown")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the lines there")
    parser.add_argument(
        "--playlists", type=Path, metavar="FOLDER",
        help="write GENRE.m3u8 and, for Navidrome, GENRE.nsp for each genre there",
    )  # fmt: skip
    parser.add_argument(
        "--only-new", action="store_true", help="print only what was not known before"
    )
    parser.add_argument(
        "--watch", type=at_least_one, nargs="?", const=10, metavar="SECONDS",
        help="go on, and look for new files every so many seconds (10)",
    )  # fmt: skip


def run(options: argparse.Namespace, context: Context) -> int:
    """Print a line for each file; returns the exit code.

    Raises
    ------
    NoFiles : there is none; MLError : the model cannot be loaded, or the store not used
    """
    shared.keep_every_name()
    _require_room(options)
    with _store(options, context) as store:
        if options.csv and not options.out:
            say(lists.csv_head())
        if options.watch:
            return _watch(options, context, store)
        return _once(options, context, store, shared.files_of(options))


class CannotWrite(MLError):
    """What was heard cannot be written where it was asked for."""


def _require_room(options: argparse.Namespace) -> None:
    """Raise CannotWrite before anything is heard, where that can be known."""
    if options.watch and options.only_new and options.out:
        raise CannotWrite("A list that is watched has every file: leave --only-new or --out out.")
    if options.out and (options.out.is_dir() or not options.out.absolute().parent.is_dir()):
        raise CannotWrite(f"{options.out} cannot be written: it is no file in a folder.")
    if options.playlists and options.playlists.exists() and not options.playlists.is_dir():
        raise CannotWrite(f"{options.playlists} is no folder.")


def _store(options: argparse.Namespace, context: Context) -> Store:
    """The store; where none is named and the usual one cannot be had, nothing is remembered."""
    try:
        return shared.open_store(options, context)
    except StoreError as error:
        if options.store:
            raise
        tell(f"{error} What is heard now is not remembered.")
        return Store(IN_MEMORY)


def _once(
    options: argparse.Namespace,
    context: Context,
    store: Store,
    files: list[Path],
    fresh: set[Path] | None = None,
    ended: Event | None = None,
) -> int:
    """Hear files; returns the exit code.

    Parameters
    ----------
    fresh : those that are said on stdout, None for all; a list or playlists have every file
    ended : ends the hearing between two files, before anything is written
    """
    began, counts = time.monotonic(), Counter[str]()
    card = shared.card_of(options, context)
    lines: list[str] = [lists.csv_head()] if options.csv else []
    listed: list[tuple[Path, Answer]] = []
    for found in shared.heard(options, context, card, store, files):
        if ended and ended.is_set():
            return 0
        counts[found.how] += 1
        if found.answer is None:
            continue
        if options.playlists:
            listed.append((found.path, found.answer.without_details()))
        if options.only_new and found.how == "known":
            continue
        if options.out:
            lines.append(_line(options, found, found.answer))
        elif fresh is None or found.path in fresh:
            say(_line(options, found, found.answer))
    try:
        if options.out:
            _write(options.out, lines)
        if options.playlists:
            lists.write_playlists(options.playlists, listed)
    except OSError as error:
        raise CannotWrite(
            f"{options.out or options.playlists} cannot be written: {error.strerror}. What was "
            "heard is remembered: run the same command again."
        ) from error
    if len(files) > 1:
        tell(summary(counts, time.monotonic() - began))
    return 1 if counts["refused"] + counts["refused before"] else 0


def _line(options: argparse.Namespace, found: Found, answer: Answer) -> str:
    if options.json:
        return lists.json_line(found.path, answer, options.top, found.seconds)
    if options.csv:
        return lists.csv_line(found.path, answer)
    return lists.text_line(found.path, answer, options.top)


def _write(path: Path, lines: Iterable[str]) -> None:
    with replacing(path) as draft, draft.open("wb") as file:
        for line in lines:
            file.write(os.fsencode(line + "\n"))


def summary(counts: Counter[str], seconds: float) -> str:
    """Return what was done in a sentence."""
    parts = [f"{counts['heard']:,} heard"]
    if known := counts["known"]:
        parts.append(f"{known:,} known and unchanged")
    if moved := counts["moved"]:
        parts.append(f"{moved:,} known by their sound")
    if refused := counts["refused"] + counts["refused before"]:
        parts.append(f"{refused:,} refused")
    rate = ""
    if counts["heard"] and seconds >= 1:
        rate = f", {counts['heard'] / seconds * 60:,.0f} a minute"
    return f"{plural(counts.total(), 'file')}: {', '.join(parts)}{rate}."


def _watch(options: argparse.Namespace, context: Context, store: Store) -> int:
    """Hear what is there, then whatever appears or changes, until it is told to end.

    A file is heard once it has stayed the same for one round, so that none is heard while it is
    still being copied. By looking again and again, because notices of changes do not come from
    folders of other machines.
    """
    ended = Event()
    before = signal.signal(signal.SIGTERM, lambda *_: ended.set())
    seen: dict[Path, FileState] = {}
    done: dict[Path, FileState] = {}
    try:
        while not ended.is_set():
            now = _states(options.paths)
            settled = {path: state for path, state in now.items() if seen.get(path) == state}
            fresh = {path for path, state in settled.items() if done.get(path) != state}
            # Only what has settled: a list that is written again has what was there before too.
            if fresh:
                every = options.out or options.playlists
                _once(options, context, store, sorted(settled if every else fresh), fresh, ended)
                done = settled
            seen = now
            ended.wait(options.watch)
    except KeyboardInterrupt:
        pass  # the usual way to end it
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _states(paths: list[Path]) -> dict[Path, FileState]:
    found = {}
    for path in find_audio(paths):
        try:
            found[path] = state_of(path)
        except OSError:  # gone meanwhile
            continue
    return found
