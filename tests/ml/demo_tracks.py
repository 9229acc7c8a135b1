"""The site's demo tracks, which are real audio that every checkout has."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "classifier/library"
DEMO_TRACKS = sorted(FOLDER.glob("*.mp3"))
