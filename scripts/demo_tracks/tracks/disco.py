"""Disco in A minor: four on the floor, octave bass, strings, clavinet, wah guitar and a hook."""

from functools import partial

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from ..voice import lyric, sing
from .credits import own_work

BPM = 118
CHART = changes("Am7 Am7 Dm7 G7 | Am7 Am7 Dm7 G7 | Fmaj7 G Em7 Am7 | Dm7 G7 Am7 Am7")
STRINGS = """
r/4 r/2 A5/.5 C6/.5 E6/.5 D6/.5 | C6/1.5 A5/.5 F5/1 E5/1 | D5/.5 F5/.5 G5/.5 B5/.5 D6/1 F6/1
E6/2 D6/.5 C6/.5 A5/1 | r/2 E6/.5 D6/.5 C6/.5 A5/.5 | F5/.5 A5/.5 C6/.5 F6/.5 E6/1 D6/1 | B5/1
D6/1 G6/2
A6/2 G6/1 E6/1 | D6/1.5 B5/.5 G5/2 | G5/.5 B5/.5 D6/.5 E6/.5 G6/1 D6/1 | C6/1 B5/1 A5/2
F6/1.5 E6/.5 D6/1 C6/1 | B5/1 D6/1 F6/1 G6/1 | A6/1 G6/.5 E6/.5 C6/1 A5/1 | A5/4
""".replace("|", " ")
HOOK = """
dance:76/1 -:0/.5 all:74/.5 night:72/1.5 -:0/.5 | on:69/.5 the:69/.5 shine:72/1 of:74/.5
the:72/.5 floor:69/1
feel:77/1 -:0/.5 the:76/.5 light:74/1.5 -:0/.5 | and:71/.5 dance:74/1 some:76/1 more:74/1.5
""".replace("|", " ")
CHORUS = """
oh:76/1.5 oh:77/.5 oh:76/1 oh:72/1 | spin:74/1 me:74/.5 round:71/1.5 -:0/1
oh:71/1.5 oh:74/.5 oh:71/1 oh:67/1 | spin:72/1 me:71/.5 round:69/1.5 -:0/1
""".replace("|", " ")


def part(program: int, **options) -> Part:
    return Part(BPM, program, seed=77, timing=0.005, **options)


def octave_bass() -> Part:
    bass = part(33)
    for place, (beat, _, name) in enumerate(CHART):
        low = root(name, 28)
        for half in range(8):
            bass.note(beat + half / 2, low + 12 * (half % 2), 0.36, 104 if half % 2 == 0 else 92)
        if place % 4 == 3:
            for turn, step in enumerate((7, 9, 10, 12)):
                bass.note(beat + 3 + turn / 4, low + step - 12, 0.2, 90)
    return bass


def drum_kit() -> Part:
    kit = part(8, drums=True)
    for bar in range(16):
        lanes = {
            "kick": "X...X...X...X...",
            "snare": "....X.......X..." if bar % 4 < 3 else "....X.....x.X.XX",
            "clap": "....x.......x...",
            "hat": "x.g.x.g.x.g.x.g.",
            "open": "..x...x...x...x.",
            "tamb": "o.g.x.g.o.g.x.g.",
        }
        kit.grid(bar * 4, lanes)
    for bar in (0, 4, 8, 12):
        kit.note(bar * 4, 49, 1, 100)
    return kit


def congas() -> Part:
    hands = part(0, drums=True)
    for bar in range(16):
        hands.grid(
            bar * 4,
            {
                "congahi": "..x.g..x..x.g.xx",
                "congalo": "g..x....g..x....",
                "cowbell": "o...o...o...o...",
            },
        )
    return hands


def chops() -> tuple[Part, Part, Part]:
    """Sixteenth-note guitar, clavinet against it, electric piano under both."""
    guitar, clavinet, piano = part(28, bank=8), part(7), part(4)
    for beat, _, name in CHART:
        for place, mark in enumerate("x.xgx.gxg.xgx.xg"):
            if mark != ".":
                keys = chord(name, 60)[-3:]
                guitar.chord(beat + place / 4, keys, 0.12, 96 if mark == "x" else 50, strum=0.004)
        for place in (0, 3, 6, 10, 13):
            clavinet.chord(beat + place / 4, chord(name, 52)[:3], 0.16, 84)
        for at, hold in ((0, 1.3), (1.5, 0.4), (2.5, 1.2)):
            piano.chord(beat + at, chord(name, 53), hold, 72)
    return guitar, clavinet, piano


def brass_hits() -> Part:
    brass = part(61)
    for beat, _, name in CHART[3::4] + CHART[8:10]:
        for at, hold in ((1.5, 0.3), (2, 0.3), (3, 0.8)):
            brass.chord(beat + at, chord(name, 60), hold, 104)
    return brass


def singers() -> list[Stem]:
    notes = lyric(16, HOOK) + lyric(32, CHORUS) + lyric(48, HOOK.split("feel")[0])
    air = "highpass=f=220,acompressor=threshold=0.1:ratio=4:makeup=2,highshelf=f=3500:g=5"
    takes = []
    # Lead in the middle, an octave below on the left, a detuned double on the right.
    for seed, (shift, pan, formants) in enumerate(
        [(0, 0, 1.0), (-12, -0.6, 1.04), (0.12, 0.6, 0.96)]
    ):
        options = {"seed": seed, "transpose": shift, "formants": formants}
        gain = -4 if seed == 0 else -10
        source = partial(sing, notes, BPM, "slt", **options)
        takes.append(Stem(source, air, gain=gain, pan=pan, send=0.35))
    return takes


def make() -> Track:
    strings = part(48)
    strings.line(0, STRINGS, 100)
    low_strings = part(50)
    low_strings.line(0, STRINGS, 84, transpose=-12)
    guitar, clavinet, piano = chops()
    wah = "highpass=f=350,aphaser=in_gain=0.6:out_gain=0.9:delay=2.5:decay=0.5:speed=1.9"
    return Track(
        slug="mirrorball-spectrum",
        title="Mirrorball Spectrum",
        artist="Fourier on the Floor",
        genre="disco",
        seconds=16 * 4 * 60 / BPM,
        room_seconds=1.3,
        master="acompressor=threshold=0.25:ratio=2:attack=15:release=120",
        attribution=own_work("slt"),
        stems=[
            Stem(drum_kit(), "equalizer=f=90:t=q:w=1:g=3,highshelf=f=8000:g=2", gain=2, send=0.1),
            Stem(
                octave_bass(),
                "acompressor=threshold=0.15:ratio=4,lowpass=f=2600",
                gain=-2,
                send=0.02,
            ),
            Stem(congas(), "", gain=-11, pan=-0.4),
            Stem(strings, "highpass=f=300,highshelf=f=5000:g=3", gain=-5, pan=0.2, send=0.4),
            Stem(low_strings, "", gain=-11, pan=-0.3, send=0.35),
            Stem(guitar, wah, gain=-7, pan=0.55, send=0.12),
            Stem(clavinet, "highpass=f=250", gain=-13, pan=-0.55),
            Stem(piano, "tremolo=f=4:d=0.3", gain=-10, pan=-0.2),
            Stem(brass_hits(), "highshelf=f=4000:g=3", gain=-7, pan=-0.1, send=0.25),
            *singers(),
        ],
    )
