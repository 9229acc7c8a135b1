"""Which yt-dlp is used: the installed one, or a newer release that the site fetched for itself.

    DATA_DIR/yt-dlp-releases/
        state.json           which one is used, which came before, which is left out
        2026.11.20/          what a release needs besides what is installed, for the child alone

Light: neither yt-dlp nor the database is touched, so the web process may ask. What writes here is
`classifier.operations.ytdlp_update`.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as metadata_version
from pathlib import Path

from ml.atomic_files import replacing

VERSION = re.compile(r"\d{4}(\.\d{1,8}){2,3}")


@dataclass(frozen=True)
class State:
    """Versions, "" for the installed one; `checked_on` is a day such as "2026-11-26"."""

    current: str = ""
    previous: str = ""
    skipped: str = ""
    checked_on: str = ""


_folder = Path("var", "yt-dlp-releases")


def folder() -> Path:
    return _folder


def keep_in(folder: Path) -> None:
    """Tell where releases are; the app does at its start, because nothing here knows Django."""
    global _folder
    _folder = folder


def read_state() -> State:
    """Return what is in use; the installed one where that cannot be read or makes no sense."""
    try:
        found = json.loads((folder() / "state.json").read_text())
        state = State(**{name: str(found[name]) for name in State.__dataclass_fields__})
    except (OSError, ValueError, LookupError, TypeError):
        return State()
    names = filter(None, (state.current, state.previous, state.skipped))
    return state if all(VERSION.fullmatch(name) for name in names) else State()


def write_state(state: State) -> None:
    with replacing(folder() / "state.json") as draft:
        draft.write_text(json.dumps(asdict(state)))


def path() -> Path | None:
    """Return the folder of the release that is used; None for the installed one."""
    current = read_state().current
    if not current or key(current) <= key(installed_version()):
        return None  # the site was upgraded meanwhile
    release = folder() / current
    return release if (release / "yt_dlp").is_dir() else None


def told(release: Path) -> list[str]:
    """Return what a child process is told to use a release: its folder, and that of the cache."""
    kept = folder().with_name("yt-dlp")
    with contextlib.suppress(OSError):  # yt-dlp does without
        kept.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [str(release), str(kept)]


@cache
def installed_version() -> str:
    """Return a version such as "2026.8.19"; "" when it is not installed."""
    try:
        return metadata_version("yt-dlp")
    except PackageNotFoundError:
        return ""


def key(version: str) -> tuple[int, ...]:
    """Order versions, which are the days of their release."""
    return tuple(map(int, re.findall(r"\d+", version)))
