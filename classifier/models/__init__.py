"""What is stored: classifications, what is a visitor's own, and what keeps the site running."""

from .classification import (
    CONFIRMED,
    UPLOADED,
    Classification,
    ClassificationQuerySet,
    Spectrogram,
    new_public_id,
)
from .operations import RateCount, SourceCooldown, Worker
from .visitors import Correction, HistoryEntry

__all__ = [
    "CONFIRMED",
    "UPLOADED",
    "Classification",
    "ClassificationQuerySet",
    "Correction",
    "HistoryEntry",
    "RateCount",
    "SourceCooldown",
    "Spectrogram",
    "Worker",
    "new_public_id",
]
