"""Ask a site for the genre of every file of a folder; a line each. Python's standard library alone.

GENRESITE_TOKEN=gs_... python scripts/examples/classify_folder.py http://127.0.0.1:8000 ~/Music

Started again it sends what it has sent before once more, which is answered at once.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

SUFFIXES = {".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3", ".oga", ".ogg", ".opus", ".wav"}
TRIES = 10  # where the site asks to wait, or cannot be reached


class Refused(Exception):
    """The site says why it does not answer."""


def ask(url: str, token: str, body: bytes | None = None, kind: str = "") -> dict:
    """Return the answer of the site; waits as long as it says where it is busy."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Content-Type": kind} if kind else {})
    wait_s, problem = 1.0, "the site cannot be reached"
    for _ in range(TRIES):
        request = urllib.request.Request(url, data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = detail_of(error)
            if error.code not in (429, 502, 503, 504):
                break
            wait_s = float(error.headers.get("Retry-After", wait_s))
        except OSError as error:
            problem = str(error)
        time.sleep(wait_s)
    raise Refused(problem)


def detail_of(error: urllib.error.HTTPError) -> str:
    """Return what the site says of an error; a proxy in front says it in a page of its own."""
    try:
        return str(json.load(error)["detail"])
    except (ValueError, LookupError, TypeError):
        return f"status {error.code} ({error.reason})"


def send(site: str, token: str, path: Path) -> dict:
    """Send a file and return its song, finished."""
    boundary = uuid.uuid4().hex
    name = path.name.replace('"', "'")
    body = b"".join(
        (
            f"--{boundary}\r\n".encode(),
            f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode(),
            path.read_bytes(),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    kind = f"multipart/form-data; boundary={boundary}"
    song = ask(f"{site}/api/v1/songs?wait=20", token, body, kind)
    while song["state"] not in ("done", "failed"):
        time.sleep(1)
        song = ask(f"{site}/api/v1/songs/{song['id']}?wait=20", token)
    return song


def line(song: dict) -> str:
    """Return what is printed of a song."""
    if song["failure"]:
        return song["failure"]["sentence"]
    if song["none_of_the_ten"]:
        return f"none of its genres ({song['sounds_like'] or 'nearest: ' + song['genre']})"
    level = song["confidence_level"]
    sure = f", {level['level'].replace('_', ' ')}" if level else ""
    return f"{song['genre']} {song['confidence']:.0%}{sure}"


def main() -> int:
    token = os.environ.get("GENRESITE_TOKEN", "")
    if len(sys.argv) != 3 or not token:
        print(__doc__, file=sys.stderr)
        return 2
    site, folder = sys.argv[1].rstrip("/"), Path(sys.argv[2]).expanduser()
    failed = 0
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        try:
            print(f"{path}\t{line(send(site, token, path))}", flush=True)
        except (Refused, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
