"""Figures of audio and of scores, for notebooks, reports and training runs.

Each function takes arrays and returns a matplotlib Figure, made without pyplot's figures, so
nothing is shared between threads and nothing needs a screen. Colours are given, or are those of
matplotlib's own cycle. The site draws its own figures and does not need this module; matplotlib is
in requirements-training.txt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.gtzan import GENRES
from ml.errors import MLError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# The first two of matplotlib's cycle.
FIRST, SECOND = "C0", "C1"
# Colours alone cannot tell ten genres apart for everyone, so neighbours in a timeline also differ
# in their hatching.
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "", "+++", "ooo", "|||")
INK, SOFT, RULE = "#16202c", "#4b5563", "#cfc7b3"
SEQUENTIAL = "cividis"  # even in lightness, and the same to colour-blind eyes
HEAT = "#ff5fd2"  # stands out from both ends of that scale
SUFFIXES = (".svg", ".png")
MOST_POINTS = 4000  # of a waveform; more cannot be seen and would make an SVG heavy


def waveform(
    samples: np.ndarray, rate_hz: int, *, title: str = "Waveform", colour: str = FIRST
) -> Figure:
    """Draw amplitude over time.

    A long recording is drawn as its highest and lowest sample in each of `MOST_POINTS` stretches.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono, nominally in [-1, 1]
    rate_hz : of the samples, Hz
    """
    figure, axes = _figure(title, "Time (s)", "Amplitude (full scale = 1)", height=2.4)
    # librosa.display.waveshow mirrors the largest magnitude, which hides an asymmetric waveform.
    if samples.size > 2 * MOST_POINTS:
        edges = np.arange(MOST_POINTS) * samples.size // MOST_POINTS
        low, high = np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)
        axes.fill_between(edges / rate_hz, low, high, color=colour, linewidth=0.3)
    else:
        axes.plot(np.arange(samples.size) / rate_hz, samples, color=colour, linewidth=0.6)
    axes.set_xlim(0, samples.size / rate_hz)
    axes.set_ylim(-1, 1)
    return figure


def spectrogram(
    power_db: np.ndarray, *, duration_s: float, rate_hz: int, title: str = "Spectrogram"
) -> Figure:
    """Draw level over time and frequency.

    Parameters
    ----------
    power_db : np.ndarray [shape=(frequencies, frames)], dB, from 0 Hz to half of `rate_hz`
    duration_s : of the recording, seconds
    rate_hz : of the recording, Hz
    """
    figure, axes = _figure(title, "Time (s)", "Frequency (kHz)")
    _level(axes, power_db, (0, duration_s, 0, rate_hz / 2000))
    return figure


def mel_spectrogram(
    mel_db: np.ndarray,
    *,
    duration_s: float,
    heat: np.ndarray | None = None,
    title: str = "Mel spectrogram",
) -> Figure:
    """Draw level over time and mel band.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(frames, n_mels)], dB
    duration_s : of the recording, seconds
    heat : np.ndarray of the same shape, in [0, 1], e.g. of `ml.explanations.grad_cam`; drawn as
        contours, dashed at 0.5 and solid at 0.8
    """
    figure, axes = _figure(title, "Time (s)", "Mel band")
    extent = (0, duration_s, 0, mel_db.shape[1])
    _level(axes, mel_db.T, extent)
    if heat is not None and heat.max() > 0:
        axes.contour(heat.T, levels=[0.5, 0.8], colors=HEAT, linestyles=["--", "-"], extent=extent)
    return figure


def timeline(
    starts_s: Sequence[float],
    ends_s: Sequence[float],
    probabilities: np.ndarray,
    *,
    labels: Sequence[str] = GENRES,
    title: str = "Genre through the song",
    colours: Sequence[str] | None = None,
) -> Figure:
    """Draw the genre probabilities over time, one stacked bar a segment.

    `colours` : one a label

    Genres that never reach 10 % are drawn together as "others".

    Parameters
    ----------
    starts_s, ends_s : of the segments, seconds
    probabilities : np.ndarray [shape=(n, n_labels)], rows sum to 1
    """
    figure, axes = _figure(title, "Time (s)", "Probability (%)")
    percent = 100 * np.asarray(probabilities)
    shown = [i for i in np.argsort(-percent.mean(axis=0)) if percent[:, i].max() >= 10]
    rest = np.delete(percent, shown, axis=1).sum(axis=1)
    widths = np.subtract(ends_s, starts_s)
    floor = np.zeros(len(percent))
    colours = colours or [f"C{i}" for i in range(len(labels))]
    for i in shown:
        axes.bar(
            starts_s, percent[:, i], widths, floor, align="edge", label=labels[i],
            facecolor=colours[i], hatch=HATCHES[i % len(HATCHES)],
            edgecolor="#ffffff", linewidth=0.3,
        )  # fmt: skip
        floor = floor + percent[:, i]
    if rest.max() >= 0.5:
        axes.bar(starts_s, rest, widths, floor, align="edge", label="others", color=RULE)
    axes.set_xlim(min(starts_s), max(ends_s))
    axes.set_ylim(0, 100)
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


def confusion(
    counts: np.ndarray, *, labels: Sequence[str] = GENRES, title: str = "Confusion matrix"
) -> Figure:
    """Draw a confusion matrix with its counts; shades are shares of a row.

    Parameters
    ----------
    counts : np.ndarray [shape=(n, n), dtype=int], a row a true genre, a column a prediction
    """
    from sklearn.metrics import ConfusionMatrixDisplay

    counts = np.asarray(counts)
    figure, axes = _figure(title, "", "", height=5.6, width=6.4)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    display = ConfusionMatrixDisplay(shares, display_labels=labels)
    display.plot(
        ax=axes, cmap="Blues", colorbar=False, im_kw={"vmin": 0, "vmax": 1}, xticks_rotation=45
    )
    # The shade of a cell is its share, and the text its count.
    for text, count in zip(display.text_.flat, counts.flat, strict=True):
        text.set_text(str(count) if count else "")
    for name in axes.get_xticklabels():
        name.set_horizontalalignment("right")
    axes.set_xlabel("Predicted", color=INK)
    axes.set_ylabel("True", color=INK)
    return figure


def reliability(
    bins: Sequence[Mapping[str, Any]],
    *,
    title: str = "Confidence and how often it is right",
    colour: str = FIRST,
) -> Figure:
    """Draw a reliability diagram: the share of right answers over their confidence.

    Parameters
    ----------
    bins : one a bar, with "confidence" (mean) and "accuracy", each in [0, 1], and "n" tracks
    """
    figure, axes = _figure(title, "Confidence (%)", "Right answers (%)", height=4.6, width=5.2)
    used = [b for b in bins if b["n"]]
    # Bars, since CalibrationDisplay joins the bins by a line, which says something between them.
    axes.plot([0, 100], [0, 100], color=SOFT, linestyle="--", linewidth=1, label="perfect")
    axes.bar(
        [100 * b["confidence"] for b in used], [100 * b["accuracy"] for b in used],
        width=7, color=colour, label="measured",
    )  # fmt: skip
    for b in used:
        place = (100 * b["confidence"], 100 * b["accuracy"])
        axes.annotate(f"n={b['n']}", place, ha="center", va="bottom", fontsize=8, color=INK)
    axes.set_xlim(0, 105)
    axes.set_ylim(0, 108)
    axes.legend(loc="upper left", frameon=False)
    return figure


def learning(
    history: Sequence[Mapping[str, Any]], *, title: str = "Learning curves", colour: str = SECOND
) -> Figure:
    """Draw the loss over epochs.

    Parameters
    ----------
    history : rows as a mel-cnn's log.csv has them, with "epoch", "loss" and, where tracks were kept
        back, "valid_loss", which has the colour
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure(title, "Epoch", "Log loss (nats)")
    epochs = [float(row["epoch"]) for row in history]
    axes.plot(epochs, [float(row["loss"]) for row in history], color=INK, label="training")
    if "valid_loss" in history[0]:
        losses = [float(row["valid_loss"]) for row in history]
        axes.plot(epochs, losses, color=colour, linestyle="--", label="validation")
        best = int(np.argmin(losses))
        axes.plot(epochs[best], losses[best], "o", color=colour, label="best")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    axes.legend(frameon=False)
    return figure


