"""Digests of the sound of many files, by decoders that are renewed now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from ml.audio.confined import Decoders

LONGEST_S = 3600.0  # a recording's length, which bounds the time to read it
FILES_EACH = 64  # that a decoder is used for, in the limits of one


class Digests:
    """Computes digests, one after the other."""

    def __init__(self) -> None:
        self._decoders: Decoders | None = None
        self._used = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._decoders is not None:
            self._decoders.__exit__()

    def of(self, path: Path) -> str:
        """Compute the digest of a file's sound. Raises AudioError, DecoderDied and OSError."""
        if self._decoders is None or self._used >= FILES_EACH:
            self.__exit__()
            self._decoders, self._used = Decoders(LONGEST_S), 0
        self._used += 1
        with path.open("rb") as file:
            return self._decoders.digest(file)
