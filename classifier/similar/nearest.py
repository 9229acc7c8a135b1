"""The nearest songs, exactly: every vector is compared, by NumPy.

100,000 songs are 40 MB and some milliseconds (`scripts/benchmark similar`), which an index that may
miss some would not make up for.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from classifier.models import Classification, SongVector

SOURCES = tuple(Classification.Source.values)
# What is stored by two at once may be seen in the other order: the last ones are looked at again.
OVERLAP = 500
FETCH = 5000


@dataclass(frozen=True)
class Near:
    """A song and its cosine, in [-1, 1]."""

    pk: int
    cosine: float


@dataclass
class Space:
    """The vectors of one space, in the memory of this process.

    Attributes
    ----------
    rows : primary keys of vectors, songs : of answers, [shape=(n,), dtype=int64]
    sources : the place of each in SOURCES, [shape=(n,), dtype=uint8]
    vectors : [shape=(n, d), dtype=float32]
    """

    name: str
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    songs: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    sources: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint8))
    vectors: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refresh(self) -> None:
        """Take what was stored since; what was deleted is found out by whoever looks it up."""
        with self.lock:
            after = int(self.rows.max(initial=0)) - OVERLAP
            known = set(self.rows[self.rows > after].tolist())
            found = SongVector.objects.filter(space=self.name, pk__gt=after).order_by("pk")
            fresh = found.exclude(pk__in=known) if known else found
            columns = ("pk", "classification_id", "classification__source", "vector")
            new = list(fresh.values_list(*columns).iterator(chunk_size=FETCH))
            if new:
                self._append(new)

    def _append(self, new: list[tuple[int, int, str, bytes]]) -> None:
        vectors = np.frombuffer(b"".join(bytes(row[3]) for row in new), "<f4")
        vectors = vectors.reshape(len(new), -1).astype(np.float32)
        if len(self.vectors):
            vectors = np.concatenate([self.vectors, vectors])
        # In this order, as others read without the lock: never more rows than vectors.
        self.vectors = vectors
        self.sources = np.append(
            self.sources, np.array([SOURCES.index(row[2]) for row in new], np.uint8)
        )
        self.songs = np.append(self.songs, np.array([row[1] for row in new], np.int64))
        self.rows = np.append(self.rows, np.array([row[0] for row in new], np.int64))

    def visible(self, sources: set[str], own: np.ndarray) -> np.ndarray:
        """Tell which songs may be shown, [shape=(n,), dtype=bool].

        Parameters
        ----------
        sources : all songs of these; own : primary keys of songs, of any source
        """
        with self.lock:
            allowed = np.array([source in sources for source in SOURCES])
            return allowed[self.sources] | np.isin(self.songs, own)

    def nearest(self, vector: np.ndarray, visible: np.ndarray, n: int) -> list[Near]:
        """Return the n nearest of the visible songs, the nearest first.

        Parameters
        ----------
        vector : np.ndarray [shape=(d,), dtype=float32], of length 1
        visible : as `visible` gave it; songs that came since are left out
        """
        vectors, songs = self.vectors[: len(visible)], self.songs[: len(visible)]
        if not visible.any() or vectors.shape[1] != vector.size:
            return []
        cosines = np.where(visible, vectors @ vector, -2.0)
        n = min(n, int(visible.sum()))
        first = np.argpartition(-cosines, n - 1)[:n]
        order = first[np.argsort(-cosines[first], kind="stable")]
        return [Near(int(songs[i]), float(cosines[i])) for i in order]


_spaces: dict[str, Space] = {}
_lock = threading.Lock()


def space(name: str) -> Space:
    """Return a space as it is now."""
    with _lock:
        # One at a time: after a promotion the memory of the old one is given back.
        if name not in _spaces:
            _spaces.clear()
            _spaces[name] = Space(name)
        found = _spaces[name]
    found.refresh()
    return found


def forget_all() -> None:
    """Empty the memory, as when the database is another one."""
    with _lock:
        _spaces.clear()
