"""What a mel-cnn's recipe may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from ml.audio.front_ends import MelDbFrontEnd
from ml.errors import MLError

POOLINGS = ("average", "flatten")


@dataclass(frozen=True)
class MelCnnConfig:
    """The recipe; a TOML table fills it through `from_dict`.

    Network
        filters : of the four convolutions; dense : units of the first dense layer
        pooling : before the dense layers, "average" over time and frequency, or "flatten"
        batch_norm : after each convolution; dropout : before each dense layer
        mel_pool : so many neighbouring mel bands are averaged at the entrance
        patch_frames : frames of 77.5 ms a segment
    What it is shown
        crops : random segments of a clip in an epoch; 0 shows the same cuts, end to end, each time
        gain_db : the level is shifted by up to so much; time_mask, frequency_mask : at most so many
        frames and mel bands are blanked in a segment
        mixup : alpha of the Beta distribution that mixes pairs of segments; 0 mixes none
    How it learns
        label_smoothing, weight_decay, learning_rate (the peak; it decays by a cosine), batch_size,
        epochs
        valid_share : share of the clips, whole artists, kept back to stop early; 0 keeps none
        patience : epochs without a better validation loss before it stops
    """

    filters: tuple[int, ...] = (16, 32, 64, 128)
    dense: int = 128
    pooling: str = "average"
    batch_norm: bool = True
    dropout: float = 0.3
    mel_pool: int = 2
    patch_frames: int = 39
    crops: int = 6
    gain_db: float = 6.0
    time_mask: int = 8
    frequency_mask: int = 16
    mixup: float = 0.0
    label_smoothing: float = 0.1
    weight_decay: float = 1e-3
    learning_rate: float = 2e-3
    batch_size: int = 64
    epochs: int = 40
    valid_share: float = 0.0
    patience: int = 10

    def __post_init__(self):
        if len(self.filters) != 4 or min(self.filters) < 1:
            raise MLError("The mel-cnn has four convolutions: filters must be four numbers.")
        if self.pooling not in POOLINGS:
            raise MLError(f"There is no pooling {self.pooling!r}; there are {', '.join(POOLINGS)}.")
        if min(self.epochs, self.batch_size, self.dense, self.patience, self.mel_pool) < 1:
            raise MLError("epochs, batch_size, dense, patience and mel_pool must be at least 1.")
        if self.patch_frames < 16:
            raise MLError("patch_frames must be at least 16: each of four layers halves it.")
        if not (0 <= self.valid_share < 1 and 0 <= self.dropout < 1):
            raise MLError("valid_share and dropout must be at least 0 and below 1.")

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> MelCnnConfig:
        """A recipe's table, e.g. from TOML. Raises MLError, naming what is wrong."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(table) - known):
            raise MLError(f"The mel-cnn has no setting {unknown[0]!r}.")
        values = {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}
        try:
            return cls(**values)
        except TypeError as exc:
            raise MLError("A setting of the mel-cnn has a value of the wrong kind.") from exc

    def to_dict(self) -> dict:
        return asdict(self) | {"filters": list(self.filters)}

    @property
    def front_end(self) -> MelDbFrontEnd:
        """What turns audio into this network's patches."""
        return MelDbFrontEnd(patch_frames=self.patch_frames)
