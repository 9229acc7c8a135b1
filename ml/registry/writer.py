"""Writing a bundle: the network, its detector and its card, in `bundles/<model-id>/`."""

from __future__ import annotations

import json
import os
import platform
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from ml.data.gtzan import GENRES, PARTS, every_track, split, tracks, training_tracks
from ml.errors import BundleError

from .card import MODEL_ID, Card, file_sha256, read_card
from .recipe import Recipe

if TYPE_CHECKING:
    import keras


TRAINING_TRACKS, EVERY_TRACK = "training tracks", "every track"
# Named in the card, so that a page can say by which list a model learned.
LEFT_OUT = {
    TRAINING_TRACKS: [
        "the 290 tracks of the test part",
        "70 tracks that the fault-filtered split leaves out: repeats, distorted clips and artists "
        "on two sides of it",
        "23 tracks of the train and valid parts whose artist or recording is in the test part",
    ],
    EVERY_TRACK: [
        "of each recording all tracks but one",
        "the two tracks of one recording that are labelled with two genres",
    ],
}
LIMITS = [
    "It knows ten genres as one collection from around 2001 understood them.",
    "The collection is mostly Western music, in studio recordings of the last century.",
    "Its reggae is to a third one artist, its blues nine artists: other voices of these genres are "
    "less sure to be recognised.",
    "Some labels of the collection are wrong; by Sturm's count no honest score exceeds 94.5 %.",
    "Music of other genres is often taken for the nearest of the ten, and not refused.",
]


def check_model_id(model_id: str) -> None:
    """Raise BundleError unless it can name a bundle."""
    if not MODEL_ID.fullmatch(model_id):
        raise BundleError(f"{model_id!r} is no model id: use lower-case letters, digits, - and .")


def save_metrics(card: Card, name: str, scores: dict) -> None:
    """Write the scores of one part of a split into a bundle's card."""
    data = _now(card)
    _write_card(card.folder, data | {"metrics": data["metrics"] | {name: scores}})


def save_section(card: Card, name: str, section: dict) -> None:
    """Write a measured section, such as "speed" or "robustness", into a bundle's card."""
    _write_card(card.folder, _now(card) | {name: section})


def _save_network(model: keras.Model, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that a reader never meets half a model.
    partial = folder / "partial.keras"
    model.save(partial)
    os.replace(partial, folder / "model.keras")
    return folder


def _card(
    model: keras.Model, folder: Path, recipe: Recipe, names: Sequence[str], trained_on: str
) -> dict:
    """What the cards of all architectures have in common."""
    return {
        "model": folder.name,
        "architecture": recipe.architecture,
        "recipe": recipe.name,
        "summary": recipe.summary,
        "labels": list(GENRES),
        "trained_on": trained_on,
        "measured_by": folder.name,
        "parameters": int(model.count_params()),
        "created": date.today().isoformat(),
        "sha256": file_sha256(folder / "model.keras"),
        "size_bytes": (folder / "model.keras").stat().st_size,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("keras", "tensorflow", "numpy", "scikit-learn")},
        },
        "data": _data(names, trained_on),
        "limits": LIMITS,
        "metrics": {},
    }


def _data(names: Sequence[str], trained_on: str) -> dict:
    known = tracks()
    artists = {known[name].artist for name in names} - {""}
    left_out = list(LEFT_OUT[trained_on])
    wanted = every_track() if trained_on == EVERY_TRACK else training_tracks()
    if missing := len(set(wanted) - set(names)):
        left_out.append(f"{missing} further tracks whose features were not at hand")
    return {
        "name": "GTZAN (Tzanetakis & Cook 2002)",
        "split": "fault-filtered (Kereliuk, Sturm & Larsen 2015)",
        "parts": {part: len(split(part)) for part in PARTS},
        "n_tracks": len(names),
        "n_artists_named": len(artists),
        "tracks_without_artist": sum(not known[name].artist for name in names),
        "tracks_by_genre": dict(sorted(Counter(known[name].genre for name in names).items())),
        "left_out": left_out,
        "artists_from": "Sturm (2013), else an audio fingerprint service",
    }


def _write_card(folder: Path, data: dict) -> None:
    if data["measured_by"] == data["model"]:
        # What a page says of the examination belongs to the model that sat it.
        data = data | {"examined": _examined(data)}
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    # A row of numbers is one line: the card is read by people too.
    text = re.sub(
        r"\[\s+(-?\d[^\[\]{}\"]*?)\s+\]",
        lambda row: "[" + re.sub(r"\s+", " ", row[1]) + "]",
        text,
    )
    partial = folder / "card.json.partial"
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, folder / "card.json")


def _now(card: Card) -> dict:
    """What the card on disk says; one in hand may be older than the last measurement."""
    return read_card(card.folder).data


def _examined(data: dict) -> dict:
    training = data["training"]
    return {"model": data["model"]} | {
        key: training[key]
        for key in ("n_tracks", "n_artists", "cross_validation")
        if key in training
    }
