"""Classify audio and store the answer; loads networks, so for the worker only."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classifier import serving
from classifier.models import Classification, Spectrogram
from classifier.results.spectrogram import SpectrogramBuilder
from classifier.similar import vectors
from classifier.sources.base import Audio
from ml.inference.classifier import Classifier, get_classifier
from ml.inference.prediction import Prediction

from . import endings
from .stages import Stages


def load_classifier(model_id: str) -> Classifier:
    return get_classifier(model_id, serving.registry(), settings.MODEL_RUNTIME)


def classify_audio(
    classification: Classification, classifier: Classifier, audio: Audio, stages: Stages
) -> Prediction:
    """Classify and store; what is stored is enough to reproduce the answer."""
    builder = SpectrogramBuilder(audio.rate_hz)
    prediction = classifier.predict_windows(builder.watching(stages.waiting_for(audio.heard())))
    labels, tags = prediction.labels, classifier.card.tags
    now = timezone.now()
    seconds = (now - (classification.started_at or now)).total_seconds()
    features = [round(float(value), 6) for value in prediction.features]
    answer = {
        "genre": prediction.genre,
        "confidence": prediction.confidence,
        "probabilities": _rounded(labels, prediction.probabilities),
        "segments": [
            {
                "start_s": round(segment.start_s, 3),
                "end_s": round(segment.end_s, 3),
                "probabilities": [round(float(p), 4) for p in segment.probabilities],
                "logits": [round(float(value), 4) for value in segment.logits],
            }
            for segment in prediction.segments
        ],
        "tags": _rounded(tags, prediction.tags),
        "features": features,
        "outside_score": prediction.outside_score,
        "is_outside": prediction.is_outside,
        "is_music": prediction.is_music,
        "windows": audio.spans,
        "bundle_sha256": prediction.sha256,
        "versions": classifier.versions | audio.versions,
        "finished_at": now,
        "seconds": round(seconds, 2),
        "stage_seconds": stages.rounded(seconds),
    }
    # Together: an answer is never shown without its picture, and neither is stored of a row that
    # was deleted meanwhile.
    picture = {"png": builder.png(), "columns": builder.columns()}
    with transaction.atomic():
        endings.done(classification, answer)
        Spectrogram.objects.update_or_create(classification=classification, defaults=picture)
        vectors.keep(classification, features, classifier.card)
    return prediction


def _rounded(names: Iterable[str], values: Iterable[float]) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(names, values, strict=True)}
