"""YAMNet, as a Keras functional model. Import this module only where TensorFlow is wanted."""

from __future__ import annotations

import keras
from keras import layers

from ml.audio.yamnet_front_end import YamnetFrontEnd

N_CLASSES = 521
N_PARAMETERS = 3_729_481
# Of the blocks after the first convolution: filters, and the stride of their depthwise convolution.
BLOCKS = (
    (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1),
    (512, 1), (512, 1), (1024, 2), (1024, 1),
)  # fmt: skip


def build_yamnet(front_end: YamnetFrontEnd | None = None) -> keras.Model:
    """Build YAMNet with batch normalisation folded into its convolutions.

    It is MobileNet v1: a convolution, thirteen depthwise separable ones, the mean over time and
    frequency, and a dense layer.

    Returns
    -------
    model from patches of `YamnetFrontEnd` (batch, patch_frames, n_mels) to the logits of AudioSet's
    classes (batch, 521)

    References
    ----------
    Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
    Applications" (2017).
    Gemmeke et al., "Audio Set: An ontology and human-labeled dataset for audio events" (2017).
    """
    front_end = front_end or YamnetFrontEnd()
    shape = (front_end.patch_frames, front_end.n_mels)
    patches = keras.Input(shape, name="patches")
    x = layers.Reshape((*shape, 1), name="add_channel")(patches)
    x = layers.Conv2D(32, 3, strides=2, padding="same", name="conv_1")(x)
    x = layers.ReLU(max_value=6, name="relu_1")(x)
    for i, (filters, stride) in enumerate(BLOCKS, start=2):
        x = layers.DepthwiseConv2D(3, strides=stride, padding="same", name=f"depthwise_{i}")(x)
        x = layers.ReLU(max_value=6, name=f"depthwise_relu_{i}")(x)
        x = layers.Conv2D(filters, 1, name=f"conv_{i}")(x)
        x = layers.ReLU(max_value=6, name=f"relu_{i}")(x)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    logits = layers.Dense(N_CLASSES, name="logits")(x)
    return keras.Model(patches, logits, name="yamnet")


def weight_names() -> list[str]:
    """Return the names of the layers that have weights, from the input to the output."""
    blocks = [f"{kind}_{i}" for i in range(2, 2 + len(BLOCKS)) for kind in ("depthwise", "conv")]
    return ["conv_1", *blocks, "logits"]
