"""Which model serves: promoting one, returning to the one before, and the record of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from classifier import serving
from classifier.models import Promotion
from ml.errors import BundleError
from ml.learning.gates import Gate, failed
from ml.registry.promotion import promote as write_pointer

from . import candidates

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class GateFailed(BundleError):
    """A candidate may not serve as it is; its message names the gates."""


def promote(
    model_id: str, judged: Sequence[Gate], *, reason: str = "", by: User | None = None
) -> Promotion:
    """Let a candidate serve.

    Parameters
    ----------
    judged : what the gates said
    reason : why it shall serve though it failed one; it is kept

    Raises
    ------
    GateFailed : it failed one, and there is no reason
    BundleError : it is not at hand
    """
    wrong = failed(judged)
    if wrong and not reason.strip():
        titles = "; ".join(f"{gate.title}: {gate.text}" for gate in wrong)
        raise GateFailed(f"{model_id} fails {len(wrong)} of {len(judged)} gates. {titles}")
    return _serve(model_id, candidates.as_json(list(judged)), reason if wrong else "", by)


def before() -> str:
    """The model that served before the one that does; "" where none is known."""
    # A return was from the one that was returned from, and promoting twice replaced nothing.
    forward = Promotion.objects.filter(is_return=False).exclude(replaced="")
    last = forward.filter(model_id=serving.card().model_id).first()
    return last.replaced if last else ""


def roll_back(by: User | None = None) -> Promotion:
    """Let the model serve that served before.

    Raises BundleError where none is known, or it is not at hand.
    """
    model_id = before()
    if not model_id:
        raise BundleError("No other model is known to have served before.")
    return _serve(model_id, [], "", by, is_return=True)


def record(model_id: str, replaced: str, reason: str = "") -> Promotion:
    """Note that a model began to serve which was promoted otherwise."""
    return Promotion.objects.create(model_id=model_id, replaced=replaced, reason=reason[:300])


def _serve(
    model_id: str, gates: list[dict], reason: str, by: User | None, *, is_return: bool = False
) -> Promotion:
    if settings.MODEL_ID:
        raise BundleError(
            f"The setting MODEL_ID says that {settings.MODEL_ID} serves: take it away first."
        )
    registry = serving.registry()
    card, replaced = registry.card(model_id), registry.default_id()
    if not serving.runs_here(card):
        raise BundleError(f"{model_id} has no form that this site's runtime takes.")
    # The row first: a model that serves without a record could not be returned from.
    with transaction.atomic():
        row = Promotion.objects.create(
            model_id=model_id,
            replaced=replaced if replaced != model_id else "",
            gates=gates,
            reason=reason.strip()[:300],
            by=by,
            is_return=is_return,
        )
        write_pointer(model_id, registry)
    return row
