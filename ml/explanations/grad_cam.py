"""Grad-CAM: the places of a spectrogram that speak for a genre, by a convolutional network.

`python -m scripts.experiments.plots mel FILE --explain` draws them.

References
----------
Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
Localization" (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ml.audio.front_ends import MelDbFrontEnd
from ml.errors import MLError
from ml.families.base import family_of
from ml.tensorflow_import import import_tensorflow

if TYPE_CHECKING:
    import keras

    from ml.registry.card import ModelCard


@dataclass(frozen=True)
class HeatMap:
    """The answer of a mel-cnn to a recording, and the places that speak for it.

    Attributes
    ----------
    genre : the answer
    mel_db : np.ndarray [shape=(frames, n_mels), dtype=float32], the spectrogram, dB
    heat : np.ndarray [shape=(frames, n_mels), dtype=float32], in [0, 1], see `grad_cam`; 0 in the
        frames after the last whole patch, which the network is not given
    """

    genre: str
    mel_db: np.ndarray
    heat: np.ndarray


def explain_recording(samples: np.ndarray, card: ModelCard) -> HeatMap:
    """Compute the answer of a mel-cnn and the places that speak for it.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono at the rate of the card's front end
    card : of a model whose network has convolutions over a spectrogram in dB

    Raises
    ------
    MLError : the model is of another kind, or its files are missing
    """
    front_end = family_of(card).front_end(card)
    if not isinstance(front_end, MelDbFrontEnd):
        raise MLError(f"Model {card.model_id!r} is no mel-cnn: only these can be explained so.")
    if not card.model_path.is_file():
        raise MLError(f"The network of model {card.model_id!r} is missing.")
    from ml.networks.keras_models import load_model

    model = load_model(card.model_path)
    mel_db = front_end.spectrogram(samples)
    patches, _ = front_end.patches(samples, hop_frames=front_end.patch_frames)
    logits = np.asarray(model(patches, training=False)["genre_logits"])
    genre = int(logits.mean(axis=0).argmax())
    heat = np.zeros_like(mel_db)
    of_patches = np.concatenate(grad_cam(model, patches, genre))[: len(heat)]
    heat[: len(of_patches)] = of_patches
    return HeatMap(card.labels[genre], mel_db, heat)


def grad_cam(
    model: keras.Model, patches: np.ndarray, genre: int, *, layer: str = "conv_4"
) -> np.ndarray:
    """Compute how much each place of each patch speaks for a genre.

    Parameters
    ----------
    model : with the output "genre_logits", e.g. a mel-cnn
    patches : np.ndarray [shape=(n, frames, mels), dtype=float32]
    genre : index of the genre whose logit is explained
    layer : name of a convolution; a later one gives a coarser map

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
