"""Sources of audio: one module each, all with the same two functions.

    describe(source_id) -> Track                         light; for the web process
    fetch(source_id, rate_hz, whole, progress) -> Audio  heavy; for the worker

To add a source: write such a module, name it in `_MODULES` and in Classification.Source.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType

from .base import Audio, SourceError, Track

__all__ = [
    "Audio",
    "SourceError",
    "Track",
    "describe",
    "fetch",
]

_MODULES = {
    "collection": ".collection",
    "library": ".library",
    "upload": ".upload",
    "youtube": ".youtube.source",
}


def _module(source: str) -> ModuleType:
    if source not in _MODULES:
        raise SourceError("no_source")
    return import_module(_MODULES[source], __name__)


def describe(source: str, source_id: str) -> Track:
    """Return what is known of a recording without fetching it. Raises SourceError."""
    return _module(source).describe(source_id)


def fetch(
    source: str,
    source_id: str,
    rate_hz: int,
    *,
    whole: bool = False,
    progress: Callable[[str], None] = lambda text: None,
) -> Audio:
    """Fetch a recording, or excerpts of it unless `whole`; `progress` is told each step in words.

    Raises SourceError or ml.errors.AudioError, also while the windows are gone through.
    """
    return _module(source).fetch(source_id, rate_hz, whole=whole, progress=progress)
