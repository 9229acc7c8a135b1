"""Files of the walkthroughs, one set for each demo track."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import numpy as np

from classifier.results.spectrogram import inked
from classifier.sources import library
from classifier.sources.base import Track
from ml.explanations.walkthrough import LEVELS, Walkthrough
from ml.registry.card import ModelCard

FOLDER = library.FOLDER / "walkthroughs"


def picture_name(slug: str, picture: str) -> str:
    return f"{slug}-{picture}.png"


def save(slug: str, walkthrough: Walkthrough, pictures: Mapping[str, np.ndarray]) -> None:
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(walkthrough.to_dict(), separators=(",", ":"))
    (FOLDER / f"{slug}.json").write_text(text + "\n", encoding="utf-8")
    for name, levels in pictures.items():
        png = inked(np.flipud(levels) / (LEVELS - 1), LEVELS)
        (FOLDER / picture_name(slug, name)).write_bytes(png)


@cache
def read(slug: str) -> Walkthrough | None:
    path = FOLDER / f"{slug}.json"
    return (
        Walkthrough.from_dict(json.loads(path.read_text(encoding="utf-8")))
        if path.is_file()
        else None
    )


def tracks(card: ModelCard) -> list[Track]:
    """Return the library's tracks that have a walkthrough by this model."""
    found = [(track, read(track.source_id)) for track in library.tracks()]
    return [track for track, walkthrough in found if walkthrough and walkthrough.is_of(card)]
