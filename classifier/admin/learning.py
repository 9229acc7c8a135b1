"""Pages on which staff have the model learn, see what would change, and let a candidate serve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from classifier import serving
from classifier.learning import candidates, generations, known, reclassify, tasks
from classifier.models import Classification, LearningTask, Promotion
from classifier.review.verdicts import reviewer
from ml.errors import BundleError, MLError
from ml.learning.base import load_base
from ml.learning.learned import LEAST_ARTISTS, LEAST_RECORDINGS
from ml.registry.card import ModelCard

GENERATIONS = 20
LISTED = 200  # answers that have changed, those most confident first
STATES = {"passed": "passed", "failed": "failed", "unknown": "cannot tell"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show what there is to learn from and what has learned; start what a button asks for."""
    _require(request, "view_classification")
    if request.method == "POST":
        return _act(request)
    context = {
        **_context(request, "Teach it"),
        "current": serving.card(),
        "before": generations.before(),
        "candidates": [_summary(card) for card in candidates.learned_cards()],
        "promotions": Promotion.objects.select_related("by")[:GENERATIONS],
        "least_recordings": LEAST_RECORDINGS,
        "least_artists": LEAST_ARTISTS,
        "fixed": settings.MODEL_ID,
        "last": {kind: tasks.last(kind) for kind in LearningTask.Kind.values},
        "waiting": reclassify.waiting().count(),
        **_known(),
    }
    return TemplateResponse(request, "admin/learning.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def candidate(request: HttpRequest, model_id: str) -> HttpResponse:
    """Show how a candidate stands at the gates and what it would change; let it serve."""
    _require(request, "view_classification")
    card = next((card for card in candidates.learned_cards() if card.model_id == model_id), None)
    if card is None:
        raise Http404
    task = _judged(model_id)
    if request.method == "POST":
        return _promote(request, card, task)
    found = task.found if task else {}
    replay = found.get("replay", {})
    rows = {
        row.public_id: row
        for row in Classification.objects.without_details().filter(
            public_id__in=[flip["public_id"] for flip in replay.get("listed", ())]
        )
    }
    context = {
        **_context(request, model_id),
        "model": card,
        "task": task,
        "gates": [gate | {"words": STATES[gate["state"]]} for gate in found.get("gates", ())],
        "has_failed": _has_failed(found),
        "replay": replay,
        "flips": [
            flip | {"row": rows[flip["public_id"]]}
            for flip in replay.get("listed", ())
            if flip["public_id"] in rows
        ],
        "stale": _stale(card, found),
        "serves": serving.card().model_id == model_id,
        "changed": reclassify.changed(model_id)[:LISTED],
    }
    return TemplateResponse(request, "admin/candidate.html", context)


def _act(request: HttpRequest) -> HttpResponse:
    what = request.POST.get("do", "")
    if what == "roll_back":
        _require(request, "add_promotion")

        def act() -> str:
            done = generations.roll_back(reviewer(request))
            return f"Now {done.model_id} serves again, in place of {done.replaced}."

    elif what in (LearningTask.Kind.LEARN, LearningTask.Kind.RECLASSIFY):
        _require(request, "add_learningtask")

        def act() -> str:
            tasks.start(what, reviewer(request))
            return "It has begun."

    else:
        raise Http404
    _tell(request, act)
    return HttpResponseRedirect(reverse("admin:classifier_learning"))


def _promote(request: HttpRequest, card: ModelCard, task: LearningTask | None) -> HttpResponse:
    if request.POST.get("do") == "judge":
        _require(request, "add_learningtask")

        def act() -> str:
            tasks.start(LearningTask.Kind.JUDGE, reviewer(request), card.model_id)
            return "It has begun."

    else:
        _require(request, "add_promotion")

        def act() -> str:
            found = task.found if task else {}
            if why := _stale(card, found):
                raise BundleError(f"{why} Put it before the gates first.")
            generations.promote(
                card.model_id,
                candidates.from_json(found["gates"]),
                reason=request.POST.get("reason", "").replace("\0", ""),
                by=reviewer(request),
            )
            return f"Now {card.model_id} serves."

    _tell(request, act)
    return HttpResponseRedirect(reverse("admin:classifier_candidate", args=[card.model_id]))


def _tell(request: HttpRequest, act: Callable[[], str]) -> None:
    try:
        messages.success(request, act())
    except MLError as error:
        messages.error(request, f"That cannot be done: {error}")


def _judged(model_id: str) -> LearningTask | None:
    """The last task that put a candidate before the gates."""
    kinds = (LearningTask.Kind.LEARN, LearningTask.Kind.JUDGE)
    tasks_of_it = LearningTask.objects.filter(
        model_id=model_id, kind__in=kinds, state=LearningTask.State.DONE
    )
    return tasks_of_it.first()


def _stale(card: ModelCard, found: dict[str, Any]) -> str:
    """Why what the gates said counts no more; "" where it does."""
    if not found:
        return "It has not been before the gates."
    if found["against"] != serving.card().model_id:
        return f"It was compared with {found['against']}, which does not serve any more."
    if found["verdicts"] != candidates.verdicts_digest(card):
        return "More has been said since it was before the gates."
    return ""


def _has_failed(found: dict[str, Any]) -> bool:
    return any(gate["state"] == "failed" for gate in found.get("gates", ()))


def _summary(card: ModelCard) -> dict[str, Any]:
    task = _judged(card.model_id)
    found = task.found if task else {}
    gates = found.get("gates", ())
    return {
        "card": card,
        "failed": sum(gate["state"] == "failed" for gate in gates),
        "unknown": sum(gate["state"] == "unknown" for gate in gates),
        "gates": len(gates),
        "changed": found.get("replay", {}).get("changed"),
    }


def _known() -> dict[str, Any]:
    """What there is to learn from, or why nothing can be learned."""
    try:
        base = load_base(candidates.base_card())
        found = known.known(base)
    except BundleError as error:
        return {"problem": str(error)}
    newest = next(iter(candidates.learned_cards()), None)
    return {
        "known": found.provenance,
        "left_out": sorted(found.left_out.items()),
        "base": base.card,
        "drawn": int(found.taught.drawn.sum()),
        "is_learned": bool(
            newest and newest.learned and newest.learned.digest == found.provenance["digest"]
        ),
    }


def _context(request: HttpRequest, title: str) -> dict[str, Any]:
    return {
        **admin.site.each_context(request),
        "title": title,
        "running": tasks.running(),
        "may_learn": request.user.has_perm("classifier.add_learningtask"),
        "may_promote": request.user.has_perm("classifier.add_promotion"),
    }


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(f"classifier.{permission}"):
        raise PermissionDenied
