"""Boom-bap at 90: dusty electric piano loop, swung kit, 808 bass and a rapping robot."""

from functools import partial

from ..score import Part, changes, chord
from ..synth import crackle, sub_bass
from ..track import Stem, Track
from ..voice import lyric, sing
from .credits import own_work

BPM = 90
BARS = 13
CHART = changes("Dm9 Dm9 Bbmaj7 A7 | Dm9 Dm9 Bbmaj7 A7 | Dm9 Dm9 Bbmaj7 A7 | Dm9")
SUB = {"Dm9": 38, "Bbmaj7": 34, "A7": 33}
# Sixteenths: every word sits on the grid, stressed words a little higher.
RAP = """
step:47/.5 up:46/.5 to:44/.25 the:44/.25 mike:48/.5 and:44/.25 I:45/.25 check:47/.5 that:45/.5
sound:43/.5
bass:47/.5 in:44/.25 the:44/.25 trunk:47/.5 make:45/.25 the:44/.25 block:47/.5 shake:46/.5
down:43/.5 -:0/.5
I:45/.25 count:47/.5 every:45/.5 beat:47/.5 from:44/.25 the:44/.25 ground:47/.5 to:44/.25
the:44/.25 crown:44/.5 -:0/.25
no:46/.25 sleep:47/.5 when:44/.25 the:44/.25 loop:47/.5 goes:45/.5 round:47/.5 and:44/.25
round:43/.75
they:45/.25 ask:47/.5 me:45/.25 the:44/.25 style:47/.5 I:44/.25 say:45/.25 listen:47/.5
to:44/.25 this:46/.5 -:0/.5
ten:48/.5 kinds:46/.25 of:44/.25 music:47/.5 and:44/.25 I:44/.25 never:47/.5 miss:46/.5 -:0/.75
yo:46/.25
drum:47/.5 in:44/.25 the:44/.25 pocket:47/.5 like:44/.25 a:44/.25 key:47/.5 in:44/.25 the:44/.25
lock:46/.5 -:0/.5
I:45/.25 flip:47/.5 that:45/.25 rhyme:47/.5 on:44/.25 the:44/.25 clock:47/.5 do:45/.25
not:45/.25 stop:43/.75 -:0/.25
"""
HYPE = {11: "yeah", 15: "sound", 19: "down", 27: "round", 35: "this", 43: "lock", 47: "stop"}


def part(program: int, **options) -> Part:
    return Part(BPM, program, seed=90, swing=0.58, swing_unit=0.5, **options)


def drum_kit() -> Part:
    kit = part(24, drums=True, timing=0.004)
    for bar in range(BARS):
        kick = ("X..x..x...X..x..", "X.....x.x.X.....")[bar % 2]
        snare = "....X..g....X.g." if bar % 4 != 3 else "....X..g.g..X.gx"
        hat = "x.o.x.oox.o.x.o." if bar % 4 != 1 else "x.o.x.o.x.o.xoxo"
        if bar == 3:
            kick, snare, hat = "X..x....", "....X.......XxXX", "x.o.x.o."
        kit.grid(bar * 4, {"kick": kick, "snare": snare, "hat": hat})
    return kit


def backbeat_clap() -> Part:
    clap = part(25, drums=True, timing=0.004)
    for bar in range(BARS):
        clap.grid(bar * 4, {"clap": "....X.......X..."})
        if bar % 4 == 2:
            clap.grid(bar * 4, {"open": "..............x."})
    return clap


def loop() -> tuple[Part, Part]:
    """The 'sample': electric piano stabs with a two-note muted trumpet answer."""
    keys, horn = part(4, touch=4), part(59)
    for beat, _, name in CHART:
        keys.chord(beat, chord(name, 55), 1.3, 88, strum=0.012)
        keys.chord(beat + 1.75, chord(name, 55)[1:], 0.5, 70)
        keys.note(beat + 2.5, chord(name, 67)[-1], 0.5, 74)
        keys.note(beat + 3, chord(name, 67)[-2], 0.9, 66)
    for bar in range(0, BARS - 1, 4):
        horn.line(bar * 4 + 2, "r/.5 A4/.5 C5/.25 D5/1.5~ r/5.25 F5/.5' E5/.5 C#5/1.5~", 84)
    return keys, horn


def bass_notes() -> list[tuple[float, float, int]]:
    notes = []
    for place, (beat, _, name) in enumerate(CHART):
        low = SUB[name]
        notes += [(beat, 1.4, low), (beat + 1.5, 0.7, low)]
        notes += [(beat + 2.5, 1.1, low)] if place % 2 == 0 else [(beat + 2.5, 0.5, low + 3)]
        if place % 2:
            notes.append((beat + 3.25, 0.6, low - 2))
    return notes


def rapper() -> list[Stem]:
    lines = lyric(16, RAP)
    hype = [(float(beat), 0.9, 52.0, word) for beat, word in HYPE.items()]
    clean = (
        "highpass=f=130,acompressor=threshold=0.06:ratio=6:attack=3:release=60:makeup=3,"
        "equalizer=f=2800:t=q:w=1:g=5,highshelf=f=5500:g=4"
    )
    radio = "highpass=f=500,lowpass=f=4500,volume=8dB,asoftclip=type=tanh,aecho=0.9:0.6:333:0.25"
    rap = partial(sing, lines, BPM, "rms", seed=1, vibrato=0.0, looseness=0.012)
    double = partial(sing, lines, BPM, "rms", seed=2, vibrato=0.0, looseness=0.018, formants=0.94)
    shout = partial(sing, hype, BPM, "rms", seed=3, vibrato=0.0, formants=1.06)
    return [
        Stem(rap, clean, gain=2, send=0.06),
        Stem(double, clean, gain=-8, pan=-0.5, send=0.1),
        Stem(shout, radio, gain=-9, pan=0.5, send=0.2),
    ]


def make() -> Track:
    keys, horn = loop()
    # A sampled record: narrow, wobbling, dull.
    dust = "highpass=f=180,lowpass=f=3200,vibrato=f=0.8:d=0.12,volume=10dB,asoftclip=type=tanh"
    punch = (
        "equalizer=f=70:t=q:w=1:g=4,"
        "acompressor=threshold=0.12:ratio=5:attack=12:release=80:makeup=2"
    )
    return Track(
        slug="count-every-beat",
        title="Count Every Beat",
        artist="MC Hann Window",
        genre="hiphop",
        seconds=BARS * 4 * 60 / BPM,
        room_seconds=0.5,
        master="acompressor=threshold=0.2:ratio=3:attack=10:release=90",
        attribution=own_work("rms"),
        stems=[
            *rapper(),
            Stem(drum_kit(), punch, gain=4, send=0.05),
            Stem(backbeat_clap(), "", gain=-6, send=0.12),
            Stem(partial(sub_bass, bass_notes(), BPM), "lowpass=f=400", gain=-4, send=0.0),
            Stem(keys, dust, gain=-12, send=0.1),
            Stem(horn, dust, gain=-14, pan=0.3, send=0.25),
            Stem(partial(crackle, 36.0), "highpass=f=800", gain=-30, send=0.0),
        ],
    )
