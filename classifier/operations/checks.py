"""System checks, for `manage.py check` and the start of the workers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.db import connection
from django.urls import URLResolver, get_resolver
from django.utils import timezone

from classifier import serving
from classifier.sources.youtube.ytdlp import about
from ml.errors import BundleError
from ml.sandbox import trial

# What old kernels and containers may lack: worth knowing, and no fault of this installation.
OPTIONAL = {"landlock", "seccomp"}


@checks.register("youtube")
def check_youtube(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    if not settings.YOUTUBE_ENABLED:
        return []
    return [
        checks.Warning(sentence, hint=hint, id=f"classifier.{code}")
        for code, sentence, hint in youtube_problems()
    ]


@checks.register("confinement")
def check_confinement(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    hint = "Decoding goes on, with the other measures; the README says what each is for."
    return [
        (checks.Info if name in OPTIONAL else checks.Warning)(
            sentence, hint=hint, id=f"classifier.confinement.{name}"
        )
        for name, sentence in trial.shortcomings().items()
    ]


@checks.register("base_path")
def check_base_path(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Refuse a base path that begins like the site's own pages: addresses would mean two things."""
    first = settings.BASE_PATH.strip("/").partition("/")[0]
    if not first or first not in {"static", *first_parts(get_resolver())}:
        return []
    return [
        checks.Error(
            f"BASE_PATH={settings.BASE_PATH!r} begins like a page of the site.",
            hint="Choose a path whose first part is no page, as /genre/.",
            id="classifier.E001",
        )
    ]


def first_parts(resolver: URLResolver) -> set[str]:
    """Return what the site's own addresses begin with."""
    parts = set()
    for pattern in resolver.url_patterns:
        first = str(pattern.pattern).partition("/")[0]
        if first or not isinstance(pattern, URLResolver):
            parts.add(first)
        else:
            parts |= first_parts(pattern)
    return parts


def youtube_problems() -> list[tuple[str, str, str]]:
    """Return (code, what is wrong, what to do) of what is installed for YouTube."""
    installed = about.ytdlp_version()
    age_days = about.age_days(installed, timezone.now().date())
    problems = []
    if not installed:
        problems.append(("W001", "yt-dlp is not installed.", "Install requirements.txt."))
    elif age_days is not None and age_days > about.OLD_DAYS:
        problems.append(
            (
                "W002",
                f"yt-dlp {installed} is {age_days} days old, and YouTube changes every month.",
                "Upgrade it: manage.py update_ytdlp, "
                "or pip install --upgrade 'yt-dlp[default,deno]'",
            )
        )
    if not about.javascript_runtime():
        problems.append(
            (
                "W003",
                "No JavaScript runtime was found; without one YouTube hands out few songs.",
                "Install deno 2.3 or later: pip install deno",
            )
        )
    return problems


GONE = (
    ("W004", "REDIS_URL", "The queue is in the database alone."),
    ("W005", "QUEUE_RETRY_S", "A job whose worker died is given out again within seconds."),
)


@checks.register("settings")
def check_settings_that_are_gone(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    return [
        checks.Warning(
            f"{name} means nothing any more.", hint=f"{why} Unset it.", id=f"classifier.{code}"
        )
        for code, name, why in GONE
        if os.environ.get(name)
    ]


@checks.register("settings")
def check_model_runtime(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Refuse to start where no model could answer."""
    try:
        card = serving.card()
        answers = serving.runs_here(card)
    except BundleError as error:
        return [checks.Error(str(error), id="classifier.E001")]
    if answers:
        return []
    return [
        checks.Error(
            f"Model {card.model_id!r} has no light form, so nothing could answer.",
            hint="Promote another model, or where the full installation is: manage.py export_light",
            id="classifier.E002",
        )
    ]


@checks.register("settings")
def check_secret_key_is_shared(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """Warn where several machines may share a database, and each has a key of its own."""
    given = any(os.environ.get(name, "").strip() for name in ("SECRET_KEY", "SECRET_KEY_FILE"))
    if connection.vendor == "sqlite" or given:
        return []
    return [
        checks.Warning(
            "DATABASE_URL is set and SECRET_KEY is not: the key is this machine's own.",
            hint="All machines that share the database must have the same SECRET_KEY: set it to "
            f"what is in {settings.DATA_DIR / 'secret_key'}.",
            id="classifier.W006",
        )
    ]
