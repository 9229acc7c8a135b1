"""The genres' colours can be read on every ground, and told apart by nearly everyone."""

import re

import numpy as np
import pytest
from django.conf import settings

from classifier import palette
from ml.data.gtzan import GENRES
from scripts.palette import FILES, filled

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
# How much of that is left between any two of the spare colours, of which there are more than can
# be as far apart; and between a spare one and one of the ten.
SPARE_APART, SPARE_AND_TEN_APART = 0.75, 0.45
THEMES = ("light", "dark")
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


def nearest(colours, others, sight: str) -> float:
    """The smallest distance of two different colours, one of each row, in parts of APART."""
    one, other = (
        [lab(np.array(SIGHT[sight]) @ linear(colour)) for colour in row]
        for row in (colours, others)
    )
    distances = (np.linalg.norm(a - b) for a in one for b in other if not np.array_equal(a, b))
    return float(min(distances)) / APART[sight]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", SIGHT)
def test_no_two_genres_look_the_same(theme, sight):
    ten = [getattr(colour, theme) for colour in palette.GENRES.values()]
    spare = [getattr(colour, theme) for colour in palette.SPARE]
    assert len(set(ten + spare)) == len(ten + spare)
    assert nearest(ten, ten, sight) >= 1
    assert nearest(spare[: palette.N_APART], spare[: palette.N_APART], sight) >= 1
    assert nearest(spare, spare, sight) >= SPARE_APART
    assert nearest(spare, ten, sight) >= SPARE_AND_TEN_APART


@pytest.mark.parametrize(("theme", "block"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("ground", ["paper", "sheet", "shade"])
def test_every_genre_can_be_read(theme, block, ground):
    for name, colour in palette.slots().items():
        assert contrast(getattr(colour, theme), value(block, ground)) >= 4.6, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_style_sheets_hold_the_palette(path):
    css = path.read_text()
    assert filled(css) == css, "run python -m scripts.palette"
    assert css.count("palette: ") == css.count("end of palette") > 0
    for name, colour in palette.slots().items():
        assert f".genre-{name} " in css
        assert colour.light in css
        assert colour.dark in css


def test_the_ten_are_those_of_gtzan():
    assert tuple(palette.GENRES) == GENRES


def test_a_label_has_its_own_colour_or_a_spare_one_that_its_model_has_not():
    models = (GENRES, ("techno", "rock", "salsa"), ("salsa", "raga", "fado"), ("polka",))
    assert palette.slot("rock", models) == "rock"
    given = {g: palette.slot(g, models) for g in ("techno", "salsa", "raga", "fado", "polka")}
    assert given == {
        "techno": "spare-1", "salsa": "spare-2", "raga": "spare-1", "fado": "spare-3",
        "polka": "spare-1",
    }  # fmt: skip
    assert given == {g: palette.slot(g, models[1:]) for g in given}
    assert all(slot in palette.slots() for slot in given.values())


def test_of_a_retired_model_a_label_has_the_same_colour_each_time():
    assert palette.slot("gone", ()) == palette.slot("gone", (GENRES,))
    assert palette.slot("gone", ()) in palette.slots()


def test_more_labels_than_spare_colours_share_them_evenly():
    labels = tuple(f"genre {n}" for n in range(2 * len(palette.SPARE)))
    given = [palette.slot(label, (labels,)) for label in labels]
    assert len(set(given[: len(palette.SPARE)])) == len(palette.SPARE)
    assert all(given.count(slot) == 2 for slot in given)


def test_every_slot_has_a_drawing():
    svg = (settings.BASE_DIR / "static/img/sleeves.svg").read_text()
    assert palette.sleeve("rock") == "rock"
    for slot in palette.slots():
        assert f'id="{palette.sleeve(slot)}"' in svg


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
