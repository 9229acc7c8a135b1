"""What every page may speak of: the model, and what this installation takes."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from ml.card import read_card


def site(request: HttpRequest) -> dict:
    return {
        "card": read_card(settings.MODEL_ID or None),
        "youtube_enabled": settings.YOUTUBE_ENABLED,
        "upload_max_bytes": settings.UPLOAD_MAX_BYTES,
        "audio_max_minutes": settings.AUDIO_MAX_DURATION_S // 60,
    }
