"""Guitar rock in E: double-tracked power chords, live kit, a shouted song, a bending lead."""

from functools import partial

from ..score import Part, changes, root
from ..track import Stem, Track
from ..voice import lyric, sing
from .credits import own_work

BPM = 130
CHART = changes(
    "E5 G5,A5 E5 G5,D5 | E5 G5,A5 E5 G5,D5 | C5 G5 D5 A5 | C5 G5 D5 B5 | E5 G5,A5 E5 E5"
)
RIFF = "X.xxx.X.x.xxX.xx"
LEAD = """
B4/.5 D5/.5 G5/1^ B5/1.5~ A5/.5 | G5/.5^ E5/.5 D5/.5 B4/.5 A4/1^ G4/.5 E4/.5
E6/2^~ D6/.5 B5/.5 G5/.5 A5/.5 | B5/.5^ G5/.5 E5/.5 D5/.5 B4/.5^ D5/.5 E5/1~ | E5/4^~
""".replace("|", " ")
SONG = """
turn:64/1 it:62/.5 up:64/1.5 -:0/1 | let:64/.5 the:64/.5 speak:67/1 ers:64/.5 blow:62/1.5
turn:64/1 it:62/.5 up:64/1.5 -:0/1 | let:64/.5 the:64/.5 whole:67/1 room:64/.5 know:62/1.5
we:67/1 are:67/.5 red:67/1 in:64/.5 the:62/.5 line:60/.5 | and:62/.5 we:62/.5 feel:67/1 so:66/.5
fine:67/1.5
o:66/.5 ver:66/.5 drive:69/1 o:66/.5 ver:66/.5 drive:69/1 | all:69/1 the:67/.5 week:66/.5 end:64/2
we:67/1 are:67/.5 red:67/1 in:64/.5 the:62/.5 line:60/.5 | and:62/.5 we:62/.5 feel:67/1 so:66/.5
fine:67/1.5
o:66/.5 ver:66/.5 drive:69/1 o:66/.5 ver:66/.5 drive:69/1 | all:71/1 night:71/3
""".replace("|", " ")


def part(program: int, seed: int = 130, **options) -> Part:
    return Part(BPM, program, seed=seed, **options)


def rhythm_guitar(seed: int, program: int) -> Part:
    """Palm-muted drive with open accents in the riff, ringing chords in the chorus."""
    guitar = part(program, seed=seed, timing=0.009, touch=8)
    for place, (beat, length, name) in enumerate(CHART):
        low = root(name, 40)
        keys = [low, low + 7, low + 12]
        chorus = 32 <= beat < 64
        pattern = "X...x.x.X.x.x.x." if chorus else RIFF
        for step, mark in enumerate(pattern[: int(length * 4)]):
            if mark == "X":
                guitar.chord(beat + step / 4, keys, 0.9 if chorus else 0.5, 116, strum=0.006)
            elif mark == "x":
                guitar.chord(
                    beat + step / 4, keys[: 3 if chorus else 2], 0.4 if chorus else 0.2, 88
                )
        if place == len(CHART) - 1:
            guitar.chord(beat + 4, keys, 6, 118, strum=0.02)
    return guitar


def bass_line() -> Part:
    bass = part(34)
    for beat, length, name in CHART:
        for half in range(int(length * 2)):
            bass.note(beat + half / 2, root(name, 28), 0.44, 108 if half % 2 == 0 else 96)
    bass.note(80, 28, 6, 112)
    return bass


def drum_kit() -> Part:
    kit = part(0, drums=True, timing=0.01, touch=10)
    for bar in range(20):
        chorus = 8 <= bar < 16
        lanes = {
            "kick": "X.....x.X.X....." if bar % 2 == 0 else "X..x..x.X.....x.",
            "snare": "....X.......X...",
            "crash2" if chorus else "open" if bar >= 4 else "hat": "x...x...x...x..."
            if chorus
            else "X.x.X.x.X.x.X.x.",
        }
        if bar % 4 == 3:
            lanes["snare"] = "....X...X.xxXxXX"
            lanes["tom2"] = ".........x......"
            lanes["tom4"] = ".............xx."
        kit.grid(bar * 4, lanes)
    for bar in (0, 4, 8, 12, 16, 20):
        kit.note(bar * 4, 49, 1, 116)
    kit.note(80, 36, 1, 118)
    return kit


def make() -> Track:
    lead = part(27, timing=0.01)
    lead.line(64, LEAD, 108)
    song = lyric(16, SONG)
    amp = (
        "highpass=f=100,volume=16dB,asoftclip=type=tanh:oversample=4,"
        "highpass=f=85,equalizer=f=420:t=q:w=1:g=-3,equalizer=f=2300:t=q:w=1:g=4,"
        "lowpass=f=7000"
    )
    lead_amp = amp.replace("16dB", "28dB") + ",aecho=0.85:0.6:345:0.22"
    shout = (
        "highpass=f=150,acompressor=threshold=0.08:ratio=5:makeup=3,volume=9dB,asoftclip=type=tanh,"
        "equalizer=f=2800:t=q:w=1:g=4,highshelf=f=5000:g=4,aecho=0.9:0.5:115:0.2"
    )
    grit = "volume=14dB,asoftclip=type=tanh:oversample=4,lowpass=f=2500"
    live = "acompressor=threshold=0.12:ratio=4:attack=10:release=90:makeup=2,highshelf=f=7000:g=2"
    return Track(
        slug="overdriven-weekend",
        title="Overdriven Weekend",
        artist="Clipping Point",
        genre="rock",
        seconds=20 * 4 * 60 / BPM + 2.6,
        room_seconds=1.0,
        master=(
            "acompressor=threshold=0.08:ratio=4:attack=3:release=80:makeup=3,"
            "volume=6dB,asoftclip=type=tanh,lowpass=f=9000"
        ),
        attribution=own_work("rms"),
        stems=[
            Stem(partial(sing, song, BPM, "rms", seed=1, transpose=-5), shout, gain=3, send=0.2),
            Stem(partial(sing, song, BPM, "rms", seed=2, transpose=-5), shout, gain=-2, pan=-0.4),
            Stem(rhythm_guitar(1, 30), amp, gain=8, pan=-0.85, send=0.1),
            Stem(rhythm_guitar(2, 29), amp, gain=8, pan=0.85, send=0.1, delay=0.012),
            Stem(bass_line(), grit, gain=-4, send=0.03),
            Stem(drum_kit(), live, gain=-1, send=0.5),
            Stem(lead, lead_amp, gain=-3, pan=0.05, send=0.3),
        ],
        fade=2.0,
    )
