"""The version of yt-dlp that is used, its age, and the JavaScript runtime it will find.

Light: yt-dlp itself is not imported, so the web process may ask.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from datetime import date
from functools import cache

from . import releases

# YouTube changes about once a month, and yt-dlp follows within days.
OLD_DAYS = 60
# The oldest that yt-dlp takes. deno alone: it runs a script without the right to files, network and
# environment unless it is given it, which node does not.
RUNTIMES = {"deno": (2, 3)}


def ytdlp_version() -> str:
    """Return a version such as "2026.8.19"; "" when there is none."""
    release = releases.path()
    return release.name if release else releases.installed_version()


def age_days(installed: str, today: date) -> int | None:
    """Return how old a version is: yt-dlp's versions are the dates of their release."""
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", installed)
    try:
        return max(0, (today - date(*map(int, found.groups()))).days) if found else None
    except ValueError:
        return None


@cache
def javascript_runtime() -> str:
    """Return a runtime such as "deno 2.9.8"; "" when there is none that yt-dlp would use."""
    for name, oldest in RUNTIMES.items():
        found = _version_of(name)
        if found and found >= oldest:
            return f"{name} {'.'.join(map(str, found))}"
    return ""


def _version_of(name: str) -> tuple[int, ...]:
    # yt-dlp, too, looks beside Python first: `pip install deno` puts it there.
    path = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if not path:
        return ()
    try:
        told = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else ()
