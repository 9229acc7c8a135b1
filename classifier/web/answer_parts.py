"""The parts of a result page that are the same for everybody, kept once they are rendered.

A finished answer does not change, and to explain it and draw its timeline is most of what its page
costs. What is a visitor's own (the name of a file, a correction) or may be changed (the title, a
review) is in none of these parts, nor is anything of a form.
"""

from __future__ import annotations

from django.core.cache import caches
from django.template.loader import render_to_string

from classifier import serving
from classifier.models import Classification
from classifier.models.classification import DETAILS
from classifier.results import explanations, wording
from ml.registry.card import ModelCard

TEMPLATES = {
    "odds": "result/_odds.html",
    "timeline": "result/_over_time.html",
    "why": "result/_why.html",
}


def of(classification: Classification, card: ModelCard | None) -> dict[str, str]:
    """Return the HTML of each part of TEMPLATES, and as text what stands `beside` the headline.

    Of a finished answer and its model's card.
    """
    cache, key = caches["answers"], _key(classification)
    parts: dict[str, str] | None = cache.get(key)
    if parts is None:
        parts = _rendered(classification, card)
        cache.set(key, parts)
    return parts


def _key(classification: Classification) -> str:
    """Return what the parts depend on: the answer as it was given, and the cards of the models."""
    # A model that is trained anew, scored or deleted changes what is said of its answers, and a new
    # one may change colours.
    finished_at = classification.finished_at.isoformat() if classification.finished_at else ""
    return f"{classification.pk}:{finished_at}:{serving.registry().state()}"


def _rendered(classification: Classification, card: ModelCard | None) -> dict[str, str]:
    classification.refresh_from_db(fields=DETAILS)  # all in one query
    explanation = explanations.explain(classification, card) if card else None
    ctx = {"classification": classification, "model_card": card, "explanation": explanation}
    parts: dict[str, str] = {
        name: render_to_string(template, ctx) for name, template in TEMPLATES.items()
    }
    parts["beside"] = wording.beside(
        classification, explanation.sounds_like if explanation else None
    )
    return parts
