"""Context of every page: the model that serves, and the limits of this installation."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from classifier import serving
from classifier.formatting import size_words


def site(request: HttpRequest) -> dict:
    return {
        "card": serving.card(),
        "youtube_enabled": settings.YOUTUBE_ENABLED,
        "youtube": {
            "max_minutes": settings.YOUTUBE_MAX_MINUTES,
            "excerpts": settings.YOUTUBE_EXCERPTS,
            "excerpt_s": settings.YOUTUBE_EXCERPT_S,
        },
        "upload_max_bytes": settings.UPLOAD_MAX_BYTES,
        "upload_max_words": size_words(settings.UPLOAD_MAX_BYTES),
        "audio_max_minutes": settings.AUDIO_MAX_DURATION_S // 60,
        "operator": {"name": settings.OPERATOR, "contact": settings.CONTACT},
        "source_url": settings.SOURCE_URL,
        "is_private": settings.PRIVATE_SITE,
        # Staff of a public site come to it from the admin: to know them takes a query.
        "shows_collection": settings.COLLECTION_PUBLIC or settings.PRIVATE_SITE,
    }
