"""Write the genres of a plan into tags, and take them back: `genre apply` and `genre undo`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from ml.collection.digests import Digests
from ml.collection.plan import Head, Line, file_of, read_plan
from ml.collection.tags import TagError, read_tags
from ml.collection.writing import CannotGoOn, FileChanged, Journal, Seen, Written, is_full
from ml.errors import MLError

from . import context as shared
from .context import Context, plural, say, tell

APPLY_HELP = "Write the genres of a plan into the tags of its files."
UNDO_HELP = "Take back what genre apply wrote, the last plan or the one that is named."
Item = TypeVar("Item")


def add_apply_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", type=Path, metavar="PLAN", help="what genre plan wrote")
    shared.add_store(parser)


def add_undo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("batch", nargs="?", metavar="PLAN-ID", help="see --list")
    parser.add_argument("--list", action="store_true", help="show what can be undone")
    shared.add_store(parser)


def apply(options: argparse.Namespace, context: Context) -> int:
    """Write a plan's genres; returns the exit code. Raises MLError."""
    shared.keep_every_name()
    head, lines = read_plan(options.plan)
    with shared.open_store(options, context) as store:
        journal = Journal(store)

        def write(digests: Digests, line: Line) -> bool:
            return _write(journal, digests, head, line)

        with journal.alone():
            written, failed = _each(lines, write, file_of)
    back = f" To take it back: genre undo {head.id}" if written else ""
    say(f"{plural(written, 'file')} written.{back}")
    return 1 if failed else 0


def undo(options: argparse.Namespace, context: Context) -> int:
    """Take back what a plan wrote; returns the exit code. Raises MLError."""
    shared.keep_every_name()
    with shared.open_store(options, context) as store:
        journal = Journal(store)
        if options.list:
            for batch, at, count in journal.batches():
                say(f"{batch}  {at}  {plural(count, 'file')}")
            return 0

        def take_back(digests: Digests, row: Written) -> bool:
            journal.undo(digests, row)
            return True

        # What a killed process did is known once it is tidied up.
        with journal.alone():
            batch = _batch_to_undo(journal, options.batch)
            undone, failed = _each(journal.done(batch), take_back, lambda row: row.path)
    say(f"{plural(undone, 'file')} as before.")
    return 1 if failed else 0


def _batch_to_undo(journal: Journal, named: str | None) -> str:
    """Return the plan that is named, or the last one of which something can be undone."""
    batches = journal.batches()
    if named and named not in [batch for batch, _, _ in batches]:
        raise CannotGoOn(f"Nothing was written by a plan {named!r}.")
    batch = named or next((batch for batch, _, count in batches if count), "")
    if not batch:
        raise CannotGoOn("There is nothing to undo.")
    return batch


def _write(journal: Journal, digests: Digests, head: Head, line: Line) -> bool:
    path, wanted = file_of(line), line.wanted(head)
    if read_tags(path).fields == wanted:
        return False  # by an earlier run of the same plan
    journal.write(digests, head.id, path, wanted, Seen(line.audio, line.tags, line.fields))
    return True


def _each(
    items: Iterable[Item],
    do: Callable[[Digests, Item], bool],
    path_of: Callable[[Item], Path],
) -> tuple[int, int]:
    """Do something with each file; returns how many were done and how many failed.

    Raises
    ------
    CannotGoOn : no further file could be written, as on a full disk
    """
    done = failed = 0
    with Digests() as digests:
        for item in items:
            path = path_of(item)
            try:
                done += do(digests, item)
            except (FileChanged, TagError) as error:
                failed += 1
                tell(f"{path}: left as it is: {error}.")
            except OSError as error:
                if is_full(error):
                    raise CannotGoOn(
                        f"{path}: {error.strerror}. It stays as it was, and so do those after it. "
                        f"Done before it: {plural(done, 'file')}. Run the same command again when "
                        "this is mended."
                    ) from error
                failed += 1
                tell(f"{path}: left as it is: {error.strerror or error}.")
            except MLError as error:
                raise CannotGoOn(
                    f"{path}: {error} Done before it: {plural(done, 'file')}."
                ) from error
    return done, failed
