"""Filters: how genres are named, counted and coloured (classifier.genres, .serving, .palette)."""

from __future__ import annotations

from django import template

from classifier import genres, palette, serving

register = template.Library()

for function in (
    genres.are_gtzan,
    genres.count_words,
    genres.genre_name,
    serving.genre_name_by,
    serving.headline,
    serving.labels_of,
):
    register.filter(function)


@register.filter
def genre_class(label: str) -> str:
    """The class of static/css/tokens.css that gives a genre its colour."""
    return f"genre-{label if label == genres.NO_GENRE else serving.genre_slot(label)}"


@register.filter
def sleeve(label: str) -> str:
    """The drawing in static/img/sleeves.svg for a genre; any of them for a track that has none."""
    return palette.sleeve(serving.genre_slot(label)) if label else next(iter(palette.GENRES))


@register.simple_tag
def genre_count() -> str:
    """How many genres the model knows that answers here, in words."""
    return genres.count_words(len(serving.card().labels))
