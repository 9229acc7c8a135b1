"""The Django app; at its start the system checks are registered."""

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


class ClassifierConfig(AppConfig):
    name = "classifier"
    verbose_name = "Genres"

    def ready(self) -> None:
        from .operations import checks  # noqa: F401  the checks register themselves
        from .sources.youtube.ytdlp import releases

        releases.keep_in(Path(settings.DATA_DIR) / "yt-dlp-releases")
