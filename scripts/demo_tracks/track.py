"""What a track is: its words on the sleeve, its stems and how they are mixed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .score import Part

OWN_LICENCE = "CC0-1.0"


@dataclass
class Stem:
    """One player's recording and its place in the mix."""

    source: Part | Callable[[], np.ndarray]  # a MIDI part, or a maker of mono/stereo samples
    effects: str = ""  # an ffmpeg filter chain
    gain: float = 0.0  # dB
    pan: float = 0.0  # -1 left, 1 right
    send: float = 0.15  # how much goes to the room
    delay: float = 0.0  # seconds


@dataclass
class Track:
    """A piece ready to be produced."""

    slug: str
    title: str
    artist: str
    genre: str
    seconds: float
    stems: list[Stem]
    attribution: str
    licence: str = OWN_LICENCE
    room_seconds: float = 1.1  # reverberation time
    room_tone: float = 5000.0  # the room's low-pass, Hz
    master: str = ""  # an ffmpeg filter chain over the mix
    fade: float = 2.5
