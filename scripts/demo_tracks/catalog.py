"""The library's catalogue: what each file is, measured from the file itself."""

import hashlib
import json
import subprocess
from pathlib import Path

from .track import Track

NAME = "catalog.json"


def duration(path: Path) -> float:
    """Seconds of decoded sound."""
    probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    shown = subprocess.run([*probe, str(path)], capture_output=True, check=True, text=True)
    return round(float(shown.stdout), 2)


def entry(track: Track, path: Path) -> dict:
    return {
        "slug": track.slug,
        "title": track.title,
        "artist": track.artist,
        "genre": track.genre,
        "duration_s": duration(path),
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "licence": track.licence,
        "attribution": track.attribution,
    }


def write(tracks: list[Track], folder: Path) -> None:
    """Describe the tracks whose file is there, by genre."""
    made = [track for track in tracks if (folder / f"{track.slug}.mp3").exists()]
    made.sort(key=lambda track: (track.genre, track.slug))
    entries = [entry(track, folder / f"{track.slug}.mp3") for track in made]
    text = json.dumps(entries, indent=2, ensure_ascii=False)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")
