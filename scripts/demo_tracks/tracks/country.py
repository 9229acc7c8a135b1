"""A two-beat in G: train beat, boom-chick guitar, fiddle, pedal steel and banjo."""

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from .credits import own_work

BPM = 116
CHART = changes("G G C G | G G D7 D7 | G G7 C C | G D7 G D7 | C G D7 G")
FIDDLE = """
B4/.5' D5/.5 G5/.5 B5/.5 A5/.5 G5/.5 E5/.5 D5/.5 | B4/.5 D5/.5 E5/.5 G5/.5 D5/1.5~ B4/.5
E5/.5' G5/.5 C6/1 B5/.5 A5/.5 G5/.5 E5/.5 | D5/.5 E5/.5 D5/.5 B4/.5 G4/1.5~ r/.5
""".replace("|", " ")
FIDDLE_END = """
E5/.5' G5/.5 A5/.5 C6/.5 B5/.5 A5/.5 G5/.5 E5/.5 | D5/.5 B4/.5 D5/.5 E5/.5 G5/1' B4/.5 G4/.5
A4/.5 C5/.5 D5/.5 F#5/.5 A5/.5 F#5/.5 E5/.5 D5/.5 | G5/1' D5/.5 B4/.5 G4/2~
""".replace("|", " ")
STEEL = """
D5/1^ B4/.5 G4/.5 B4/1.5^~ r/.5 | D5/1 E5/.5^ D5/.5 B4/2^~
F#5/1^ E5/.5 D5/.5 A4/1.5^~ C5/.5 | D5/3^~ r/1
D5/1^ G5/.5 E5/.5 D5/1.5^~ B4/.5 | F5/1.5^ D5/.5 B4/2^~
E5/1.5^~ G5/.5 E5/1 C5/1^ | E5/1 D5/.5 C5/.5 A4/2^~
B4/1^ D5/1 A4/1^ F#4/1 | G4/1 B4/.5^ D5/.5 C5/1^ A4/1~
""".replace("|", " ")


def part(program: int, **options) -> Part:
    return Part(BPM, program, seed=23, swing=0.55, **options)


def boom_chick() -> tuple[Part, Part]:
    """Bass on one and three, root and fifth; the guitar's strum on two and four."""
    bass, guitar = part(32), part(25, timing=0.006)
    for place, (beat, _, name) in enumerate(CHART):
        low = root(name, 31)
        bass.note(beat, low, 1.3, 100)
        bass.note(beat + 2, low - 5 if low >= 36 else low + 7, 0.9, 92)
        after = CHART[(place + 1) % len(CHART)][2]
        if after != name:
            bass.note(beat + 3, root(after, 31) + (-2 if place % 2 else 2), 0.8, 84)
        guitar.note(beat, low + 12, 0.8, 84)
        guitar.note(beat + 2, low + 19, 0.8, 78)
        for turn in (1, 3):
            guitar.chord(beat + turn, chord(name, 52) + chord(name, 64)[:2], 0.42, 84, strum=0.011)
            guitar.chord(beat + turn + 0.5, chord(name, 59), 0.3, 54, strum=-0.009)
    return bass, guitar


def train_beat() -> Part:
    kit = part(40, drums=True)
    for bar in range(20):
        fill = bar in (3, 11, 15)
        kit.grid(
            bar * 4,
            {
                "snare": "ogXgogXgogXgogXg" if not fill else "ogXgogXgogXoxoXX",
                "kick": "x.......x.......",
                "pedal": "....x.......x...",
            },
        )
    kit.note(0, 49, 1, 70)
    return kit


def banjo_roll() -> Part:
    """Forward rolls in eighths-of-a-half, high drone string on top."""
    banjo = part(105, timing=0.005)
    for beat, _, name in CHART[4:]:
        tones = chord(name, 55)
        order = [tones[0], tones[1], 67, tones[2], tones[1], 67, tones[0] + 12, tones[2]]
        for step, key in enumerate(order * 2):
            banjo.note(beat + step / 4, key, 0.3, 84 if step % 4 == 0 else 66)
    return banjo


def make() -> Track:
    fiddle, steel, twang = part(110, timing=0.01), part(26, bank=8, timing=0.01), part(27)
    fiddle.line(0, FIDDLE, 96)
    fiddle.line(64, FIDDLE_END, 98)
    steel.line(16, STEEL, 100)
    twang.line(30, "D4/.5 F#4/.5 A4/.5' C5/.5", 92)
    twang.line(46, "E4/.5 D4/.5 C4/.5' A3/.5", 92)
    bass, guitar = boom_chick()
    warm = "highpass=f=150,lowpass=f=5200,vibrato=f=4.8:d=0.04,aecho=0.9:0.5:110:0.2"
    spank = "highpass=f=200,equalizer=f=2600:t=q:w=1:g=5,aecho=0.9:0.6:95:0.3"
    return Track(
        slug="hay-bale-hop",
        title="Hay Bale Hop",
        artist="The Spectral County Ramblers",
        genre="country",
        seconds=20 * 4 * 60 / BPM * 0.86,
        room_seconds=0.7,
        attribution=own_work(),
        stems=[
            Stem(
                fiddle, "highpass=f=220,equalizer=f=3000:t=q:w=1:g=-2", gain=-2, pan=0.15, send=0.2
            ),
            Stem(steel, warm, gain=-2, pan=-0.2, send=0.3),
            Stem(twang, spank, gain=-4, pan=0.3),
            Stem(banjo_roll(), "highpass=f=180", gain=-9, pan=0.5, send=0.12),
            Stem(guitar, "highpass=f=110", gain=-4, pan=-0.35, send=0.1),
            Stem(bass, "lowpass=f=2200", gain=-2, send=0.04),
            Stem(train_beat(), "lowpass=f=11000", gain=-4, send=0.15),
        ],
    )
