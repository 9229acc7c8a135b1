"""Models: classifications, batches of them, what belongs to a visitor, and what operation needs."""

from .batches import Batch, BatchEntry
from .classification import (
    CONFIRMED,
    PUBLIC_ID,
    UPLOADED,
    Classification,
    ClassificationQuerySet,
    Spectrogram,
    new_public_id,
)
from .collection import CollectionTrack
from .learning import LearningTask, Promotion
from .lease import LeaseLost
from .operations import RateCount, SourceCooldown, Worker
from .similar import SongVector
from .tokens import ApiToken
from .verdicts import Verdict, VerdictChange
from .visitors import Correction, HistoryEntry, OpenJob
from .webhooks import Webhook, WebhookDelivery

__all__ = [
    "CONFIRMED",
    "PUBLIC_ID",
    "UPLOADED",
    "ApiToken",
    "Batch",
    "BatchEntry",
    "Classification",
    "ClassificationQuerySet",
    "CollectionTrack",
    "Correction",
    "HistoryEntry",
    "LearningTask",
    "LeaseLost",
    "OpenJob",
    "Promotion",
    "RateCount",
    "SongVector",
    "SourceCooldown",
    "Spectrogram",
    "Verdict",
    "VerdictChange",
    "Webhook",
    "WebhookDelivery",
    "Worker",
    "new_public_id",
]
