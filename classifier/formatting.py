"""Numbers as pages write them: percentages, durations, sizes, counts."""

from __future__ import annotations

import math

from django.template.defaultfilters import filesizeformat

from ml.genre_words import NBSP, percent

__all__ = ["NBSP", "percent"]

HEATS = 10
LEAST_SHOWN = 1e-5  # 0.001 %


def fine_percent(probability: float) -> str:
    """Write a probability so that small ones can be told apart: 0.00012 -> "0.01 %".

    Below a thousandth of a per cent nobody cares how little it is: "< 0.001 %".
    """
    if not 0 < probability < 0.001:
        return percent(probability)
    if probability < LEAST_SHOWN:
        return f"<{NBSP}0.001{NBSP}%"
    digits = -math.floor(math.log10(probability * 100))
    return f"{probability * 100:.{digits}f}{NBSP}%"


def signed(value: float) -> str:
    """Write a number with its sign: 1.5 -> "+1.50", and a true minus."""
    return f"{value:+.2f}".replace("-", "\N{MINUS SIGN}")


def short_count(number: int | None) -> str:
    """Write a large number in few characters: 1234567 -> "1.2 million"."""
    if number is None:
        return ""
    for size, name in ((10**9, "billion"), (10**6, "million"), (10**3, "thousand")):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + f" {name}"
    return str(number)


def clock(seconds: float | None) -> str:
    """Write a duration as m:ss or h:mm:ss."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def minutes(number: int) -> str:
    """Write a number of minutes, in hours where these are whole: 180 -> "3 hours"."""
    count, unit = (number // 60, "hour") if number % 60 == 0 else (number, "minute")
    return f"{count} {unit}" + ("s" if count != 1 else "")


def heat(share: float) -> int:
    """Return one of ten shades for a share in [0, 1]; the lightest is for 0 alone."""
    return min(HEATS - 1, max(1, int(share * HEATS))) if share > 0 else 0


def size_words(n_bytes: int) -> str:
    """Write a size as people do: 52428800 -> "50 MB"."""
    return filesizeformat(n_bytes).replace(".0", "")


def without_nul(text: str) -> str:
    """Take NUL out of a text from elsewhere: PostgreSQL stores none."""
    return text.replace("\0", "")
