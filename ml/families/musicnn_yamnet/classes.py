"""Which of YAMNet's 521 classes the head and the detector hear, and the words for what is refused.

The numbers are AudioSet's, in the order of YAMNet's outputs; see `ml.networks.yamnet_classes`.
"""

from __future__ import annotations

from ml.heads.wild.sounds_like import Candidate
from ml.networks.yamnet_classes import MUSIC, tags_of

# From "pop music" to "traditional music"; after them come purposes and moods.
GENRES = tuple(range(211, 260))
SPEECH, CHANT = 0, 27
# Those that are tags of this family: what a head may hear, and what the detector and the words for
# refused recordings hear besides.
CLASSES = (SPEECH, CHANT, *MUSIC)

# Sets of classes, by the names that recipes have for them.
SETS = {"genres": GENRES, "music": MUSIC, "detector": CLASSES}

_ELECTRONIC = ("electronic dance", "phonk", "synthwave", "lo-fi", "ambient")
_CHANT = ("Islamic recitation & song", "solo singing")


def _word(words: str, index: int, *kinds: str, is_music: bool = True) -> Candidate:
    return Candidate(words, tags_of([index])[0], kinds, is_music)


# Words that may be said of a refused recording, with the kinds that they are right for: as a
# listener would let them pass, not as AudioSet has them. Training keeps those that hold. No word is
# finer than the kinds, of which none tells techno from house.
WORDS = (
    _word("electronic music", 234, *_ELECTRONIC),
    _word("electronic dance music", 240, "electronic dance", "phonk"),
    _word("ambient music", 241, "ambient", "new age"),
    _word("music of a video game", 267, "chiptune & game"),
    _word("film music", 265, "film & TV score"),
    _word("Latin American music", 243, "latin"),
    _word("Indian film music", 257, "Indian film & pop"),
    _word("chant", CHANT, *_CHANT),
    _word("Christmas music", 268, "christmas"),
    _word("folk music", 228, "folk & acoustic"),
    _word("speech", SPEECH, "speech", is_music=False),
)
