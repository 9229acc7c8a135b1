"""Classify audio and store the answer; imports TensorFlow, so for the worker only."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from django.utils import timezone

from classifier import serving
from classifier.models import Classification, Spectrogram
from classifier.results.spectrogram import SpectrogramBuilder
from classifier.sources.base import Audio
from ml.inference.classifier import Classifier, get_classifier
from ml.inference.prediction import Prediction

PACKAGES = ("tensorflow", "keras", "librosa", "numpy", "av")


def load_classifier(model_id: str) -> Classifier:
    return get_classifier(model_id, serving.registry())


def classify_audio(
    classification: Classification, classifier: Classifier, audio: Audio
) -> Prediction:
    """Classify and store; what is stored is enough to reproduce the answer."""
    builder = SpectrogramBuilder(audio.rate_hz)
    prediction = classifier.predict_windows(builder.watching(audio.heard()))
    labels, tags = prediction.labels, classifier.card.tags
    now = timezone.now()
    classification.genre = prediction.genre
    classification.confidence = prediction.confidence
    classification.probabilities = _rounded(labels, prediction.probabilities)
    classification.segments = [
        {
            "start_s": round(segment.start_s, 3),
            "end_s": round(segment.end_s, 3),
            "probabilities": [round(float(p), 4) for p in segment.probabilities],
            "logits": [round(float(value), 4) for value in segment.logits],
        }
        for segment in prediction.segments
    ]
    classification.tags = _rounded(tags, prediction.tags)
    classification.features = [round(float(value), 6) for value in prediction.features]
    classification.outside_score = prediction.outside_score
    classification.is_outside = prediction.is_outside
    classification.is_music = prediction.is_music
    classification.windows = audio.spans
    classification.bundle_sha256 = prediction.sha256
    classification.versions = {package: version(package) for package in PACKAGES} | audio.versions
    classification.finished_at = now
    started_at = classification.started_at or now
    classification.seconds = round((now - started_at).total_seconds(), 2)
    classification.state = Classification.State.DONE
    classification.error = classification.error_detail = ""
    classification.retryable = False
    _store_spectrogram(classification, builder)  # first: an answer is never shown without it
    classification.save()
    return prediction


def _rounded(names: Iterable[str], values: Iterable[float]) -> dict[str, float]:
    return {name: round(float(value), 6) for name, value in zip(names, values, strict=True)}


def _store_spectrogram(classification: Classification, builder: SpectrogramBuilder) -> None:
    """Store the spectrogram; a job may run twice, and the second replaces the first."""
    Spectrogram.objects.update_or_create(
        classification=classification,
        defaults={"png": builder.png(), "columns": builder.columns()},
    )
