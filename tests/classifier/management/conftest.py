from __future__ import annotations

import io
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from ml.families.musicnn import bundle
from tests.classifier.management.made_up_cache import RECIPE, write_cache
from tests.ml.made_up import write_labelled_cache
from tests.sharing import shared


@pytest.fixture(scope="session")
def features(tmp_path_factory):
    """A cache in which each genre has three tags of its own."""
    return write_cache(tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="session")
def wild(tmp_path_factory):
    """A cache of labelled recordings of made-up places."""
    return write_labelled_cache(tmp_path_factory.mktemp("wild"))


@pytest.fixture(scope="session")
def network():
    """MusiCNN with random weights."""
    from ml.networks.musicnn import build_musicnn  # TensorFlow, only where it is used

    return build_musicnn()


@pytest.fixture
def backbone(tmp_path, monkeypatch, network):
    """Random weights in the place of the downloaded ones."""
    (tmp_path / "musicnn-0.1.0-py3-none-any.whl").touch()
    monkeypatch.setattr(bundle, "load_musicnn", lambda wheel: network)
    return tmp_path


@pytest.fixture
def train(run_command, features, backbone, tmp_path):
    """Run train_model by a small recipe; gives its result and the folder of the bundles."""
    recipe, bundles = tmp_path / "trial.toml", tmp_path / "bundles"
    recipe.write_text(RECIPE)

    def run(model: str, *more: str) -> SimpleNamespace:
        result = run_command(
            "train_model", "--recipe", str(recipe), "--features", str(features),
            "--backbone", str(backbone), "--model", model, "--out", str(bundles),
            "--sounds", str(features / "sounds.npz"), *more,
        )  # fmt: skip
        result.bundles = bundles
        return result

    return run


@pytest.fixture(scope="session")
def scored_bundle(run_folder, features, request):
    """One trained bundle with test scores, made once; `bundles` gives copies of it."""
    folder = run_folder / "scored"

    def make() -> dict:
        make_scored_bundle(folder, features, request.getfixturevalue("network"))
        return {}

    with shared(folder, make):
        yield folder / "bundles" / "made"


def make_scored_bundle(folder: Path, features: Path, network) -> None:
    """Train a bundle on made-up features and score it, in `folder`."""
    (folder / "trial.toml").write_text(RECIPE)
    options = {"features": str(features), "model": "made", "stdout": io.StringIO()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "load_musicnn", lambda wheel: network)
        (folder / "musicnn-0.1.0-py3-none-any.whl").touch()
        call_command(
            "train_model", recipe=folder / "trial.toml", backbone=folder, out=folder / "bundles",
            sounds=features / "sounds.npz", **options,
        )  # fmt: skip
    call_command("evaluate_model", bundles=folder / "bundles", save=True, **options)


@pytest.fixture
def bundles(tmp_path, scored_bundle):
    """A folder of two equal bundles, "a" and "b", that were scored; none serves yet."""
    folder = tmp_path / "bundles"
    for model in ("a", "b"):
        shutil.copytree(scored_bundle, folder / model)
        text = (folder / model / "card.json").read_text()
        (folder / model / "card.json").write_text(text.replace('"made"', f'"{model}"'))
    return folder
