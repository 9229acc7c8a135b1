"""What is stored: classifications, what is a visitor's own, and what keeps the site running."""

from .classification import (
    CONFIRMED,
    UPLOADED,
    Classification,
    ClassificationQuerySet,
    Picture,
    new_public_id,
)
from .operations import Count, Pause, Worker
from .visitors import Correction, HistoryEntry

__all__ = [
    "CONFIRMED",
    "UPLOADED",
    "Classification",
    "ClassificationQuerySet",
    "Correction",
    "Count",
    "HistoryEntry",
    "Pause",
    "Picture",
    "Worker",
    "new_public_id",
]
