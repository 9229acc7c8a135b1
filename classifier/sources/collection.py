"""Files of the operator's own folders, by the digest of their sound; see `manage.py index`."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from classifier.models import CollectionTrack
from ml.audio.confined import decode

from .base import Audio, SourceError, Track

SOURCE = "collection"


def track_of(row: CollectionTrack) -> Track:
    """Return a file as a track to choose."""
    return Track(SOURCE, row.audio, row.title, row.artist, row.duration_s)


def path_of(source_id: str) -> Path:
    """Return a file that has this sound and is there. Raises SourceError."""
    for row in CollectionTrack.objects.filter(audio=source_id).order_by("pk"):
        if row.file.is_file():
            return row.file
    raise SourceError("file_gone")


def describe(source_id: str) -> Track:
    row = CollectionTrack.objects.filter(audio=source_id).order_by("pk").first()
    if row is None or not source_id:
        raise SourceError("file_gone")
    return track_of(row)


def fetch(source_id: str, rate_hz: int, **options: object) -> Audio:
    try:
        samples = decode(
            path_of(source_id), rate_hz=rate_hz, max_duration_s=settings.AUDIO_MAX_DURATION_S
        )
    except OSError as error:
        raise SourceError("file_gone", detail=repr(error)) from error
    return Audio([(0.0, samples)], rate_hz, samples.size / rate_hz)
