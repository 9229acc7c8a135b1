from __future__ import annotations

import io

import mutagen
import pytest
from mutagen.flac import Picture
from PIL import Image

from classifier.collection.scan import scan
from classifier.models import Classification, CollectionTrack
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound


def picture(size: tuple[int, int] = (600, 400), form: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form)
    return out.getvalue()


@pytest.fixture
def make_file(tmp_path):
    """A file in a folder of music, with tags."""

    def make(name: str, level: float = 0.2, cover: bytes = b"", **tags):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        sound.write(path, sound.chord(2.0, level=level))
        if tags:
            file = mutagen.File(path, easy=True)
            if file.tags is None:
                file.add_tags()
            for key, value in tags.items():
                file[key] = str(value)
            file.save()
        if cover:
            file, block = mutagen.File(path), Picture()
            block.data, block.mime = cover, "image/png"
            file.add_picture(block)
            file.save()
        return path

    return make


@pytest.fixture
def music(tmp_path):
    return tmp_path / "music"


@pytest.fixture
def scanned(db, settings, tmp_path, music):
    """Scan the folder of music; gives what became of each file by its name."""
    settings.DATA_DIR = tmp_path / "data"

    def run() -> dict[str, str]:
        return {found.path.name: found.how for found in scan([music], str)}

    return run


@pytest.fixture
def answer(make_classification):
    """Store the answer of the model that serves to a track."""

    def make(title: str, genre: str, **more) -> Classification:
        row = CollectionTrack.objects.get(title=title)
        return make_classification(
            source="collection", source_id=row.audio, genre=genre, title=row.title,
            model_id=SHIPPED.card().model_id, **more,
        )  # fmt: skip

    return make
