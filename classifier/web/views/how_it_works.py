"""How It Works: the model explained by one of the library's tracks."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.sources.base import Track
from classifier.walkthrough import arithmetic, figures, store
from classifier.web import signed_tracks
from ml.evaluation.ablation import leak, read_ladder
from ml.explanations.walkthrough import Walkthrough
from ml.registry.bundles import SHIPPED
from ml.registry.card import ModelCard


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    answering = serving.card()
    card = _explained(answering)
    tracks = store.tracks(card)
    asked = request.GET.get("track")
    track = next((t for t in tracks if t.source_id == asked), tracks[0] if tracks else None)
    ladder = read_ladder()
    ctx = {
        "serving": answering,
        "card": card,
        "ladder": ladder,
        "leak_points": f"{leak(ladder) * 100:.1f}",
    }
    if track and (walkthrough := store.read(track.source_id)):
        ctx |= _followed(track, walkthrough, card) | {
            "shelf": [(t, figures.picture_url(t.source_id, "patch")) for t in tracks]
        }
    return render(request, "how_it_works/how_it_works.html", ctx)


def _followed(track: Track, walkthrough: Walkthrough, card: ModelCard) -> dict:
    return {
        "track": track,
        "choice": signed_tracks.sign(track),
        "walkthrough": walkthrough,
        "figures": figures.draw(walkthrough),
        "sum": arithmetic.add_up(walkthrough, card),
        **{
            f"{name}_url": figures.picture_url(track.source_id, name)
            for name in ("spectrum", "patch", "strip", "yamnet")
        },
    }


def _explained(answering: ModelCard) -> ModelCard:
    """Return the card of a model with tags, as the text is about those; else the shipped one."""
    return answering if answering.tags else SHIPPED.card()
