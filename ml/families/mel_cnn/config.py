"""Settings of a mel-cnn in a recipe."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from ml.audio.front_ends import MelDbFrontEnd
from ml.registry.recipe import RecipeSettings


class MelCnnConfig(RecipeSettings):
    """Settings of the network, of augmentation and of training.

    Attributes
    ----------
    filters : of the four convolutions
    dense : units of the first dense layer
    pooling : before the dense layers, "average" over time and frequency, or "flatten"
    batch_norm : after each convolution
    dropout : before each dense layer
    mel_pool : number of neighbouring mel bands that are averaged at the input
    patch_frames : frames of 77.5 ms a segment
    crops : random segments of a clip in an epoch; 0 takes the same cuts, end to end, each time
    gain_db : the largest shift of the level, dB
    time_mask, frequency_mask : the most frames and mel bands that are masked in a segment
    label_smoothing, weight_decay, batch_size, epochs : as Keras has them
    learning_rate : the highest; it decays by a cosine
    valid_share : share of the clips, whole artists, kept back for early stopping; 0 keeps none
    patience : epochs without a better validation loss before training stops
    """

    filters: Annotated[tuple[PositiveInt, ...], Field(min_length=4, max_length=4)] = (
        16,
        32,
        64,
        128,
    )
    dense: PositiveInt = 128
    pooling: Literal["average", "flatten"] = "average"
    batch_norm: bool = True
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    mel_pool: PositiveInt = 2
    # Each of the four convolutions halves a patch.
    patch_frames: Annotated[int, Field(ge=16)] = 39
    crops: int = 6
    gain_db: float = 6.0
    time_mask: int = 8
    frequency_mask: int = 16
    label_smoothing: float = 0.1
    weight_decay: float = 1e-3
    learning_rate: float = 2e-3
    batch_size: PositiveInt = 64
    epochs: PositiveInt = 40
    valid_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    patience: PositiveInt = 10

    @model_validator(mode="before")
    @classmethod
    def _without_mixup(cls, values: Any) -> Any:
        # Version 0.1 had mixup as a setting, and no recipe used it; its cards still say 0.
        if isinstance(values, dict) and values.get("mixup") == 0:
            return {name: value for name, value in values.items() if name != "mixup"}
        return values

    @property
    def front_end(self) -> MelDbFrontEnd:
        """The front end that computes this network's patches."""
        return MelDbFrontEnd(patch_frames=self.patch_frames)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the card holds them."""
        return self.model_dump(mode="json")
