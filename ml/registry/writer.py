"""Writing of bundles: the network and its card, in a folder named after the model."""

from __future__ import annotations

import json
import platform
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml.atomic_files import replacing
from ml.data.gtzan import (
    EVERY_TRACK,
    GENRES,
    PARTS,
    TRAINING_TRACKS,
    every_track,
    split,
    tracks,
    training_tracks,
)
from ml.errors import BundleError

from .card import MODEL_ID, ModelCard, file_sha256, parse_card, read_card_data
from .recipe import Recipe

if TYPE_CHECKING:
    import keras

# For the card: what each list of training tracks leaves out of GTZAN.
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


def save_network(model: keras.Model, folder: Path) -> Path:
    """Save a network as `model.keras` in a bundle's folder; return the folder."""
    with replacing(folder / "model.keras") as draft:
        model.save(draft)
    return folder


def common_card(
    model: keras.Model, folder: Path, recipe: Recipe, names: Sequence[str], trained_on: str
) -> dict[str, Any]:
    """Return the part of a card that all families trained on GTZAN have in common.

    Parameters
    ----------
    folder : the bundle's, in which the network is saved already
    names : of the tracks that the model was trained on
    trained_on : the name of that list
    """
    return {
        "model": folder.name,
        "architecture": recipe.family,
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
        "data": _training_data(names, trained_on),
        "limits": LIMITS,
        "metrics": {},
    }


def write_card(folder: Path, data: Mapping[str, Any]) -> ModelCard:
    """Check a card and write it.

    Raises
    ------
    BundleError : a section is not as a card must have it
    """
    data = dict(data)
    if data["measured_by"] == data["model"]:
        # The scores belong to the model that was scored, and the card tells its training too.
        data["examined"] = _evaluated(data)
    card = parse_card(data, folder)
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    # A row of numbers becomes one line, since people read the card too.
    text = re.sub(
        r"\[\s+(-?\d[^\[\]{}\"]*?)\s+\]",
        lambda row: "[" + re.sub(r"\s+", " ", row[1]) + "]",
        text,
    )
    with replacing(folder / "card.json") as draft:
        draft.write_text(text, encoding="utf-8")
    return card


def save_metrics(card: ModelCard, name: str, scores: Mapping[str, Any]) -> None:
    """Write the scores of one part of a split into a bundle's card."""
    data = read_card_data(card.folder)  # `card` may be older than the last measurement
    write_card(card.folder, data | {"metrics": data["metrics"] | {name: dict(scores)}})


def save_section(card: ModelCard, name: str, section: Mapping[str, Any]) -> None:
    """Write a measured section, such as "speed" or "robustness", into a bundle's card."""
    write_card(card.folder, read_card_data(card.folder) | {name: dict(section)})


def _training_data(names: Sequence[str], trained_on: str) -> dict[str, Any]:
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


def _evaluated(data: Mapping[str, Any]) -> dict[str, Any]:
    training = data["training"]
    return {"model": data["model"]} | {
        key: training[key] for key in ("n_tracks", "n_artists", "cross_validation")
    }
