"""Template filters and tags for the timeline (classifier.results.timeline)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from classifier.formatting import clock, percent
from classifier.models import Classification
from classifier.results import timeline

register = template.Library()

for function in (
    timeline.columns_of,
    timeline.excerpts,
    timeline.slices,
    timeline.stack_paths,
    timeline.spectrogram_label,
    timeline.strip_paths,
    timeline.ticks,
):
    register.filter(function)


@register.filter
def play_url(classification: Classification, at_s: float) -> str:
    """Return where a browser without scripts can play the song from a time on, or ""."""
    if classification.source == Classification.Source.YOUTUBE:
        return f"https://www.youtube.com/watch?v={classification.source_id}&t={round(at_s)}s"
    if classification.source == Classification.Source.LIBRARY:
        return f"{static(f'library/{classification.source_id}.mp3')}#t={round(at_s)}"
    return ""


@register.simple_tag
def play_time(classification: Classification, at_s: float) -> str:
    """Render a time, where possible as a link that plays from it; player.js uses data-seek."""
    at, url = f"{at_s:g}", play_url(classification, at_s)
    if not url:
        return format_html('<span data-seek="{}">{}</span>', at, clock(at_s))
    link = '<a href="{}" rel="noreferrer" data-seek="{}">{}</a>'
    return format_html(link, url, at, clock(at_s))


@register.simple_tag
def segment_rows(classification: Classification, segments: Sequence[dict]) -> SafeString:
    """Render the rows of the timeline's table, one a segment.

    Not in a template: a long song has thousands of these cells, and they would take longer than
    all the rest of its page. The end tags that HTML lets one leave out would weigh more than they
    say.
    """
    rows = []
    for segment in segments:
        probabilities = segment["probabilities"]
        time = play_time(classification, segment["start_s"])
        rows.append(
            f'<tr data-strongest="{timeline.strongest(probabilities)}"><th scope=row>{time}</th>'
            f"{''.join(map(_cell, probabilities))}</tr>"
        )
    return mark_safe("".join(rows))  # noqa: S308  # made of numbers and of escaped times


@lru_cache(maxsize=10_001)  # as many as there are probabilities of four decimals
def _cell(probability: float) -> str:
    return f"<td>{escape(percent(probability))}"


@register.simple_tag(takes_context=True)
def absolute(context: template.Context, name: str, *args: str) -> str:
    """Return a view's address with scheme and host, as other sites need it."""
    return context["request"].build_absolute_uri(reverse(name, args=args))
