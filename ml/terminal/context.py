"""What the commands share: the models, where a collection is remembered, how it is heard."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ml.audio.files import find_audio
from ml.collection.hearing import Found, Refusal, hear
from ml.collection.store import Store, default_path
from ml.errors import MLError
from ml.inference.classifier import Classifier, get_classifier
from ml.networks import runtimes
from ml.registry.bundles import SHIPPED, Registry
from ml.registry.card import ModelCard


class NoFiles(MLError):
    """There is nothing to classify."""


def in_plain_words(error: Refusal) -> str:
    """Return why a file was refused, in the words of the exception."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@dataclass(frozen=True)
class Context:
    """Where a command runs.

    Attributes
    ----------
    registry, model : the bundles, and the id of the one that answers where none is named
    runtime : what computes, where nothing else is said; see `ml.networks.runtimes.chosen`
    store : where the collection is remembered, where no other file is named
    reason_of : says why a file was refused
    """

    registry: Registry = SHIPPED
    model: str | None = None
    runtime: str = runtimes.AUTO
    store: Callable[[], Path] = default_path
    reason_of: Callable[[Refusal], str] = in_plain_words


def add_hearing(parser: argparse.ArgumentParser) -> None:
    """Add what all commands that hear files take."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file or folder")
    parser.add_argument("--model", help="id of the model (default: the one that serves)")
    parser.add_argument(
        "--max-minutes", type=at_least_one, default=60, help="refuse what is longer"
    )
    parser.add_argument(
        "--runtime", choices=runtimes.CHOICES,
        help="what computes: keras (TensorFlow), light (OpenVINO), or auto",
    )  # fmt: skip
    add_store(parser)


def add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", type=Path, metavar="FILE",
        help="where what was heard and written is remembered (default: $GENRE_STORE, or in your "
        "folder of data)",
    )  # fmt: skip


def at_least_one(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def card_of(options: argparse.Namespace, context: Context) -> ModelCard:
    """The card of the model that is asked. Raises BundleError."""
    return context.registry.card(options.model or context.model)


def open_store(options: argparse.Namespace, context: Context) -> Store:
    """Open the store. Raises StoreError."""
    return Store(options.store or context.store())


def files_of(options: argparse.Namespace) -> list[Path]:
    """The files that are named. Raises NoFiles."""
    files = find_audio(options.paths)
    if not files:
        raise NoFiles(f"There are no audio files in {', '.join(map(str, options.paths))}.")
    return files


def heard(
    options: argparse.Namespace,
    context: Context,
    card: ModelCard,
    store: Store,
    files: list[Path],
) -> Iterator[Found]:
    """Yield what is known of each file, with a bar on a terminal's stderr; refusals are told."""

    def load() -> Classifier:
        return get_classifier(card.model_id, context.registry, options.runtime or context.runtime)

    found = hear(
        load, card, store, files,
        max_duration_s=options.max_minutes * 60, words=context.reason_of,
    )  # fmt: skip
    # The bar goes to stderr, and only to a terminal: stdout stays clean for pipes.
    bar = tqdm(found, "", len(files), unit="track", file=sys.stderr, disable=None, leave=False)
    for one in bar:
        if one.answer is None:
            told = context.reason_of(one.error) if one.error else one.told
            tell(f"{one.path}: {told}")
        yield one


def tell(line: str) -> None:
    """Print a line to stderr, above a bar."""
    tqdm.write(line, file=sys.stderr)


def say(line: str) -> None:
    """Print a line to stdout at once, above a bar."""
    tqdm.write(line, file=sys.stdout)
    sys.stdout.flush()


def keep_every_name() -> None:
    """Let stdout and stderr print names of files that are not UTF-8, byte for byte."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape")


def plural(n: int, word: str) -> str:
    """Write a number with its word: "1 file", "1,204 files"."""
    return f"{n:,} {word}" + ("" if n == 1 else "s")
