"""A walkthrough: the result of each step from samples to tags for one recording.

A page about the model shows it, so nothing heavy is imported here; `walkthrough_maker` makes it
with librosa and a loaded classifier. What comes after the tags is arithmetic with the numbers of
the card (ml.heads.linear_head), which the page computes itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ml.errors import MLError
from ml.registry.card import ModelCard

ENVELOPE_COLUMNS = 360
ENVELOPE_PEAK = 100
LEVELS = 16  # of the pictures


@dataclass(frozen=True)
class Walkthrough:
    """The steps of one recording, as plain numbers and lists, so that it can be stored as JSON.

    Attributes
    ----------
    duration_s : of the recording, seconds
    rate_hz : of its samples, Hz
    backbone_sha256 : of the network that gave the tags, as the card names it
    patch : index of the patch that is shown, the one with the highest logit of the answer
    patch_s : duration of a patch, seconds
    envelope : [[lowest, highest sample]] of each of ENVELOPE_COLUMNS stretches of the recording,
        ENVELOPE_PEAK is its largest
    wave : samples of the patch's loudest WAVE_S
    mel_hz : the corners of the mel bands: band i rises from corner i to i + 1 and falls to i + 2
    half_below_hz : half of the patch's power is below this frequency
    tags : [[activation in [0, 1] of each of MusiCNN's tags]] of each patch
    yamnet_sha256 : of YAMNet's weights, as the card names them
    yamnet : [[logit of each of its 521 classes]] of each patch
    """

    duration_s: float
    rate_hz: int
    backbone_sha256: str
    patch: int
    patch_s: float
    envelope: list[list[int]]
    wave: list[float]
    mel_hz: list[float]
    half_below_hz: float
    tags: list[list[float]]
    yamnet_sha256: str = ""
    yamnet: list[list[float]] = field(default_factory=list)

    def is_of(self, card: ModelCard) -> bool:
        """Tell whether the networks of a model gave these numbers."""
        if card.head is None or card.backbone is None:
            return False
        if card.yamnet and card.yamnet.sha256 != self.yamnet_sha256:
            return False
        return card.backbone.sha256 == self.backbone_sha256

    def tags_of(self, card: ModelCard) -> np.ndarray:
        """Return the tags of each patch that a model's head weighs, [shape=(n_patches, n_tags)].

        Of YAMNet these are the classes that the card names, as probabilities.
        """
        tags = np.array(self.tags)
        if card.yamnet is None:
            return tags
        logits = np.array(self.yamnet)[:, list(card.yamnet.classes)]
        return np.concatenate([tags, 1 / (1 + np.exp(-logits))], axis=1)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Walkthrough:
        """Make a walkthrough of what `to_dict` returned.

        Raises
        ------
        MLError : `data` has other fields
        """
        try:
            return cls(**data)
        except TypeError as error:
            raise MLError("This is no walkthrough.") from error
