"""The program `genre`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version

from ml.errors import MLError

from . import apply, classify, doubts, plan
from .context import Context

# What each command is called, how it is explained, what it takes, and what does it.
COMMANDS = (
    ("classify", classify.HELP, classify.add_arguments, classify.run),
    ("plan", plan.HELP, plan.add_arguments, plan.run),
    ("apply", apply.APPLY_HELP, apply.add_apply_arguments, apply.apply),
    ("undo", apply.UNDO_HELP, apply.add_undo_arguments, apply.undo),
    ("doubts", doubts.HELP, doubts.add_arguments, doubts.run),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code: 1 if a file failed, 2 for what cannot be done."""
    options = parser().parse_args(arguments)
    try:
        return to_its_end(lambda: options.run(options, Context()))
    except MLError as error:
        print(error, file=sys.stderr)
        return 2


def to_its_end(run: Callable[[], int]) -> int:
    """Run a command that nobody may read to its end, or wait for; returns the exit code."""
    try:
        code = int(run())
        sys.stdout.flush()
    except BrokenPipeError:  # as when the output goes to head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser("genre", description="Tell the genre of music.")
    found.add_argument("--version", action="version", version=_version())
    add_commands(found)
    return found


def add_commands(found: argparse.ArgumentParser) -> None:
    """Add the commands; the namespace then has `run(options, context)`."""
    commands = found.add_subparsers(required=True, metavar="COMMAND")
    for name, text, add_arguments, run in COMMANDS:
        one = commands.add_parser(name, help=text, description=text)
        add_arguments(one)
        one.set_defaults(run=run)


def _version() -> str:
    try:
        return version("genresite")
    except PackageNotFoundError:
        return "of a checkout that is not installed"


if __name__ == "__main__":
    sys.exit(main())
