"""Pages about the models, made from their cards; no model is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classifier import serving
from classifier.formatting import heat
from ml.errors import BundleError
from ml.metrics.confidence import rounds
from ml.registry.card import Card

# What a card calls the parts, and what a page calls them.
PARTS = {
    "test_filtered": "Test",
    "valid_filtered": "Validation",
    "train_filtered": "Training",
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
    data = card.data
    test = data.get("metrics", {}).get("test_filtered", {})
    evaluated = data.get("examined") or data.get("training", {})
    cross_validation = evaluated.get("cross_validation", {})
    ctx = {
        "model": card,
        "serves": card.model_id == serving.card().model_id,
        "parts": [(PARTS.get(key, key), part) for key, part in data.get("metrics", {}).items()],
        "exam": test,
        "examined": evaluated,
        "cross_validation": cross_validation,
        "confusion": confusion_rows(card.labels, test.get("confusion", [])),
        "diagrams": [
            {"title": title, "bins": bins, "dots": dots(bins)}
            for title, bins in (
                ("On the test tracks", test.get("reliability")),
                ("In cross-validation", cross_validation.get("reliability")),
            )
            if bins
        ],
        # The words of the reference model begin at other percentages, so what its test says of them
        # is not said of these.
        "words": words(data, {} if card.sibling else test),
        "rounds": rounds(data),
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


def dots(bins: Sequence[Mapping]) -> list[dict]:
    """Return the bins of a reliability diagram as circles, by area in proportion to tracks."""
    most = max(row["n"] for row in bins) or 1
    return [
        {
            "x": round(row["confidence"] * PLOT_SIZE, 1),
            "y": round((1 - row["accuracy"]) * PLOT_SIZE, 1),
            "r": round(max(2.5, LARGEST_DOT * (row["n"] / most) ** 0.5), 1),
        }
        for row in bins
    ]


def words(data: Mapping, test: Mapping) -> list[dict]:
    """Return the confidence words with their shares in cross-validation and in the test."""
    tested = {row["word"]: row for row in test.get("words", ())}
    return [
        {**row, "name": row["word"].replace("_", " "), "test": tested.get(row["word"])}
        for row in data.get("confidence_words", ())
    ]


def recipe_rows(card: Card) -> list[tuple[str, str]]:
    """Return the settings of the training as (name, value), those that are plain values."""
    training = card.data.get("training", {})
    settled = {**training, **training.get("config", {})}
    return [
        (name.replace("_", " "), str(value))
        for name, value in settled.items()
        if isinstance(value, (int, float, str)) and name not in ("n_tracks", "n_artists")
    ]
