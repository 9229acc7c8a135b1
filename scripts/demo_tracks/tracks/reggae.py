"""Dub reggae: one drop, off-beat skank and organ bubble, deep bass, a melodica, tape echo."""

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from .credits import own_work

BPM = 76
BARS = 12
CHART = changes("Am7 Dm7 Am7 Em7 | Am7 Dm7 Am7 Em7 | Fmaj7 G Am7 Am7")
MELODY = """
r/.5 E5/.5 G5/.5 A5/1~ G5/.5 E5/1 | F5/1' E5/.5 D5/.5 A4/1.5~ r/.5
r/.5 E5/.5 G5/.5 A5/.5 C6/1~ A5/.5 G5/.5 | E5/1.5~ D5/.5 B4/1.5~ r/.5
""".replace("|", " ")
BASS = {
    "Am7": "A1/.75 r/.25 r/.5 A1/.5 C2/.5 E2/.5 G2/.5 E2/.5",
    "Dm7": "D2/.75 r/.25 r/.5 D2/.5 F2/.5 D2/.5 C2/.5 A1/.5",
    "Em7": "E2/.75 r/.25 r/.5 E2/.5 D2/.5 B1/.5 G1/.5 G#1/.5",
    "Fmaj7": "F2/.75 r/.25 r/.5 F2/.5 C2/.5 F2/.5 A1/.5 C2/.5",
    "G": "G1/.75 r/.25 r/.5 G1/.5 B1/.5 D2/.5 B1/.5 G1/.5",
}
ENDING = """
A4/.5 C5/.5 F5/1~ E5/.5 D5/.5 C5/1 | B4/.5 D5/.5 G5/1.5~ D5/1.5
r/.5 E5/.5 G5/.5 A5/1~ G5/.5 E5/1 | A4/3~ r/1
""".replace("|", " ")


def part(program: int, **options) -> Part:
    return Part(BPM, program, seed=76, swing=0.57, swing_unit=0.5, **options)


def drum_kit() -> Part:
    """One drop: nothing on the one, kick and side-stick together on the three."""
    kit = part(24, drums=True, timing=0.005)
    for bar in range(BARS):
        lanes = {
            "hat": "x.oox.oox.oox.oo",
            "kick": "........X......." if bar % 4 != 2 else "........X.....o.",
            "rim": "........X......." if bar % 2 == 0 else "........X..g..o.",
        }
        if bar % 4 == 3:
            lanes["snare"] = "............x.xX"
            lanes["tom1"] = ".............x.."
        kit.grid(bar * 4, lanes)
    kit.grid(0, {"snare": "X", "crash": "o"})
    for bar in (4, 8):
        kit.note(bar * 4, 49, 1, 84)
    return kit


def hand_drums() -> Part:
    hands = part(0, drums=True)
    for bar in range(BARS):
        hands.grid(
            bar * 4,
            {
                "congalo": "x..x....x..x....",
                "congahi": "......o.......oo",
                "shaker": "..o...o...o...o.",
            },
        )
    return hands


def off_beats() -> tuple[Part, Part, Part]:
    """Guitar and piano chop on two and four; the organ bubbles between."""
    guitar, piano, organ = part(27, timing=0.005), part(4, timing=0.005), part(17, timing=0.005)
    for beat, _, name in CHART:
        for turn in (1, 3):
            guitar.chord(beat + turn, chord(name, 59), 0.2, 104, strum=0.005)
            piano.chord(beat + turn, chord(name, 57), 0.22, 92)
        for half in range(8):
            at = beat + half / 2
            if half % 2:
                organ.chord(at, chord(name, 57), 0.24, 82)
            else:
                organ.note(at + 0.25, root(name, 45), 0.15, 60)
    return guitar, piano, organ


def make() -> Track:
    melodica, bass = part(20, timing=0.01), part(39)
    melodica.line(0, MELODY, 88)
    melodica.line(32, ENDING, 88)
    for beat, _, name in CHART:
        bass.line(beat, BASS[name], 108)
    guitar, piano, organ = off_beats()
    dub = "aecho=0.8:0.75:592|1184:0.32|0.16"
    return Track(
        slug="rise-with-the-sun",
        title="Rise with the Sun",
        artist="Irie Impulse Response",
        genre="reggae",
        seconds=BARS * 4 * 60 / BPM,
        room_seconds=1.4,
        room_tone=3500,
        master="equalizer=f=70:t=q:w=1:g=3,highshelf=f=9000:g=-2",
        attribution=own_work(),
        stems=[
            Stem(bass, "lowpass=f=300,lowpass=f=500", gain=4, send=0.0),
            Stem(drum_kit(), "aecho=0.9:0.7:592:0.18", gain=2, send=0.22),
            Stem(hand_drums(), "lowpass=f=6000", gain=-10, pan=0.35, send=0.2),
            Stem(guitar, "highpass=f=350,lowpass=f=5000," + dub, gain=-4, pan=-0.4, send=0.2),
            Stem(piano, "highpass=f=250,lowpass=f=4000," + dub, gain=-6, pan=0.3, send=0.15),
            Stem(organ, "vibrato=f=6:d=0.1,lowpass=f=3500", gain=-7, pan=0.2, send=0.1),
            Stem(melodica, dub, gain=-7, pan=0.15, send=0.3),
        ],
    )
