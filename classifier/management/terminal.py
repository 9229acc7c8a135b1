"""The commands of `ml.terminal`, with the models of this site and the words of its pages."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings

from classifier import serving
from classifier.failure_reasons import REASONS
from ml.collection.hearing import Refusal
from ml.collection.store import NAME, default_path
from ml.errors import DecoderDied
from ml.terminal.context import Context


def context() -> Context:
    """Return where a command of this site runs."""
    return Context(
        registry=serving.registry(),
        model=settings.MODEL_ID or None,
        runtime=settings.MODEL_RUNTIME,
        store=store_path,
        reason_of=reason_of,
    )


def store_path() -> Path:
    """Return where this site remembers collections, unless $GENRE_STORE says otherwise."""
    return default_path() if os.environ.get("GENRE_STORE") else Path(settings.DATA_DIR) / NAME


def reason_of(error: Refusal) -> str:
    """Return why a file was refused, as the site says it of an upload."""
    if isinstance(error, DecoderDied):
        return f"{str(error).capitalize()}; try again."
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return REASONS[error.kind].sentence_with(**error.parameters)
