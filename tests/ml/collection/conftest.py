from __future__ import annotations

import mutagen
import numpy as np
import pytest
from mutagen.id3 import TCON, TIT2

from ml.collection.answers import Answer, HeardSegment
from ml.collection.digests import Digests
from ml.collection.store import Store
from ml.inference.prediction import Prediction, Segment
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound

TAGGED = ("mp3", "flac", "ogg", "opus", "m4a", "wav")


class Listener:
    """A classifier that tells a genre by how loud a recording is, and counts what it heard."""

    def __init__(self):
        self.card = SHIPPED.card()
        self.rate_hz = 16_000
        self.heard = 0

    def predict(self, samples: np.ndarray) -> Prediction:
        self.heard += 1
        labels = self.card.labels
        first = "jazz" if np.abs(samples).max() < 0.15 else "metal"
        probabilities = np.array([0.91 if label == first else 0.01 for label in labels])
        return Prediction(
            model_id=self.card.model_id,
            sha256=self.card.sha256,
            labels=labels,
            probabilities=probabilities,
            segments=(Segment(0.0, 3.0, probabilities, np.log(probabilities)),),
            tags=np.linspace(0, 1, len(self.card.tags)),
            seconds=0.0,
            features=np.zeros(len(self.card.tags)),
            logits=np.log(probabilities),
            outside_score=self.card.ood.threshold - 2,
        )


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store.sqlite3") as store:
        yield store


@pytest.fixture
def digests():
    with Digests() as digests:
        yield digests


@pytest.fixture
def make_answer():
    """An answer, sure of a genre by so much."""

    def make(genre: str = "jazz", confidence: float = 0.91, above: float = -2.0, **more) -> Answer:
        card = SHIPPED.card()
        rest = (1 - confidence) / (len(card.labels) - 1)
        probabilities = {label: confidence if label == genre else rest for label in card.labels}
        row = tuple(probabilities.values())
        return Answer(
            model=card.model_id,
            weights=card.sha256,
            probabilities=probabilities,
            none_of_the_ten=above > 0,
            is_music=True if above > 0 else None,
            sounds_like=None,
            outside_score=card.ood.threshold + above,
            features=(0.0,) * len(card.tags),
            segments=(
                HeardSegment(start_s=0.0, end_s=3.0, probabilities=tuple(p * 0.9 for p in row)),
                HeardSegment(start_s=63.0, end_s=66.0, probabilities=row),
            ),
        ).model_copy(update=more)

    return make


@pytest.fixture
def song(tmp_path):
    """A file of made-up sound with a title, and a genre if one is told."""

    def make(name: str = "song.mp3", genre: str = "", level: float = 0.2):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return tagged(sound.write(path, sound.chord(4.0, level=level)), genre)

    return make


def tagged(path, genre: str = ""):
    """Give a file a title, and a genre if one is told."""
    file = mutagen.File(path, easy=path.suffix != ".wav")
    if file.tags is None:
        file.add_tags()
    if path.suffix == ".wav":
        file.tags.add(TIT2(3, ["A Song"]))
        if genre:
            file.tags.add(TCON(3, [genre]))
    else:
        file["title"] = "A Song"
        if genre:
            file["genre"] = genre
    file.save()
    return path
