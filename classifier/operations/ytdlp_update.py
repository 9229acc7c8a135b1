"""Newer releases of yt-dlp for this site's own use, without a new installation.

pip finds the newest release and says its hashes; then it fetches exactly these. What came is tried
in a process like the one that will use it, and is used from the next search or song on. What was
used before stays, for the way back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from django.utils import timezone

from classifier.sources.youtube.ytdlp import releases
from classifier.sources.youtube.ytdlp.about import ytdlp_version
from ml.sandbox.children import environment

log = logging.getLogger(__name__)

WANTED = "yt-dlp[default]"  # with the solver of YouTube's riddles that it was released with
TIMEOUT_S = 300
DRAFT = ".draft-"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet"]
# Of this process's environment, what leads pip to its index. No secrets of the site.
TOLD = re.compile(
    r"(PIP|SSL|REQUESTS|CURL)_\w+|(https?|no|all)_proxy|PATH|LANG|HOME", re.IGNORECASE
)
# In a process as that of a song: what it imports must be what came.
TRIAL = """
import sys
from classifier.sources.youtube.ytdlp import confinement
confinement.use_release(*sys.argv[1:])
import yt_dlp.version
from classifier.sources.youtube.ytdlp import media
media.warm_up()
print(yt_dlp.version.__version__, yt_dlp.__file__)
"""


class UpdateError(Exception):
    """Nothing was changed; says why, for the operator."""


def update(*, again: bool = False) -> str:
    """Fetch and use the newest release; returns a sentence. Raises UpdateError.

    again : also the one that was gone back from
    """
    with _alone():
        state = releases.read_state()
        today = timezone.now().date().isoformat()
        releases.write_state(replace(state, checked_on=today))
        used = ytdlp_version()
        found = _newest()
        if releases.key(found) <= releases.key(used):
            return f"yt-dlp {used} is the newest."
        if found == state.skipped and not again:
            return f"yt-dlp {found} was gone back from; yt-dlp {used} stays."
        _fetch(found)
        before = state.current if releases.path() else ""
        releases.write_state(
            releases.State(current=found, previous=before, checked_on=today, skipped="")
        )
        _prune({found, before})
        return f"yt-dlp {found} is used from now on, instead of {used or 'none'}."


def update_daily() -> str | None:
    """Do `update` once a day on this machine; None where that was done today."""
    if releases.read_state().checked_on == timezone.now().date().isoformat():
        return None
    try:
        told = update()
    except UpdateError as error:
        log.warning("yt-dlp was not updated: %s", error)
        return str(error)
    log.info("%s", told)
    return told


def go_back() -> str:
    """Use what was used before the last update; returns a sentence. Raises UpdateError."""
    with _alone():
        state = releases.read_state()
        if releases.path() is None:
            raise UpdateError("The installed yt-dlp is used: there is nothing to go back from.")
        releases.write_state(
            releases.State(
                current=state.previous, skipped=state.current, checked_on=state.checked_on
            )
        )
        return (
            f"yt-dlp {ytdlp_version()} is used from now on. {state.current} is left out from "
            "daily updates until a newer one comes; --again takes it."
        )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Hold the folder against other updates, of this machine's other workers for example."""
    try:
        releases.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(releases.folder() / "lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UpdateError("Another update is under way.") from None
            yield
    except OSError as error:
        raise UpdateError(f"{error.filename or releases.folder()}: {error.strerror}.") from error


def _newest() -> str:
    """Return the newest version of the index, whatever is installed."""
    # With what is installed, pip would be content where the index is away.
    [(_, version, _)] = _report("--ignore-installed", "--no-deps", "yt-dlp")
    return version


def _report(*arguments: str) -> list[tuple[str, str, str]]:
    """Return name, version and sha256 of all that pip would install."""
    told = _pip("install", "--dry-run", "--only-binary=:all:", "--report=-", *arguments)
    try:
        return [_requirement(item) for item in json.loads(told)["install"]]
    except (ValueError, LookupError, TypeError):
        raise UpdateError("pip's report could not be understood.") from None


def _requirement(item: dict) -> tuple[str, str, str]:
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    found = item["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256", "")
    if not re.fullmatch(r"[0-9a-f]{64}", found):
        raise UpdateError(f"pip tells no sha256 of {name} {version}, so it is not trusted.")
    return name, version, found


def _fetch(version: str) -> None:
    """Install a release beside the others, verified by hash, and try it."""
    if not releases.VERSION.fullmatch(version):
        raise UpdateError(f"{version!r} is no version of yt-dlp.")
    # With what it needs and is not installed, its solver above all.
    wanted = _report("--upgrade", "--upgrade-strategy=only-if-needed", f"{WANTED}=={version}")
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=releases.folder()) as scratch:
        draft, exact = Path(scratch) / version, Path(scratch) / "exact.txt"
        lines = (f"{name}=={number} --hash=sha256:{sha256}" for name, number, sha256 in wanted)
        exact.write_text("\n".join(lines))
        _pip(
            "install", f"--target={draft}", "--no-deps", "--only-binary=:all:", "--require-hashes",
            "--requirement", str(exact),
        )  # fmt: skip
        shutil.rmtree(draft / "bin", ignore_errors=True)
        _try(draft, version)
        kept = releases.folder() / version
        shutil.rmtree(kept, ignore_errors=True)
        draft.rename(kept)


def _try(draft: Path, version: str) -> None:
    command = [sys.executable, "-P", "-s", "-c", TRIAL, *releases.told(draft)]
    with tempfile.TemporaryDirectory() as empty:  # it may write where it runs
        told = _run(command, environment(), empty)
    said, _, file = told.strip().partition(" ")
    if releases.key(said) != releases.key(version) or not Path(file).is_relative_to(draft):
        raise UpdateError(f"yt-dlp {version} was fetched, but says that it is {said!r}.")


def _prune(kept: set[str]) -> None:
    for path in releases.folder().iterdir():
        is_draft = path.name.startswith(DRAFT)  # of an update that was killed
        if is_draft or (releases.VERSION.fullmatch(path.name) and path.name not in kept):
            shutil.rmtree(path, ignore_errors=True)


def _pip(*arguments: str) -> str:
    return _run(
        [*PIP, *arguments],
        {name: value for name, value in os.environ.items() if TOLD.fullmatch(name)},
    )


def _run(command: list[str], env: dict[str, str], folder: str | None = None) -> str:
    try:
        done = subprocess.run(
            command, env=env, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S,
            check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UpdateError(f"It took longer than {TIMEOUT_S} s.") from None
    except subprocess.CalledProcessError as error:
        lines = error.stderr.strip().splitlines() or ["it said nothing"]
        # pip's own word for it, else the end of a traceback.
        said = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
        raise UpdateError(said.removeprefix("ERROR: ")) from None
    return done.stdout
