"""Writing a bundle: the network and its card, in `bundles/<model-id>/`."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

from .card import BUNDLES, MODEL_ID, Card, file_sha256, read_card
from .dataset import GENRES
from .errors import BundleError
from .features import LogMelFrontEnd
from .pretrained import REQUIREMENT, TAGS, WHEEL_SHA256, load_musicnn
from .tensorflow_import import import_tensorflow
from .training import Head


def write_musicnn_bundle(
    head: Head, *, wheel: Path, model_id: str, bundles: Path = BUNDLES
) -> Path:
    """Join MusiCNN and a trained head into `bundles/<model_id>/`; returns that folder.

    The model maps patches (batch, 187, 96) to {"tags": (batch, 50), "genre_logits": (batch, 10)}.
    """
    if not MODEL_ID.fullmatch(model_id):
        raise BundleError(f"{model_id!r} is no model id: use lower-case letters, digits, - and .")
    import_tensorflow()
    import keras

    from .architectures import add_genre_head

    model = add_genre_head(load_musicnn(wheel), len(GENRES))
    model.get_layer("genre_logits").set_weights([head.kernel, head.bias])
    folder = bundles / model_id
    folder.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that a reader never meets half a model.
    partial = folder / "partial.keras"
    model.save(partial)
    os.replace(partial, folder / "model.keras")
    card = {
        "model": model_id,
        "architecture": "musicnn",
        "summary": "MusiCNN tag activations, averaged over the track, into a linear classifier",
        "labels": list(GENRES),
        "tags": list(TAGS),
        "front_end": LogMelFrontEnd().to_dict(),
        "parameters": int(model.count_params()),
        "created": date.today().isoformat(),
        "sha256": file_sha256(folder / "model.keras"),
        "size_bytes": (folder / "model.keras").stat().st_size,
        "versions": {"keras": keras.__version__},
        "backbone": {"name": "MSD_musicnn", "from": REQUIREMENT, "sha256": WHEEL_SHA256},
        "data": "GTZAN, fault-filtered split (443 train / 197 valid / 290 test)",
        "licences": {
            "backbone weights": "ISC, Music Technology Group, Universitat Pompeu Fabra",
            "genre head": "MIT",
        },
        "training": head.report,
        "metrics": {},
    }
    _write_card(folder, card)
    return folder


def save_metrics(card: Card, name: str, scores: dict) -> None:
    """Write the scores of one part of a split into a bundle's card."""
    _write_card(card.folder, card.data | {"metrics": card.data["metrics"] | {name: scores}})


def _write_card(folder: Path, data: dict) -> None:
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    (folder / "card.json").write_text(text, encoding="utf-8")
    read_card.cache_clear()
