"""/models: the models, as their cards tell of them; and answers by numbers alone."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse
from ninja import Router

from classifier import serving
from classifier.results import by_numbers, explanations
from ml.registry.card import ModelCard

from . import resources
from .auth import CLASSIFY, READ, ApiRequest
from .problems import Problem
from .responses import problems
from .schemas import Features, FeaturesAnswer, Json, Model, ModelList

router = Router(tags=["Models"])


def _card(model_id: str, code: str) -> ModelCard:
    # Looked up among those that are there: nothing typed becomes a path.
    for card in serving.cards():
        if card.model_id == model_id:
            return card
    raise Problem(code, "There is no model of this name here: see /models.")


@router.get(
    "/models",
    auth=READ,
    response={200: ModelList, **problems(401, 403, 503)},
    operation_id="list_models",
    summary="List the models",
)
def listed(request: HttpRequest) -> Json:
    """List all models at hand, the one that serves first."""
    serves = serving.card().model_id
    cards = sorted(serving.cards(), key=lambda card: (card.model_id != serves, card.model_id))
    return {"items": [_item(card, serves) for card in cards]}


@router.get(
    "/models/{model_id}",
    auth=READ,
    response={200: Model, **problems(401, 403, 404, 503)},
    operation_id="read_model",
    summary="Read a model's card",
)
def read(request: HttpRequest, model_id: str) -> Json:
    """Return what a model learned from, its scores, its limits, and the order of its tags."""
    card = _card(model_id, "not_found")
    page = reverse("model", args=[card.model_id])
    return _item(card, serving.card().model_id) | {
        "url": request.build_absolute_uri(page),
        "family": card.family,
        "trained_on": card.trained_on,
        "measured_by": card.reference_model,
        "tags": card.tags,
        "answers_by_features": card.head is not None and bool(card.tags),
        "limits": card.limits,
        "licences": card.licences,
        "confidence_levels": card.confidence_levels,
        "outside_threshold": card.ood.threshold if card.ood else None,
        "metrics": card.metrics,
        "cross_validation": card.scored.cross_validation if card.scored else None,
        "wild": card.wild,
        "learned": card.learned,
        "robustness": card.robustness,
        "speed": card.speed,
    }


@router.post(
    "/features:classify",
    auth=CLASSIFY,
    response={200: FeaturesAnswer, **problems(400, 401, 403, 413, 415, 422, 503)},
    operation_id="classify_features",
    summary="Answer by numbers alone",
)
def classify_features(request: ApiRequest, body: Features) -> Json:
    """Answer to the numbers that a model's linear head multiplies: for each of its tags the mean
    log odds over the patches of a recording. No audio is heard, and nothing is stored.
    """
    card = _card(body.model, "no_such_model") if body.model else serving.card()
    try:
        row = by_numbers.answer_to(body.features, card)
    except by_numbers.NoNumbers as error:
        raise Problem("wrong_numbers", str(error)) from None
    words = explanations.refused_as(row, card)
    return {
        "model": card.model_id,
        "weights_sha256": card.sha256,
        "genre": row.genre,
        "confidence": row.confidence,
        "none_of_the_ten": row.is_outside,
        "is_music": row.is_music,
        "sounds_like": words.words if words else None,
        "outside_score": row.outside_score,
        "probabilities": dict(row.ranked),
    } | resources.sureness(row, card)


def _item(card: ModelCard, serves: str) -> Json:
    return {
        "id": card.model_id,
        "serves": card.model_id == serves,
        "summary": card.summary,
        "genres": card.labels,
        "created": card.created,
        "weights_sha256": card.sha256,
        "test_accuracy": card.test.accuracy if card.test else None,
        "wild_accuracy": card.in_the_wild.accuracy if card.in_the_wild else None,
    }
