"""Where things stand in the pictures of a song, and where a time of it can be played."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html

from classifier.models import Classification, Picture

from .listening import clock

register = template.Library()

# Columns fainter than this are not drawn; the others in steps, of which there are this many.
LEAST, STEPS = 0.02, 20
# Windows closer than this touch: their times are rounded.
SKIPPED_S = 0.1


@dataclass(frozen=True)
class Mark:
    """A stretch of the spectrogram. x and width in its columns."""

    x: float
    width: float


@register.filter
def marks(picture: Picture, moments) -> list[Mark]:
    """Where the moments (anything with start_s and end_s) lie in the spectrogram."""
    found = []
    x = 0
    for (start_s, end_s), columns in zip(
        picture.classification.windows, picture.columns, strict=False
    ):
        a_second = columns / max(end_s - start_s, 1e-6)
        for moment in moments or ():
            # What the model heard of a very short window is longer than the window itself.
            first, last = max(moment.start_s, start_s), min(moment.end_s, end_s)
            if last > first:
                mark = Mark(x + (first - start_s) * a_second, (last - first) * a_second)
                found.append(Mark(round(mark.x, 1), round(mark.width, 1)))
        x += columns
    return found


@register.filter
def seams(picture: Picture) -> list[int]:
    """The columns where the recording was skipped over."""
    windows, columns = picture.classification.windows, picture.columns
    return [
        sum(columns[: i + 1])
        for i in range(len(windows) - 1)
        if windows[i + 1][0] - windows[i][1] > SKIPPED_S
    ]


@register.filter
def excerpts(windows: list) -> int:
    """How many separate stretches were listened to; windows that touch are one."""
    gaps = sum(later[0] - earlier[1] > SKIPPED_S for earlier, later in pairwise(windows))
    return gaps + 1 if windows else 0


@register.filter
def strip_paths(segments: list[dict], index: int) -> list[tuple[str, str]]:
    """One genre's strip as (opacity, path) pairs: a stroke ten units apart for each segment.

    A whole song has three hundred segments; an element for each would weigh more than the page.
    """
    paths: dict[int, list[str]] = {}
    for position, segment in enumerate(segments):
        probability = segment["probabilities"][index]
        if probability >= LEAST:
            step = max(1, round(probability * STEPS))
            paths.setdefault(step, []).append(f"M{position * 10 + 5} 0v10")
    return [(f"{step / STEPS:g}", "".join(paths[step])) for step in sorted(paths)]


@register.filter
def play_url(classification: Classification, at_s: float) -> str:
    """Where a browser without scripts can play the song from a time on; "" where it cannot."""
    if classification.source == Classification.Source.YOUTUBE:
        return f"https://www.youtube.com/watch?v={classification.source_id}&t={int(at_s)}s"
    if classification.source == Classification.Source.LIBRARY:
        return f"{static(f'library/{classification.source_id}.mp3')}#t={int(at_s)}"
    return ""


@register.simple_tag
def play_time(classification: Classification, at_s: float) -> str:
    """A time, where possible as a link that plays from it; player.js looks for data-seek.

    No partial: a long song has hundreds of them.
    """
    at, url = f"{at_s:g}", play_url(classification, at_s)
    if not url:
        return format_html('<span data-seek="{}">{}</span>', at, clock(at_s))
    link = '<a href="{}" rel="noreferrer" data-seek="{}">{}</a>'
    return format_html(link, url, at, clock(at_s))


@register.simple_tag(takes_context=True)
def absolute(context: template.Context, name: str, *args: str) -> str:
    """A view's address with scheme and host, as other sites need it."""
    return context["request"].build_absolute_uri(reverse(name, args=args))
