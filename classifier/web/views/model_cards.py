"""Pages about the models, made from their cards; no model is loaded."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.formatting import heat
from ml.errors import BundleError
from ml.registry.card import ModelCard
from ml.registry.sections.scores import ReliabilityBin

# What a card calls the parts, and what a page calls them.
PARTS = {
    "test_filtered": "Test",
    "valid_filtered": "Validation",
    "train_filtered": "Training",
    "wild": "Real music of many places",
    "wild_out_of_fold": "Real music of many places, out of fold",
    "gtzan_out_of_fold": "Training, out of fold",
}
# The reliability diagram, in the units of its viewBox.
PLOT_SIZE = 300
LARGEST_DOT = 14


@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """List all models, the one that serves first."""
    answering = serving.card().model_id
    cards = sorted(serving.cards(), key=lambda card: (card.model_id != answering, card.model_id))
    return render(request, "models/list.html", {"models": cards, "serving": answering})


@require_safe
def model(request: HttpRequest, model_id: str) -> HttpResponse:
    """Show all that a card says of its model."""
    try:
        card = serving.registry().card(model_id)
    except BundleError as error:
        raise Http404 from error
    test = card.test
    cross_validation = card.scored.cross_validation if card.scored else None
    ctx = {
        "model": card,
        "serves": card.model_id == serving.card().model_id,
        "parts": [(PARTS.get(key, key), part) for key, part in card.metrics.items()],
        "exam": test,
        "examined": card.scored,
        "cross_validation": cross_validation,
        "confusion": confusion_rows(card.labels, test.confusion if test else ()),
        "diagrams": [
            {"title": title, "bins": bins, "dots": dots(bins)}
            for title, bins in (
                ("On the test tracks", test.reliability if test else ()),
                ("In cross-validation", cross_validation.reliability if cross_validation else ()),
            )
            if bins
        ],
        "levels": confidence_levels(card),
        "rounds": card.rounds,
        "recipe": recipe_rows(card),
    }
    return render(request, "models/model.html", ctx)


def confusion_rows(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> list[dict]:
    """Return rows of a confusion matrix: {label, cells}, a cell {label, n, heat, right}.

    heat : 0 where the cell has none of the row's tracks, else 1 to 9, 9 where it has nearly all
    """
    rows = []
    for i, (truth, row) in enumerate(zip(labels, counts, strict=False)):
        total = sum(row) or 1
        cells = [
            {"label": said, "n": n, "heat": heat(n / total), "right": i == j}
            for j, (said, n) in enumerate(zip(labels, row, strict=False))
        ]
        rows.append({"label": truth, "cells": cells, "n": sum(row)})
    return rows


def dots(bins: Sequence[ReliabilityBin]) -> list[dict]:
    """Return the bins of a reliability diagram as circles, by area in proportion to tracks."""
    most = max(row.n for row in bins) or 1
    return [
        {
            "x": round(row.confidence * PLOT_SIZE, 1),
            "y": round((1 - row.accuracy) * PLOT_SIZE, 1),
            "r": round(max(2.5, LARGEST_DOT * (row.n / most) ** 0.5), 1),
        }
        for row in bins
    ]


def confidence_levels(card: ModelCard) -> list[dict]:
    """Return the confidence levels with their shares in cross-validation and in the test."""
    # The levels of the reference model begin at other percentages, so what its test says of them
    # is not said of these.
    scored = card.test.levels if card.test and not card.reference_model else ()
    tested = {row.word: row for row in scored}
    return [
        {"level": level, "name": level.word.replace("_", " "), "test": tested.get(level.word)}
        for level in card.confidence_levels
    ]


def recipe_rows(card: ModelCard) -> list[tuple[str, str]]:
    """Return the settings of the training as (name, value), those that are plain values."""
    report = card.training.model_dump() if card.training else {}
    settled = {**report, **(report.get("config") or {})}
    return [
        (name.replace("_", " "), str(value))
        for name, value in settled.items()
        if isinstance(value, (int, float, str)) and name not in ("n_tracks", "n_artists")
    ]
