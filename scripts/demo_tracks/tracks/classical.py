"""J. S. Bach, Prelude in C major BWV 846: its first eleven bars, to the cadence in G."""

import math

from ..score import Part, pitch
from ..track import Stem, Track
from .credits import SOUNDFONT

BPM = 68
BARS = """
C4 E4 G4 C5 E5
C4 D4 A4 D5 F5
B3 D4 G4 D5 F5
C4 E4 G4 C5 E5
C4 E4 A4 E5 A5
C4 D4 F#4 A4 D5
B3 D4 G4 D5 G5
B3 C4 E4 G4 C5
A3 C4 E4 G4 C5
D3 A3 D4 F#4 C5
G3 B3 D4 G4 B4
""".strip().splitlines()
SWELL = (58, 63, 66, 62, 74, 70, 76, 66, 62, 66, 56)


def prelude() -> Part:
    """Each bar's five notes as two half-bars of broken chord, the two low ones held."""
    piano = Part(BPM, 0, timing=0.006, touch=3, seed=846)
    beat = 0.0
    for number, names in enumerate(BARS):
        keys = [pitch(name) for name in names.split()]
        slow = 1.35 if number == len(BARS) - 1 else 1.07 if number == len(BARS) - 2 else 1.0
        for half in range(2):
            # A breath of rubato: the middle of the half-bar moves on, its ends linger.
            step = 0.25 * slow * (1 + (0.04 if half else 0) * (number % 4 == 3))
            order = keys + keys[2:]
            for place, key in enumerate(order):
                at = beat + place * step + 0.03 * math.sin(place / 8 * math.pi)
                hold = (8 - place) * step if place < 2 else step * 2.2
                accent = 4 if place in (0, 4) else -4 if place > 4 else 0
                piano.note(at, key, hold, SWELL[number] + accent - 3 * half)
            piano.controller(beat, 64, 0)
            piano.controller(beat + 0.06, 64, 88)
            beat += 8 * step
    piano.chord(beat, [pitch(name) for name in ("G2", "G3", "B3", "D4", "G4")], 5, 54, strum=0.07)
    return piano


def make() -> Track:
    return Track(
        slug="prelude-in-c-bach",
        title="Prelude in C major, BWV 846 (bars 1\N{EN DASH}11)",
        artist="Johann Sebastian Bach (played by The Mel Bins)",
        genre="classical",
        seconds=39.8,
        room_seconds=2.2,
        room_tone=4200,
        master="highshelf=f=6000:g=-2",
        attribution=(
            "Composed by Johann Sebastian Bach in 1722 (public domain); played for this project "
            f"and {SOUNDFONT}."
        ),
        stems=[Stem(prelude(), "lowpass=f=9000", send=0.3)],
        fade=3.0,
    )
