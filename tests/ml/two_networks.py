"""A bundle with two networks: MusiCNN and the head with random weights, YAMNet as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.data.gtzan import TRAINING_TRACKS, training_tracks
from ml.families.base import TrainingRun
from ml.families.musicnn_yamnet.bundle import write_bundle
from ml.heads.class_detector import ClassDetector, Member
from ml.heads.linear_head import LinearHead
from ml.heads.trained import Trained
from ml.networks import musicnn_weights, yamnet_weights
from ml.probabilities import Calibration
from ml.registry.bundles import SHIPPED_FOLDER
from ml.registry.card import ModelCard, read_card
from ml.registry.recipe import Recipe

SPEECH, TECHNO, NOISE = 0, 236, 507
CLASSES = (SPEECH, 132, 135, 212, TECHNO, NOISE)
N_TAGS = 50 + len(CLASSES)
REPORT = {
    "n_tracks": 10,
    "n_artists": 10,
    "seed": 0,
    "cross_validation": {
        "scheme": "made up", "accuracy": 0.5, "macro_f1": 0.5, "ece": 0.1, "reliability": [],
    },
}  # fmt: skip
WORDS = {"scale": 2.0, "right": 0.75, "n": 40}


def make_bundle(folder: Path, model_id: str = "two-networks", **outside: Any) -> ModelCard:
    """Write the bundle below a folder; `outside` are keys of the card's section on the detector."""
    backbone = folder / "backbone"
    backbone.mkdir(parents=True, exist_ok=True)
    (backbone / "musicnn-0.1.0-py3-none-any.whl").touch()
    weights = next(SHIPPED_FOLDER.glob(f"*/{yamnet_weights.FILE}"))
    shutil.copyfile(weights, backbone / yamnet_weights.FILE)
    run = TrainingRun(
        features=folder, wanted=[], trained_on=TRAINING_TRACKS, model_id=model_id, bundles=folder,
        seed=0, work=folder, backbone=backbone,
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(musicnn_weights, "load_musicnn", lambda wheel: random_musicnn())
        written = write_bundle(
            _trained(outside),
            classes=CLASSES,
            recipe=Recipe("made-up", "musicnn-yamnet", "Two networks.", 0, {}),
            names=training_tracks()[:20],
            run=run,
        )
    return read_card(written)


def random_musicnn() -> Any:
    import keras

    from ml.networks.musicnn import build_musicnn

    keras.utils.set_random_seed(3)
    return build_musicnn()


def _trained(outside: dict[str, Any]) -> Trained:
    """A head that weighs every tag, and a detector that knows noise by its class of YAMNet."""
    rng = np.random.default_rng(4)
    epsilon = np.array([0.01] * 50 + [1e-9] * len(CLASSES))
    kernel = rng.normal(0, 0.05, (N_TAGS, 10))
    classes = np.zeros((N_TAGS, 12))
    classes[50 + CLASSES.index(NOISE), 11] = 1.0
    classes[50 + CLASSES.index(TECHNO), 10] = 1.0
    return Trained(
        head=LinearHead(kernel, rng.normal(0, 0.1, 10), rng.normal(-3, 1, N_TAGS), epsilon),
        calibration=Calibration(temperature=1.0),
        confidence_levels=[],
        tag_means=np.full(N_TAGS, 0.1),
        raise_to_db=-20.0,
        ood_detector=ClassDetector(epsilon, (Member(classes, np.array([0.0] * 11 + [3.0]), 10),)),
        ood_report={
            "method": "made up",
            "threshold": 0.0,
            "refused_of_training": 0.05,
            "left_out": {},
            "made_sounds": 0,
            "sounds_like": [
                {"words": "techno", "tag": "techno", "least": -6.0, **WORDS},
                {"words": "hip-hop", "tag": "hip hop music", "least": -4.0, **WORDS},
                {"words": "speech", "is_music": False, "tag": "speech", "least": 0.0, **WORDS},
            ],
        }
        | outside,
        report=REPORT,
    )
