"""Loading of the out-of-distribution detector of a bundle, of either form."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ml.errors import BundleError
from ml.registry.card import ModelCard, file_sha256

from .class_detector import ClassDetector
from .ood_detector import OodDetector


def load_detector(card: ModelCard) -> OodDetector | ClassDetector | None:
    """Load the detector of a bundle; None where it has none.

    Raises
    ------
    BundleError : the file is missing or not the one of the card
    """
    path = card.ood_path
    if path is None or card.ood is None:
        return None
    if not path.is_file() or file_sha256(path) != card.ood.sha256:
        raise BundleError(f"{path.name} of model {card.model_id!r} is not the one of its card.")
    return (ClassDetector if _has_classes(path) else OodDetector).load(path)


def _has_classes(path: Path) -> bool:
    """Tell which form of detector a file is; one that cannot be read is left to its loader."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return "class_kernel" in file
    except (OSError, EOFError, ValueError, zipfile.BadZipFile):
        return False
