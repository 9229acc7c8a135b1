"""The genres' colours can be read on every ground, and told apart by nearly everyone."""

import re
from itertools import combinations

import numpy as np
import pytest
from django.conf import settings

from ml.data.gtzan import GENRES

CSS = (settings.BASE_DIR / "static/css/tokens.css").read_text()
LIGHT, DARK = CSS[: CSS.index("@media")], CSS[CSS.index("@media") :]

# What is left of linear RGB to those who lack one kind of cone: Machado, Oliveira & Fernandes, "A
# physiologically-based model for simulation of color vision deficiency" (2009), severity 1.0.
SIGHT = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "all cones": np.eye(3).tolist(),
}
# Smallest distance of two colours (CIE 1976 Delta E; 2.3 is just noticeable).
APART = {"protanopia": 15, "deuteranopia": 15, "tritanopia": 10, "all cones": 25}
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)  # of linear sRGB, D65: IEC 61966-2-1


def value(block: str, name: str) -> str:
    return re.search(rf"--{name}: (#[0-9a-f]{{6}})", block)[1]


def linear(colour: str) -> np.ndarray:
    """ "#rrggbb" -> linear RGB in [0, 1]; IEC 61966-2-1."""
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    t = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    x, y, z = np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio"."""
    darker, lighter = sorted(float(XYZ[1] @ linear(colour)) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_no_two_genres_look_the_same(block, sight):
    seen = {g: lab(np.array(SIGHT[sight]) @ linear(value(block, f"genre-{g}"))) for g in GENRES}
    for one, other in combinations(GENRES, 2):
        distance = float(np.linalg.norm(seen[one] - seen[other]))
        assert distance >= APART[sight], (one, other)


@pytest.mark.parametrize("block", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "sheet", "shade"])
def test_every_genre_can_be_read(block, ground):
    for genre in GENRES:
        assert contrast(value(block, f"genre-{genre}"), value(block, ground)) >= 4.6, genre


def test_the_measures_are_right_where_the_answer_is_known():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert lab(linear("#ffffff")) == pytest.approx([100, 0, 0], abs=0.01)
    assert lab(linear("#ff0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    green_and_red = [np.array(SIGHT["deuteranopia"]) @ linear(c) for c in ("#a05000", "#607a00")]
    seen, plain = (
        np.linalg.norm(lab(a) - lab(b))
        for a, b in (green_and_red, [linear("#a05000"), linear("#607a00")])
    )
    assert seen < plain / 2
