"""A slow twelve-bar shuffle in A: guitar with bends, harmonica answers, organ and piano."""

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from .credits import own_work

BPM = 82
CHART = changes("A7 D7 A7 A7 | D7 D7 A7 A7 | E7 D7 A7,D7 A7,E7")
SWING = 0.667
LEAD = """
r/1 E5/.5^ G5/.5 A5/1.5^~ G5/.5 | E5/.5 D5/.5 C5/.5^ A4/1.5~ r/1
r/.5 A4/.5 C5/.5^ D5/.5 E5/1^~ D5/.5 C5/.5 | A4/2~ r/2
r/.5 A5/.5^ C6/.5 A5/.5 G5/.5^ F#5/.5 D5/1~ | F5/.5^ D5/.5 C5/.5 A4/1.5~ r/1
r/4 | r/1 E5/.5' E5/.5^ A5/.5 C6/.5^ A5/1~
B5/1.5^~ G#5/.5 E5/.5 D5/.5^ B4/1 | A5/1^ F#5/.5 D5/.5 C5/.5^ A4/.5 G4/1
A4/.5 C5/.5^ C#5/.5 E5/.5 F#5/.5' A5/1.5~ | C5/.333 A4/.333 G4/.334 E4/1 G#4/.5^ B4/.5 E4/1~
""".replace("|", " ")
HARP = """
r/4 r/4 r/4 r/1 E5/.5^ G5/.5 A5/1.5^~ r/.5
r/4 r/4 A5/.5^ G5/.5 E5/.5 D5/.5 E5/1^~ C5/.5 A4/.5 | A4/2^~ r/2
""".replace("|", " ")


def part(program: int, **options) -> Part:
    return Part(BPM, program, swing=SWING, seed=11, **options)


def rhythm_guitar() -> Part:
    """The boogie figure: fifth and sixth over the root, in swung eighths."""
    guitar = part(27, lay_back=0.006)
    for beat, length, name in CHART:
        low = root(name, 40)
        for half in range(int(length * 2)):
            top = (7, 7, 9, 9)[half % 4] if half != 6 else 10
            guitar.chord(beat + half / 2, [low, low + top], 0.34, 92 - 14 * (half % 2))
    return guitar


def bass_line() -> Part:
    bass = part(33, timing=0.009)
    walk = {4: (0, 4, 7, 9), 2: (0, 7)}
    for place, (beat, length, name) in enumerate(CHART):
        steps = walk[int(length)] if place % 2 == 0 else (12, 9, 7, 4)[: int(length)]
        for turn, step in enumerate(steps):
            bass.note(beat + turn, root(name, 28) + step, 0.85, 96 if turn % 2 == 0 else 88)
            if turn == 3:
                bass.note(beat + 3.5, root(name, 28) + step - 1, 0.3, 60)
    return bass


def drum_kit() -> Part:
    kit = part(8, drums=True, timing=0.009)
    for bar in range(12):
        fill = bar in (3, 7, 11)
        kit.grid(
            bar * 4,
            {
                "ride" if bar >= 4 else "hat": "xoxoxoxo",
                "kick": "x...xo.." if bar % 2 else "x..ox...",
                "snare": "..X.g.Xo" if not fill else "..X...XX",
                "pedal": "..o...o.",
            },
            step=0.5,
        )
        if fill:
            for hit in range(3):
                kit.note(bar * 4 + 3.01 + hit / 3, (50, 47, 43)[hit], 0.2, 80 + 8 * hit)
    for beat in (0, 16, 32):
        kit.note(beat, 49, 1, 88)
    return kit


def organ_and_piano() -> tuple[Part, Part]:
    organ, piano = part(16), part(1, touch=9)
    for beat, length, name in CHART:
        organ.chord(beat, chord(name, 55), length * 0.97, 62)
        # Triplets: the swing clock maps 1/2 to 2/3 of a beat and 1/4 to 1/3 of it.
        for turn in range(int(length)):
            for third in (0, 0.25, 0.5):
                if (beat + turn) % 8 >= 4:
                    piano.chord(beat + turn + third, chord(name, 64), 0.2, 78 - 24 * (third > 0))
    return organ, piano


def make() -> Track:
    lead, harp = part(27, timing=0.012), part(22)
    lead.line(0, LEAD, 100)
    harp.line(0, HARP, 96)
    organ, piano = organ_and_piano()
    tube = (
        "highpass=f=110,volume=22dB,asoftclip=type=tanh:oversample=4,lowpass=f=4200,lowpass=f=5200"
    )
    crunch = "highpass=f=90,volume=14dB,asoftclip=type=tanh:oversample=4,lowpass=f=3800"
    leslie = (
        "vibrato=f=5.8:d=0.12,tremolo=f=5.8:d=0.25,volume=9dB,asoftclip=type=tanh,lowpass=f=4500"
    )
    mike = "highpass=f=250,volume=16dB,asoftclip=type=tanh,lowpass=f=3600,vibrato=f=5:d=0.06"
    return Track(
        slug="one-needle-shuffle",
        title="One-Needle Shuffle",
        artist="Low Shelf Willie & The Mel Bins",
        genre="blues",
        seconds=12 * 4 * 60 / BPM + 0.4,
        room_seconds=0.9,
        room_tone=3500,
        master="equalizer=f=250:t=q:w=1:g=1.5,highshelf=f=7000:g=-3,acompressor=threshold=0.2:ratio=2",
        attribution=own_work(),
        stems=[
            Stem(lead, tube, gain=0, pan=0.1, send=0.28),
            Stem(harp, mike, gain=-5, pan=-0.25, send=0.3),
            Stem(rhythm_guitar(), crunch, gain=-8, pan=-0.45, send=0.15),
            Stem(bass_line(), "lowpass=f=1800", gain=-3, send=0.04),
            Stem(drum_kit(), "", gain=0, send=0.22),
            Stem(organ, leslie, gain=-13, pan=0.4, send=0.2),
            Stem(piano, "lowpass=f=6000", gain=-9, pan=0.5, send=0.2),
        ],
    )
