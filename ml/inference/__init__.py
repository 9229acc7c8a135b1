"""Inference: from samples to a prediction; networks are loaded at the first use."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .classifier import get_classifier

__all__ = ["get_classifier"]


def __getattr__(name: str) -> Any:
    # Late: whoever wants a module of this package, as pages do, needs nothing of the classifier.
    if name == "get_classifier":
        from .classifier import get_classifier

        return get_classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
