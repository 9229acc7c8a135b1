"""Models and a feature cache as an operator of 0.1.0 may have made them, by its own commands.

Imported by make_fixture.py once Django is set up. Everything is small: a mel-cnn of a few filters
on clips of beeps, and heads on MusiCNN with random weights, of which only the cards are kept.
"""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

from django.core.management import call_command
from ml.architectures import build_musicnn
from ml.dataset import GENRES, split, tracks, training_tracks
from survey import beep

from classifier.sources.library import FOLDER as LIBRARY
from ml import bundle
from ml.audio import decode
from ml.inference import get_classifier
from tests.commands.made_up_cache import RECIPE, write_cache

OWN = "beeps-1"
MEL_RECIPE = """
architecture = "mel-cnn"
summary = "a trial"
[mel-cnn]
filters = [4, 4, 4, 4]
dense = 4
crops = 1
epochs = 1
mixup = 0.0
"""
LEARN, TEST = 5, 1  # clips a genre


def make(folder: Path, archive: Path) -> dict:
    """Write the archive. Returns {own: a bundle, says, cards: ids, cached: names of tracks}."""
    folder.mkdir()
    cached = _own_bundle(folder)
    cards = _cards(folder)
    with tarfile.open(archive, "w:xz") as tar:
        for path in [folder / "bundles" / OWN, *(folder / "cards" / name for name in cards)]:
            tar.add(path, path.relative_to(folder), filter=_plain)
        for name in cached:
            for part in (folder / "cache" / "parts").glob(f"{name}*"):
                tar.add(part, part.relative_to(folder), filter=_plain)
        tar.add(folder / "trial.toml", "trial.toml", filter=_plain)
    classifier = get_classifier(OWN, folder / "bundles")
    said = classifier.predict(
        decode(LIBRARY / "one-needle-shuffle.mp3", rate_hz=classifier.rate_hz)
    )
    return {
        "own": OWN,
        "says": {"genre": said.genre, "confidence": float(said.confidence)},
        "cards": cards,
        "cached": cached,
    }


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
    return member


def _run(*arguments) -> None:
    call_command(*map(str, arguments), stdout=io.StringIO())


def _own_bundle(folder: Path) -> list[str]:
    known = tracks()
    for genre in GENRES:
        learn = {known[n].group: n for n in training_tracks() if n.startswith(genre)}
        test = [n for n in split("test") if n.startswith(genre)]
        for name in [*list(learn.values())[:LEARN], *test[:TEST]]:
            path = folder / "gtzan" / genre / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(beep(name))
    (folder / "trial.toml").write_text(MEL_RECIPE)
    cache = folder / "cache"
    gtzan = folder / "gtzan"
    _run("extract_features", "--dataset", gtzan, "--out", cache, "--only", "mel", "--jobs", 1)
    _run(
        "train_model", "--recipe", folder / "trial.toml", "--features", cache, "--model", OWN,
        "--out", folder / "bundles", "--work", folder / "work",
    )  # fmt: skip
    common = ("--features", cache, "--model", OWN, "--bundles", folder / "bundles")
    _run("evaluate_model", *common, "--save", "--speed")
    return sorted(path.stem for path in (folder / "gtzan" / "blues").iterdir())[:2]


def _cards(folder: Path) -> list[str]:
    """With an outside detector and without, scored and not, and one that learned from all."""
    features = folder / "features"
    features.mkdir()
    write_cache(features)
    (folder / "head.toml").write_text(RECIPE)
    (folder / "musicnn-0.1.0-py3-none-any.whl").touch()
    network = build_musicnn()
    bundle.load_musicnn = lambda wheel: network
    out = folder / "heads"
    train = (
        "train_model", "--recipe", folder / "head.toml", "--features", features,
        "--backbone", folder, "--out", out, "--model",
    )  # fmt: skip
    sounds = ("--sounds", features / "sounds.npz")
    _run(*train, "head-1", *sounds)
    score = ("evaluate_model", "--features", features, "--bundles", out, "--save", "--model")
    _run(*score, "head-1", "--outside", features / "sounds.npz", "--speed")
    _run(*train, "head-unscored-1")
    _run(*train, "head-without-outside-1")
    _run(*score, "head-without-outside-1")
    _run(*train, "head-all-1", *sounds, "--all-tracks", "--measured-by", "head-1")
    names = sorted(path.name for path in out.iterdir() if path.is_dir())
    for name in names:
        (folder / "cards" / name).mkdir(parents=True)
        shutil.copy(out / name / "card.json", folder / "cards" / name)
    return names
