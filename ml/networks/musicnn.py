"""The networks of MusiCNN, as Keras functional models.

Import this module only where TensorFlow is wanted.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ml.audio.front_ends import LogMelFrontEnd

N_TAGS = 50


def build_musicnn(front_end: LogMelFrontEnd | None = None) -> keras.Model:
    """Build the MusiCNN tagger, with the shapes of the published MSD_musicnn checkpoint.

    Returns
    -------
    model from patches of `LogMelFrontEnd` (batch, patch_frames, n_mels) to the sigmoid activations
    of the 50 tags (batch, 50)

    References
    ----------
    Pons & Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging"
    (2019).
    Pons et al., "End-to-end learning for music audio tagging at scale" (2018).
    """
    front_end = front_end or LogMelFrontEnd()
    shape = (front_end.patch_frames, front_end.n_mels)
    patches = keras.Input(shape, name="patches")
    x = layers.Reshape((*shape, 1), name="add_channel")(patches)
    x = _batch_norm("input_norm")(x)

    # Timbral filters span many bands and 7 frames, temporal ones one band and up to 2 s; of both
    # the maximum over frequency is kept.
    timbral_input = layers.ZeroPadding2D((3, 0), name="timbral_pad")(x)
    front = [
        _front_block(timbral_input, 204, (7, 38), "valid", "timbral_38"),
        _front_block(timbral_input, 204, (7, 67), "valid", "timbral_67"),
        _front_block(x, 51, (128, 1), "same", "temporal_128"),
        _front_block(x, 51, (64, 1), "same", "temporal_64"),
        _front_block(x, 51, (32, 1), "same", "temporal_32"),
    ]
    front = layers.Concatenate(name="front_end")(front)

    mid_1 = _mid_block(front, "mid_1")
    mid_2 = layers.Add(name="mid_2_residual")([_mid_block(mid_1, "mid_2"), mid_1])
    mid_3 = layers.Add(name="mid_3_residual")([_mid_block(mid_2, "mid_3"), mid_2])
    x = layers.Concatenate(name="mid_end")([front, mid_1, mid_2, mid_3])

    x = _MaxMeanPooling(name="max_mean_pooling")(x)
    x = _batch_norm("pool_norm")(x)
    x = layers.Dense(200, activation="relu", name="penultimate")(x)
    x = _batch_norm("penultimate_norm")(x)
    tags = layers.Dense(N_TAGS, activation="sigmoid", name="tags")(x)
    return keras.Model(patches, tags, name="musicnn")


def add_genre_head(backbone: keras.Model, n_genres: int, floor: float | None) -> keras.Model:
    """Put a linear genre classifier on the tag activations, or on their log odds.

    It is linear so that the mean of the segments' logits is exactly the logit of the mean features,
    and a track's answer a sum over its segments and over its tags.

    Parameters
    ----------
    floor : activations are clipped to [floor, 1 - floor] before the log odds; None: no log odds

    Returns
    -------
    model from patches to {"tags": (batch, 50), "genre_logits": (batch, n_genres)}
    """
    tags = backbone.output
    features = tags if floor is None else log_odds_layer(floor)(tags)
    logits = layers.Dense(n_genres, name="genre_logits")(features)
    return keras.Model(
        backbone.input, {"tags": tags, "genre_logits": logits}, name="musicnn_genres"
    )


def log_odds_layer(floor: float) -> layers.Layer:
    """Make the layer that turns activations into log odds, clipped as in `add_genre_head`."""
    return _LogOdds(floor, name="log_odds")


def _batch_norm(name: str) -> layers.Layer:
    return layers.BatchNormalization(epsilon=1e-3, name=name)


def _front_block(
    x: keras.KerasTensor, filters: int, kernel: tuple[int, int], padding: str, name: str
) -> keras.KerasTensor:
    """Convolve, normalise, and keep the maximum over frequency: (batch, time, filters)."""
    x = layers.Conv2D(filters, kernel, padding=padding, activation="relu", name=f"{name}_conv")(x)
    x = _batch_norm(f"{name}_norm")(x)
    x = layers.MaxPooling2D((1, x.shape[2]), name=f"{name}_pool")(x)
    return layers.Reshape((x.shape[1], filters), name=f"{name}_squeeze")(x)


def _mid_block(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Convolve seven frames of all features with 64 filters: (batch, time, 64)."""
    x = layers.Conv1D(64, 7, padding="same", activation="relu", name=f"{name}_conv")(x)
    return _batch_norm(f"{name}_norm")(x)


@keras.saving.register_keras_serializable("ml")
class _MaxMeanPooling(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """Maximum and mean over time, interleaved feature by feature as the checkpoint expects."""

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        pooled = ops.stack([ops.max(x, axis=1), ops.mean(x, axis=1)], axis=-1)
        return ops.reshape(pooled, (-1, 2 * x.shape[-1]))

    def compute_output_shape(
        self, input_shape: tuple[int | None, int, int]
    ) -> tuple[int | None, int]:
        return (input_shape[0], 2 * input_shape[-1])


@keras.saving.register_keras_serializable("ml")
class _LogOdds(layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """log(p / (1 - p)) of activations clipped to [floor, 1 - floor], as `linear_head.log_odds`."""

    def __init__(self, floor: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.floor = floor

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        clipped = ops.clip(x, self.floor, 1 - self.floor)
        return ops.log(clipped) - ops.log1p(-clipped)

    def compute_output_shape(self, input_shape: tuple[int | None, int]) -> tuple[int | None, int]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"floor": self.floor}
