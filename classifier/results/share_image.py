"""The preview image of a link to an answer (Open Graph)."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

from django.conf import settings
from PIL import Image, ImageDraw, ImageFont

from classifier.formatting import percent
from classifier.genres import genre_name

SIZE = WIDTH, HEIGHT = 1200, 630
MARGIN = 72
FONT = settings.BASE_DIR / "static" / "fonts" / "bricolage-grotesque.woff2"
# What static/fonts/README.md leaves in it besides Latin-1.
PUNCTUATION = "\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022"
# As in static/css/tokens.css, light, because the colours of the pages that show it are not known.
PAPER, INK, SOFT, REST, SPOT = "#f5f1e6", "#16202c", "#4b5563", "#ebe5d6", "#f2b824"
BARS = 5


def draw(
    *,
    name: str,
    host: str = "",
    headline: str,
    answer: str,
    beside: str,
    ranked: Sequence[tuple[str, float]],
    colours: Mapping[str, str],
    title: str = "",
) -> bytes:
    """Draw a PNG of 1200 by 630.

    name : of the site
    host : its address, "" to leave it out
    headline : the genre, or "none" for none of those ranked, which gives the colour
    answer, beside : the headline in words, and what stands smaller beside it
    ranked : (genre, probability) pairs of all genres, the most probable first; five are shown
    colours : of the genres on paper, as in static/css/tokens.css
    title : of the song, as everybody may read it
    """
    image = Image.new("RGB", SIZE, PAPER)
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, WIDTH, 14), fill=SPOT)
    pen.text((MARGIN, 62), name, fill=INK, font=_font(32, 750), anchor="ls")
    pen.text((WIDTH - MARGIN, 62), host, fill=SOFT, font=_font(26, 500), anchor="rs")
    if title := drawable(title):
        title_font = _font(40, 600)
        pen.text((MARGIN, 140), _cut(title, title_font), fill=SOFT, font=title_font, anchor="ls")
    _draw_answer(pen, answer, beside, headline != "none", colours.get(headline, INK))
    for row, (genre, probability) in enumerate(ranked[:BARS]):
        _draw_bar(pen, 384 + row * 40, genre, probability, colours.get(genre, INK))
    out = io.BytesIO()
    image.save(out, format="PNG")
    return out.getvalue()


def drawable(title: str) -> str:
    """Return what the font has letters for; "" where most of the title would be missing."""
    kept = "".join(c for c in title if " " <= c <= "~" or "\xa0" <= c <= "\xff" or c in PUNCTUATION)
    return " ".join(kept.split()) if 2 * len(kept) > len(title) else ""


def _draw_answer(
    pen: ImageDraw.ImageDraw, answer: str, beside: str, is_genre: bool, colour: str
) -> None:
    font = _font(168 if is_genre else 112, 800)
    pen.text((MARGIN - 6, 320), answer, fill=colour, font=font, anchor="ls")
    right = MARGIN + font.getlength(answer) + 28
    small = _font(64 if is_genre else 40, 700)
    if right + small.getlength(beside) > WIDTH - MARGIN:
        small = _font(30, 700)
    pen.text((right, 320), beside, fill=colour, font=small, anchor="ls")


def _draw_bar(
    pen: ImageDraw.ImageDraw, top: int, genre: str, probability: float, colour: str
) -> None:
    """Draw one row: name, a bar of narrow strokes as on the page, percentage."""
    left, right, height = 268, WIDTH - MARGIN - 140, 28
    middle = top + height // 2
    pen.text((MARGIN, middle), genre_name(genre), fill=colour, font=_font(30, 700), anchor="lm")
    filled = left + probability * (right - left)
    for x in range(left, right, 9):
        pen.rectangle((x, top, x + 5, top + height), fill=REST)
        if x < filled:
            pen.rectangle((x, top, min(x + 5, int(filled)), top + height), fill=colour)
    where = (WIDTH - MARGIN, middle)
    pen.text(where, percent(probability), fill=INK, font=_font(30, 600), anchor="rm")


def _cut(text: str, font: ImageFont.FreeTypeFont) -> str:
    """Return as much of a line as fits between the margins."""
    room = WIDTH - 2 * MARGIN
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    # Opened anew each time: a font object holds state, and the web process has several threads.
    font = ImageFont.truetype(FONT, size)
    font.set_variation_by_axes([min(96, max(12, size)), weight])
    return font
