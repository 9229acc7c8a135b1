"""Files that visitors sent, kept under their SHA-256 until they are classified."""

from __future__ import annotations

from typing import BinaryIO, cast

from django.conf import settings

from ml.audio.confined import decode

from . import upload_store
from .base import Audio, SourceError, Track


def describe(source_id: str) -> Track:
    if not upload_store.exists(source_id):
        raise SourceError("upload_gone")
    return Track(source="upload", source_id=source_id, title="")


def fetch(source_id: str, rate_hz: int, **options: object) -> Audio:
    with upload_store.opened(source_id) as file:
        samples = decode(
            cast("BinaryIO", file),
            rate_hz=rate_hz,
            max_duration_s=settings.AUDIO_MAX_DURATION_S,
        )
    return Audio([(0.0, samples)], rate_hz, samples.size / rate_hz)
