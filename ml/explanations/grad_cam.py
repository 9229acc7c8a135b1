"""Where in a spectrogram a convolutional network found its genre.

Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization" (2017).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ml.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    import keras


def grad_cam(
    model: keras.Model, patches: np.ndarray, genre: int, *, layer: str = "conv_4"
) -> np.ndarray:
    """How much each place of each patch speaks for a genre.

    Parameters
    ----------
    model : with the output "genre_logits", e.g. a mel-cnn
    patches : np.ndarray [shape=(n, frames, mels), dtype=float32]
    genre : index of the genre whose logit is explained
    layer : a convolution; the later it is, the more it means and the coarser the map

    Returns
    -------
    heat : np.ndarray [shape=(n, frames, mels), dtype=float32], in [0, 1]; 1 is the strongest place
        of its patch, all is 0 where nothing speaks for the genre
    """
    import_tensorflow()
    import keras
    import tensorflow as tf

    inside = keras.Model(
        model.inputs, [model.get_layer(layer).output, model.output["genre_logits"]]
    )
    patches = tf.convert_to_tensor(patches, tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(patches)  # so that what follows is recorded in a frozen network too
        maps, logits = inside(patches, training=False)
        wanted = tf.reduce_sum(logits[:, genre])
    gradients = tape.gradient(wanted, maps)
    weights = tf.reduce_mean(gradients, axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1, keepdims=True))
    heat = tf.image.resize(heat, patches.shape[1:3])[..., 0].numpy()
    strongest = heat.max(axis=(1, 2), keepdims=True)
    return np.divide(heat, strongest, out=np.zeros_like(heat), where=strongest > 0)
