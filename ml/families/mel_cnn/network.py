"""The network, as a Keras functional model. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

import keras
from keras import layers

from .config import MelCnnConfig


def build(config: MelCnnConfig, n_mels: int = 128, n_genres: int = 10) -> keras.Model:
    """Four convolutions, each halving time and frequency, and two dense layers.

    Source: the plan of AlexNet (Krizhevsky et al. 2012), as the original project shrank it; global
    average pooling after Lin et al., "Network in Network" (2014).

    Input : (batch, patch_frames, n_mels), dB in [-80, 0], patches of `MelDbFrontEnd`
    Output : {"genre_logits": (batch, n_genres)}
    """
    patches = keras.Input((config.patch_frames, n_mels), name="patches")
    x = layers.Reshape((config.patch_frames, n_mels, 1), name="add_channel")(patches)
    x = layers.Rescaling(1 / 40, offset=1.0, name="scale")(x)  # -80..0 dB to -1..1
    x = layers.AveragePooling2D((1, config.mel_pool), name="mel_pool")(x)
    for i, filters in enumerate(config.filters, start=1):
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=not config.batch_norm, name=f"conv_{i}"
        )(x)
        # The maximum first: ReLU gives the same after it as before it, on a quarter of the values.
        x = layers.MaxPooling2D(2, name=f"pool_{i}")(x)
        if config.batch_norm:
            x = layers.BatchNormalization(momentum=0.95, name=f"norm_{i}")(x)
        x = layers.ReLU(name=f"relu_{i}")(x)
    if config.pooling == "average":
        x = layers.GlobalAveragePooling2D(name="pool")(x)
    else:
        x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(config.dropout, name="dropout_1")(x)
    x = layers.Dense(config.dense, activation="relu", name="dense")(x)
    x = layers.Dropout(config.dropout, name="dropout_2")(x)
    logits = layers.Dense(n_genres, name="genre_logits")(x)
    return keras.Model(patches, {"genre_logits": logits}, name="mel_cnn")
