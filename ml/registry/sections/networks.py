"""What a bundle holds: networks, files, the weights of the head."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .base import Section, Sha256


class Backbone(Section):
    """The pretrained network below the head."""

    name: str
    source: str = Field(alias="from")
    sha256: Sha256


class SecondNetwork(Backbone):
    """YAMNet, beside the backbone: a second network on the same recording.

    sha256 : of its file in the bundle
    front_end : settings of `ml.audio.yamnet_front_end.YamnetFrontEnd`
    classes : of its 521, those whose scores are tags, which follow the backbone's in this order.
        The head may leave some to the detector, with weights of 0
    """

    file: str
    front_end: dict[str, int | float]
    classes: Annotated[tuple[Annotated[int, Field(ge=0, lt=521)], ...], Field(min_length=1)]


class BundleFile(Section):
    """A further file of a bundle."""

    file: str
    sha256: Sha256


class LightForm(Section):
    """The bundle's networks as ONNX files, which need no TensorFlow.

    networks : by the name that the family has for each
    largest_difference : between the logits of both forms, on the clips of
        `ml.inference.light_form`
    """

    networks: dict[str, BundleFile]
    largest_difference: Annotated[float, Field(ge=0)]


class HeadWeights(Section):
    """A linear head, see `ml.heads.linear_head.LinearHead`; the kernel has a row a feature.

    clip_epsilon : one number, or one a feature
    """

    features: tuple[str, ...]
    transform: str
    clip_epsilon: float | tuple[float, ...] | None = Field(alias="floor")
    kernel: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    baseline: tuple[float, ...]

    @property
    def first_clip_epsilon(self) -> float | None:
        """That of the first feature, which is one of MusiCNN's."""
        epsilon = self.clip_epsilon
        return epsilon[0] if isinstance(epsilon, tuple) else epsilon