def save(figure: Figure, path: Path, *, alt: str = "") -> Path:
    """Write a figure as SVG (its text stays text) or PNG, by the suffix.

    Parameters
    ----------
    alt : description that goes into the file; "" takes `alt_text`

    Returns
    -------
    the path

    Raises
    ------
    MLError : another suffix
    """
    from matplotlib import rc_context

    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise MLError(f"{path.name} is neither .svg nor .png.")
    # A date or a random id in the file would make two drawings of one thing differ.
    metadata: dict[str, str | None] = {
        "Title": figure.get_suptitle(),
        "Description": alt or alt_text(figure),
    }
    if path.suffix.lower() == ".svg":
        metadata["Date"] = None
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "plots"}):
        figure.savefig(path, metadata=metadata, dpi=120)
    return path


def alt_text(figure: Figure) -> str:
    """Describe in a sentence what a figure shows, for those who cannot see it."""
    axes = figure.axes[0]
    text = f"{figure.get_suptitle()}: {axes.get_ylabel()} over {axes.get_xlabel()}"
    legend = axes.get_legend()
    if legend is not None:
        names = [entry.get_text() for entry in legend.get_texts()]
        text += f", for {', '.join(names)}"
    return f"{text}."


def _figure(
    title: str, x: str, y: str, *, height: float = 3.6, width: float = 8.0
) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", facecolor="#ffffff")
    figure.suptitle(title, color=INK, fontsize=12, fontweight="bold")
    axes = figure.subplots()
    axes.set_xlabel(x, color=INK)
    axes.set_ylabel(y, color=INK)
    axes.tick_params(colors=SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def _level(axes: Axes, db: np.ndarray, extent: tuple[float, float, float, float]) -> None:
    # Not librosa.display.specshow: it draws a mesh, which is a path a cell in an SVG.
    image = axes.imshow(
        db, origin="lower", aspect="auto", extent=extent, cmap=SEQUENTIAL, interpolation="nearest"
    )
    axes.figure.colorbar(image, ax=axes, label="Level (dB)", pad=0.01)
