"""How It Works: the essay, with one of the library's tracks followed through the model."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ml.card import Card, default_model_id, read_card
from ml.ladder import leak, read_ladder

from . import choices, tour_figures, tours
from .sources.base import Track


@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    serving = read_card(settings.MODEL_ID or None)
    card = _explained(serving)
    tracks = tours.tracks(card)
    asked = request.GET.get("track")
    track = next((t for t in tracks if t.source_id == asked), tracks[0] if tracks else None)
    ladder = read_ladder()
    ctx = {
        "serving": serving,
        "card": card,
        "ladder": ladder,
        "leak_points": f"{leak(ladder) * 100:.1f}",
    }
    if track:
        ctx |= _followed(track, card) | {
            "shelf": [(t, tour_figures.picture_url(t.source_id, "patch")) for t in tracks]
        }
    return render(request, "pages/how_it_works.html", ctx)


def _followed(track: Track, card: Card) -> dict:
    tour = tours.read(track.source_id)
    return {
        "track": track,
        "choice": choices.sign(track),
        "tour": tour,
        "figures": tour_figures.draw(tour),
        "sum": tours.add_up(tour, card),
        **{
            f"{name}_url": tour_figures.picture_url(track.source_id, name)
            for name in ("spectrum", "patch", "strip")
        },
    }


def _explained(serving: Card) -> Card:
    """The essay is about MusiCNN: where another kind of model answers, about the shipped one."""
    return serving if serving.tags else read_card(default_model_id())
