"""MusiCNN with a head that hears YAMNet too, as a Keras functional model.

YAMNet itself is a network and a file of its own: a patch of MusiCNN takes the mean of six of its
answers. Import this module only where TensorFlow is wanted.
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from ml.networks.musicnn import log_odds_layer


def add_genre_head(
    musicnn: keras.Model, n_classes: int, n_genres: int, *, floor: float, yamnet_floor: float
) -> keras.Model:
    """Put one linear genre classifier on MusiCNN's tags and YAMNet's classes, both as log odds.

    It is linear for the reasons that `ml.networks.musicnn.add_genre_head` has.

    Parameters
    ----------
    n_classes : of YAMNet, those that are tags
    floor, yamnet_floor : probabilities are clipped to [floor, 1 - floor] before the log odds

    Returns
    -------
    model from {"patches": (batch, 187, 96), "yamnet": (batch, n_classes), which are logits} to
    {"tags": (batch, 50), "genre_logits": (batch, n_genres)}
    """
    yamnet = keras.Input((n_classes,), name="yamnet")
    tags = musicnn.output
    limit = math.log((1 - yamnet_floor) / yamnet_floor)
    clipped = ops.clip(yamnet, -limit, limit)
    features = layers.Concatenate(name="features")([log_odds_layer(floor)(tags), clipped])
    logits = layers.Dense(n_genres, name="genre_logits")(features)
    return keras.Model(
        {"patches": musicnn.input, "yamnet": yamnet},
        {"tags": tags, "genre_logits": logits},
        name="musicnn_yamnet_genres",
    )
