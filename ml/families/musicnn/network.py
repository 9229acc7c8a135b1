"""The networks, as Keras functional models. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ml.audio.front_ends import LogMelFrontEnd

N_TAGS = 50


def build_musicnn(front_end: LogMelFrontEnd | None = None) -> keras.Model:
    """The MusiCNN tagger.

    Structure: Pons & Serra (2019), "musicnn", and Pons et al. (2018), "End-to-end learning for
    music audio tagging at scale"; shapes as in the published MSD_musicnn checkpoint.

    Input : (batch, patch_frames, n_mels), log-mel patches of `LogMelFrontEnd`
    Output : (batch, 50), sigmoid activations of the 50 tags
    """
    front_end = front_end or LogMelFrontEnd()
    shape = (front_end.patch_frames, front_end.n_mels)
    patches = keras.Input(shape, name="patches")
    x = layers.Reshape((*shape, 1), name="add_channel")(patches)
    x = _batch_norm("input_norm")(x)

    # Timbral filters look at a band of frequencies for a moment, temporal ones at one band for
    # up to 2 s; both then keep only the strongest response over frequency.
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

    Linear on purpose: the mean of the segments' logits is then exactly the logit of the mean
    features, so a track's answer is the sum of what its segments and its tags say.

    floor : activations are clipped to [floor, 1 - floor] before the log odds; None: no log odds

    Output : {"tags": (batch, 50), "genre_logits": (batch, n_genres)}
    """
    tags = backbone.output
    features = tags if floor is None else _LogOdds(floor, name="log_odds")(tags)
    logits = layers.Dense(n_genres, name="genre_logits")(features)
    return keras.Model(
        backbone.input, {"tags": tags, "genre_logits": logits}, name="musicnn_genres"
    )


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
    """Seven frames of context, 64 filters over all features: (batch, time, 64)."""
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
