"""Four-chord synth pop: plucks, pads, claps, a sung verse line and a harmonised chorus."""

from functools import partial

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from ..voice import lyric, sing
from .credits import ARTIST, own_work

BPM = 112
CHART = changes("D A Bm7 Gadd9 | D A Bm7 Gadd9 | Gadd9 D A Bm7 | Gadd9 D A A | D")
VERSE = """
morning:69/1 light:66/1 on:66/.5 the:64/.5 win:66/.5 dow:62/.5 | -:0/.5 I:69/.5 still:71/1
feel:69/.5 you:66/.5 near:64/1
running:66/1 fast:69/1 through:66/.5 the:64/.5 city:66/1 | -:0/.5 all:67/.5 the:66/.5
lights:64/1 are:62/.5 clear:62/1
""".replace("|", " ")
CHORUS = """
hold:74/1 on:71/.5 -:0/.5 hold:74/1 on:71/1 | we:69/.5 are:69/.5 more:74/1 than:73/.5 a:71/.5
song:69/1
stay:73/1 with:71/.5 me:69/.5 sing:73/1 with:71/.5 me:69/.5 | till:66/.5 the:66/.5 night:69/1
is:71/.5 gone:71/1.5
hold:74/1 on:71/.5 -:0/.5 hold:74/1 on:71/1 | we:69/.5 are:69/.5 more:74/1 than:76/.5 a:74/.5
song:74/1
oh:76/1.5 oh:74/.5 oh:73/1 oh:71/.5 oh:69/.5 | stay:73/2 for:71/.5 long:69/2
""".replace("|", " ")


def part(program: int, **options) -> Part:
    return Part(BPM, program, seed=112, timing=0.003, **options)


def drum_kit() -> Part:
    kit = part(24, drums=True)
    for bar in range(16):
        if bar < 4:
            lanes = {
                "kick": "X.......X.......",
                "rim": "....o.......o...",
                "hat": "o.o.o.o.o.o.o.o.",
            }
        elif bar < 8:
            lanes = {
                "kick": "X.....x.X.......",
                "snare": "....x.......x...",
                "hat": "xoooxoooxoooxooo",
            }
        else:
            lanes = {
                "kick": "X...X...X...X...",
                "snare": "....X.......X...",
                "open": "..x...x...x...x.",
            }
            lanes["hat"] = "x.o.x.o.x.o.x.oo"
        if bar in (7, 15):
            lanes["snare"] = "....X...x.x.xxXX"
        kit.grid(bar * 4, lanes)
    for bar in (8, 12, 16):
        kit.note(bar * 4, 49, 1, 104)
    return kit


def claps() -> Part:
    kit = part(25, drums=True)
    for bar in range(4, 16):
        kit.grid(bar * 4, {"clap": "....X.......X...", "shaker": "o.x.o.x.o.x.o.x."})
    return kit


def synths() -> tuple[Part, Part, Part, Part, Part]:
    bass, pad, pluck, keys, guitar = part(38), part(89), part(90), part(5), part(25)
    for place, (beat, _, name) in enumerate(CHART):
        low = root(name, 33)
        if place < 4:
            bass.note(beat, low, 3.6, 88)
        else:
            for half in range(8):
                bass.note(beat + half / 2, low + (12 if half == 7 else 0), 0.42, 98)
        pad.chord(beat, chord(name, 57), 3.95, 70)
        tones = [*chord(name, 66), chord(name, 66)[0] + 12]
        for step, turn in enumerate((0, 2, 1, 3, 2, 1, 3, 2)):
            pluck.note(beat + step / 2, tones[turn % len(tones)], 0.3, 78)
        keys.chord(beat, chord(name, 55), 1.4, 76)
        keys.chord(beat + 1.5, chord(name, 55), 2.2, 66)
        if place >= 4:
            for step, mark in enumerate("x.x.xxx.x.xxx.xx"):
                if mark == "x":
                    down = 0.008 if step % 4 in (0, 2) else -0.007
                    guitar.chord(
                        beat + step / 4, chord(name, 52) + chord(name, 64)[:2], 0.3, 76, down
                    )
    return bass, pad, pluck, keys, guitar


def singers() -> list[Stem]:
    lead_notes, chorus = lyric(16, VERSE), lyric(32, CHORUS)
    # A scale third below, in D major.
    below = {66: 62, 69: 66, 71: 67, 73: 69, 74: 71, 76: 73}
    harmony = [(beat, length, below[round(key)], word) for beat, length, key, word in chorus]
    polish = (
        "highpass=f=180,acompressor=threshold=0.08:ratio=5:attack=4:release=80:makeup=3,"
        "equalizer=f=3200:t=q:w=1.2:g=4,highshelf=f=5500:g=5"
    )
    wide = polish + ",chorus=0.7:0.9:35|45:0.35|0.3:0.3|0.4:1.5|1.2"
    return [
        Stem(partial(sing, lead_notes + chorus, BPM, "slt", seed=1), polish, gain=1, send=0.28),
        Stem(partial(sing, chorus, BPM, "slt", seed=2, formants=1.03), wide, gain=-9, pan=-0.6),
        Stem(partial(sing, chorus, BPM, "slt", seed=3, formants=0.97), wide, gain=-9, pan=0.6),
        Stem(partial(sing, harmony, BPM, "slt", seed=4), wide, gain=-8, pan=0.25, send=0.3),
    ]


def make() -> Track:
    bass, pad, pluck, keys, guitar = synths()
    pump = f"tremolo=f={BPM / 60:.4f}:d=0.35"
    return Track(
        slug="more-than-a-song",
        title="More Than a Song",
        artist=f"{ARTIST} feat. Ada Loop",
        genre="pop",
        seconds=16 * 4 * 60 / BPM + 2.4,
        room_seconds=1.5,
        room_tone=7000,
        master="acompressor=threshold=0.2:ratio=2.5:attack=12:release=100,highshelf=f=9000:g=2",
        attribution=own_work("slt"),
        stems=[
            *singers(),
            Stem(drum_kit(), "acompressor=threshold=0.2:ratio=3", gain=7, send=0.08),
            Stem(claps(), "highpass=f=300", gain=-14, send=0.2),
            Stem(bass, "lowpass=f=1500", gain=-6, send=0.0),
            Stem(pad, pump, gain=-6, send=0.3),
            Stem(pluck, "highpass=f=250,aecho=0.8:0.6:402:0.3", gain=-12, pan=0.4, send=0.3),
            Stem(keys, "highpass=f=120", gain=-13, pan=-0.3),
            Stem(guitar, "highpass=f=250", gain=-18, pan=-0.5),
        ],
    )
