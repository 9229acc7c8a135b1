"""Figures of How It Works: the numbers of a walkthrough in the units of their SVG."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django.templatetags.static import static

from ml.explanations.walkthrough import ENVELOPE_COLUMNS, ENVELOPE_PEAK, Walkthrough

from .store import picture_name

WAVE_WIDTH, WAVE_HEIGHT = 720, 120
# Of the two pictures of a patch, within their figure.
LEFT, WIDTH, HEIGHT = 58, 362, 192
MEL_WIDTH, MEL_HEIGHT = 408, 96
MEL_EVERY = 6  # so that the bands can be told apart
MEL_TICKS_KHZ = (0.5, 1, 2, 4)
TICKS_KHZ = (0, 2, 4, 6, 8)
# Digits are this high above the line they stand on; a tick's name is set against its middle.
HALF_DIGIT = 4


@dataclass(frozen=True)
class Tick:
    name: str
    x: float
    y: float


@dataclass(frozen=True)
class Box:
    x: float
    width: float
    chosen: bool


@dataclass(frozen=True)
class Figures:
    """All figures of one walkthrough; paths are what the `d` of an SVG path takes.

    start_s, end_s : of the patch that is looked at
    patches : all patches, along WAVE_WIDTH of the strip
    chosen : the patch, along WAVE_WIDTH of the whole recording
    first_samples : as they are written
    lowest_hz, highest_hz : widths of the outermost mel bands
    middle_hz : the middle of the picture of the patch
    """

    start_s: float
    end_s: float
    envelope: str
    chosen: Box
    wave: str
    first_samples: list[str]
    half_below_percent: float
    khz_ticks: list[Tick]
    mel: str
    mel_ticks: list[Tick]
    lowest_hz: float
    highest_hz: float
    band_ticks: list[Tick]
    middle_hz: float
    times: list[Tick]
    patches: list[Box]


def picture_url(slug: str, picture: str) -> str:
    return static(f"library/walkthroughs/{picture_name(slug, picture)}")


def draw(walkthrough: Walkthrough) -> Figures:
    start_s, top_hz, n = (
        walkthrough.patch * walkthrough.patch_s,
        walkthrough.rate_hz / 2,
        len(walkthrough.tags),
    )
    along = WAVE_WIDTH / walkthrough.duration_s
    return Figures(
        start_s=start_s,
        end_s=start_s + walkthrough.patch_s,
        envelope=_envelope(walkthrough),
        chosen=Box(round(start_s * along, 1), round(walkthrough.patch_s * along, 1), True),
        wave=_wave(walkthrough),
        first_samples=[f"{s:.4f}".replace("-", "\N{MINUS SIGN}") for s in walkthrough.wave[:5]],
        half_below_percent=100 * walkthrough.half_below_hz / top_hz,
        khz_ticks=[Tick(f"{k}", LEFT, _height(k * 1000 / top_hz)) for k in TICKS_KHZ],
        mel=_mel(walkthrough, top_hz),
        mel_ticks=[Tick(f"{k}", k * 1000 / top_hz * MEL_WIDTH, 0) for k in TICKS_KHZ],
        lowest_hz=walkthrough.mel_hz[2] - walkthrough.mel_hz[0],
        highest_hz=walkthrough.mel_hz[-1] - walkthrough.mel_hz[-3],
        band_ticks=[
            Tick(f"{k:g}", LEFT, _height(_band_share(k * 1000, walkthrough.mel_hz)))
            for k in MEL_TICKS_KHZ
        ],
        middle_hz=walkthrough.mel_hz[len(walkthrough.mel_hz) // 2],
        times=[
            Tick(_seconds(start_s + i), round(LEFT + i / walkthrough.patch_s * WIDTH, 1), HEIGHT)
            for i in range(int(walkthrough.patch_s) + 1)
        ],
        patches=[
            Box(round(i * WAVE_WIDTH / n, 1), round(WAVE_WIDTH / n, 1), i == walkthrough.patch)
            for i in range(n)
        ],
    )


def _envelope(walkthrough: Walkthrough) -> str:
    """Return upright strokes, from the lowest sample of each stretch to its highest."""
    step, middle = WAVE_WIDTH / ENVELOPE_COLUMNS, WAVE_HEIGHT / 2
    scale = middle / ENVELOPE_PEAK
    return "".join(
        # Half a unit more on each side, so that silence is drawn as a line.
        f"M{(i + 0.5) * step:g} {middle - high * scale - 0.5:.1f}V{middle - low * scale + 0.5:.1f}"
        for i, (low, high) in enumerate(walkthrough.envelope)
    )


def _wave(walkthrough: Walkthrough) -> str:
    """Return the samples, joined by straight lines; the largest touches the edge."""
    step, middle = WAVE_WIDTH / (len(walkthrough.wave) - 1), WAVE_HEIGHT / 2
    scale = middle / max(*map(abs, walkthrough.wave), 1e-9)
    points = [f"{i * step:.1f} {middle - s * scale:.1f}" for i, s in enumerate(walkthrough.wave)]
    return "M" + "L".join(points)


def _mel(walkthrough: Walkthrough, top_hz: float) -> str:
    """Return triangles over frequency, one for every MEL_EVERY-th band."""
    x = [round(hz / top_hz * MEL_WIDTH, 1) for hz in walkthrough.mel_hz]
    return "".join(
        f"M{x[i]} {MEL_HEIGHT}L{x[i + 1]} 0L{x[i + 2]} {MEL_HEIGHT}"
        for i in range(0, len(x) - 2, MEL_EVERY)
    )


def _height(share: float) -> float:
    """Return the baseline of a tick's name at this share of the image from below."""
    return round(min(HEIGHT, max(2 * HALF_DIGIT, HEIGHT * (1 - share) + HALF_DIGIT)), 1)


def _band_share(hz: float, corners_hz: list[float]) -> float:
    """Return a frequency as a share of the mel bands, which are drawn with equal heights."""
    i, (low, high) = next((i, pair) for i, pair in enumerate(pairwise(corners_hz)) if pair[1] >= hz)
    # Corner i + 1 is the middle of band i, which is drawn from i to i + 1.
    return (i - 0.5 + (hz - low) / (high - low)) / (len(corners_hz) - 2)


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s"
