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
from ml.families.musicnn.pretrained import REQUIREMENT, TAGS, WHEEL_SHA256, load_musicnn
from ml.tensorflow_import import import_tensorflow

from .card import BUNDLES, DEFAULT_FILE, MODEL_ID, Card, file_sha256, read_card
from .recipe import Recipe

if TYPE_CHECKING:
    import keras

    from ml.families.musicnn.training import Trained

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


def write_musicnn_bundle(
    trained: Trained,
    *,
    recipe: Recipe,
    names: Sequence[str],
    trained_on: str,
    wheel: Path,
    model_id: str,
    bundles: Path = BUNDLES,
) -> Path:
    """Join MusiCNN and a trained head into `bundles/<model_id>/`; returns that folder.

    The model maps patches (batch, 187, 96) to {"tags": (batch, 50), "genre_logits": (batch, 10)}.
    """
    check_model_id(model_id)
    import_tensorflow()
    from ml.audio.front_ends import LogMelFrontEnd
    from ml.families.musicnn.network import add_genre_head

    model = add_genre_head(load_musicnn(wheel), len(GENRES), trained.head.floor)
    model.get_layer("genre_logits").set_weights([trained.head.kernel, trained.head.bias])
    folder = _save_network(model, bundles / model_id)
    trained.outside.save(folder / "outside.npz")
    card = _card(model, folder, recipe, names, trained_on) | {
        "tags": list(TAGS),
        "tag_means": [round(float(mean), 6) for mean in trained.tag_means],
        "front_end": LogMelFrontEnd().to_dict(),
        "raise_to_db": trained.raise_to_db,
        "backbone": {"name": "MSD_musicnn", "from": REQUIREMENT, "sha256": WHEEL_SHA256},
        "licences": {
            "backbone weights": "ISC, Music Technology Group, Universitat Pompeu Fabra",
            "genre head": "MIT",
        },
        "head": trained.head.to_dict(TAGS),
        "calibration": trained.calibration,
        "confidence_words": trained.words,
        "outside": {
            **trained.outside_report,
            "file": "outside.npz",
            "sha256": file_sha256(folder / "outside.npz"),
        },
        "training": trained.report,
    }
    _write_card(folder, card)
    return folder


def write_mel_cnn_bundle(
    model: keras.Model,
    *,
    front_end: dict,
    calibration: dict,
    words: list[dict],
    report: dict,
    recipe: Recipe,
    names: Sequence[str],
    trained_on: str,
    model_id: str,
    bundles: Path = BUNDLES,
) -> Path:
    """Write a trained mel-cnn; returns the bundle's folder. It has no tags and no detector.

    The model maps patches (batch, frames, mels) to {"genre_logits": (batch, 10)}.
    """
    check_model_id(model_id)
    folder = _save_network(model, bundles / model_id)
    card = _card(model, folder, recipe, names, trained_on) | {
        "tags": [],
        "front_end": front_end,
        "licences": {"network": "MIT"},
        "calibration": calibration,
        "confidence_words": words,
        "training": report,
    }
    _write_card(folder, card)
    return folder


def save_metrics(card: Card, name: str, scores: dict) -> None:
    """Write the scores of one part of a split into a bundle's card."""
    data = _now(card)
    _write_card(card.folder, data | {"metrics": data["metrics"] | {name: scores}})


def save_section(card: Card, name: str, section: dict) -> None:
    """Write a measured section, such as "speed" or "robustness", into a bundle's card."""
    _write_card(card.folder, _now(card) | {name: section})


def adopt_measurements(model_id: str, measured_by: str, bundles: Path = BUNDLES) -> None:
    """Let a bundle that was trained on every track show what was measured on its sibling.

    Its own test score would be worth nothing, since it has heard the test. Raises BundleError
    where the sibling is of another recipe or was never scored on the test part.
    """
    card, measured = read_card(model_id, bundles), read_card(measured_by, bundles)
    if measured.data.get("recipe") != card.data["recipe"]:
        raise BundleError(f"{measured_by} is of another recipe: it cannot speak for {model_id}.")
    if "test_filtered" not in measured.data["metrics"]:
        raise BundleError(f"{measured_by} was never scored on the test part: run evaluate_model.")
    kept = ("metrics", "robustness", "speed", "examined")
    adopted = {key: measured.data[key] for key in kept if key in measured.data}
    _write_card(card.folder, card.data | adopted | {"measured_by": measured_by})


def promote(model_id: str, bundles: Path = BUNDLES) -> None:
    """Make a bundle the one that answers when none is named, in one step."""
    partial = bundles / f"{DEFAULT_FILE}.partial"
    partial.write_text(model_id + "\n")
    os.replace(partial, bundles / DEFAULT_FILE)


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
    read_card.cache_clear()


def _now(card: Card) -> dict:
    """What the card on disk says; one in hand may be older than the last measurement."""
    return read_card(card.model_id, card.folder.parent).data


def _examined(data: dict) -> dict:
    training = data["training"]
    return {"model": data["model"]} | {
        key: training[key]
        for key in ("n_tracks", "n_artists", "cross_validation")
        if key in training
    }
