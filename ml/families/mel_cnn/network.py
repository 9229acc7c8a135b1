"""The network of the mel-cnn, as a Keras functional model.

Import this module only where TensorFlow is wanted.
"""

from __future__ import annotations

import keras
from keras import layers

from .config import MelCnnConfig


def build(config: MelCnnConfig, n_mels: int = 128, n_genres: int = 10) -> keras.Model:
    """Build four convolutions, each halving time and frequency, and two dense layers.

    Returns
    -------
    model from patches of `MelDbFrontEnd` (batch, patch_frames, n_mels), dB in [-80, 0], to
    {"genre_logits": (batch, n_genres)}

    References
    ----------
    Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural Networks" (2012), for
    the architecture, with fewer layers and filters.
    Lin et al., "Network in Network" (2014), for the global average pooling.
    """
    patches = keras.Input((config.patch_frames, n_mels), name="patches")
    x = layers.Reshape((config.patch_frames, n_mels, 1), name="add_channel")(patches)
    x = layers.Rescaling(1 / 40, offset=1.0, name="scale")(x)  # -80..0 dB to -1..1
    x = layers.AveragePooling2D((1, config.mel_pool), name="mel_pool")(x)
    for i, filters in enumerate(config.filters, start=1):
        x = layers.Conv2D(
            filters, 3, padding="same", use_bias=not config.batch_norm, name=f"conv_{i}"
        )(x)
        # Pooling before ReLU gives the same result on a quarter of the values.
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
