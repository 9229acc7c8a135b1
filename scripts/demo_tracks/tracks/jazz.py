"""Medium swing for a quintet: tenor states the tune, muted trumpet answers with a chorus."""

from ..score import Part, changes, chord, root
from ..track import Stem, Track
from .credits import ARTIST, own_work

BPM = 144
CHART = changes(
    "Dm7 G7 Cmaj7 A7b9 | Dm7 G7 Em7 A7 | Fmaj7 Fm6 Em7 A7b9 | D9 D9 Dm7 G7b9| Cmaj7,A7 Dm7,G7 C6 C6"
)
HEAD = """
r/1 A4/.5 C5/.5 E5/1.5' D5/.5 | B4/1 D5/.5 F5/.5 A5/1~ G5/1 | E5/2'~ r/.5 G4/.5 B4/.5 D5/.5
C#5/1.5 Bb4/.5 G4/1 r/1 | r/.5 F5/.5' A5/.5 F5/.5 D5/.5 C5/.5 A4/1 | B4/1.5 G4/.5 Ab4/.5 A4/.5
B4/1
D5/1.5' B4/.5 G4/.5 E4/.5 G4/1 | C#5/.5 E5/.5 G5/1.5~ r/1.5
""".replace("|", " ")
SOLO = """
r/.5 C5/.5 E5/.5 G5/.5 A5/.5' G5/.5 E5/.5 C5/.5 | D5/.5 C5/.5 Ab4/.5 C5/.5 F5/1.5~ r/.5
r/.5 B4/.5 D5/.5 G5/.5 F#5/.5 G5/.5 E5/.5 B4/.5 | C#5/.5 E5/.5 G5/.5 Bb5/.5 A5/1' G5/.5 E5/.5
F#5/1.5' E5/.5 C5/.5 A4/.5 F#4/.5 A4/.5 | B4/.5 C5/.5 E5/.5 F#5/.5 A5/1.5~ r/.5
r/.5 F5/.5 E5/.5 D5/.5 C5/.5 A4/.5 F4/.5 A4/.5 | Ab4/.5 B4/.5 D5/.5 F5/.5 G5/.5' F5/.5 D5/.5 B4/.5
""".replace("|", " ")
TAG = "C5/1 E5/.5' C#5/.5 r/1 A4/1 | D5/.5 F5/.5 A5/.5 F5/.5 B4/.5 D5/.5 F5/1 | E5/4'~".replace(
    "|", " "
)


def part(program: int, **options) -> Part:
    return Part(BPM, program, swing=0.63, seed=5, **options)


def walking_bass() -> Part:
    """Root, chord tones, then a half step into the next root."""
    bass = part(32, timing=0.008)
    for place, (beat, length, name) in enumerate(CHART):
        low = root(name, 29)
        third = 3 if "m" in name and "maj" not in name else 4
        following = root(CHART[min(place + 1, len(CHART) - 1)][2], 29)
        middle = bass.random.choice([(third, 7), (7, third), (7, 12), (2, third), (12, 7)])
        walk = [low, low + middle[0], low + middle[1], following + bass.random.choice((-1, 1))]
        for turn, key in enumerate(walk if length == 4 else [walk[0], walk[3]]):
            bass.note(beat + turn, key, 0.92, 98 if turn in (1, 3) else 90)
        if bass.random.random() < 0.3:
            bass.note(beat + length - 0.5, following + 7, 0.3, 56)
    return bass


def comping() -> Part:
    piano = part(0, touch=8, timing=0.01)
    rhythms = [
        [(0, 0.9), (1.5, 0.4)],
        [(0.5, 0.4), (2.5, 0.8)],
        [(1.5, 1.2)],
        [(1, 0.4), (3.5, 0.4)],
    ]
    for beat, length, name in CHART:
        for at, hold in piano.random.choice(rhythms):
            if at < length:
                piano.chord(beat + at, [*chord(name, 53)[1:], chord(name, 65)[-1]], hold, 66)
    return piano


def drum_kit() -> Part:
    kit = part(32, drums=True, timing=0.006)
    for bar in range(20):
        comp = kit.random.choice(["...g...o", ".....g..", "..g..o.g", "...o....", ".g...g.g"])
        kit.grid(
            bar * 4,
            {"ride": "x.Xox.Xo", "pedal": "..x...x.", "kick": "g...g..g", "snare": comp},
            step=0.5,
        )
    for bar in (7, 15):
        kit.grid(bar * 4, {"snare": "....o.xx", "tom2": ".....x..", "kick": ".......X"}, step=0.5)
    kit.note(32, 49, 1, 76)
    kit.note(72, 51, 2, 96)
    return kit


def make() -> Track:
    tenor, trumpet = part(66, lay_back=0.025, timing=0.012), part(59, lay_back=0.02, timing=0.012)
    tenor.line(0, HEAD, 96)
    trumpet.line(32, SOLO, 96)
    tenor.line(64, TAG, 92)
    trumpet.line(64, TAG, 76)
    return Track(
        slug="mid-band-stroll",
        title="Mid-Band Stroll",
        artist=f"{ARTIST} Quintet",
        genre="jazz",
        seconds=19.4 * 4 * 60 / BPM,
        room_seconds=1.2,
        room_tone=3800,
        master="highshelf=f=8000:g=-2",
        attribution=own_work(),
        stems=[
            Stem(tenor, "equalizer=f=450:t=q:w=1:g=2,lowpass=f=7500", gain=0, pan=0.12, send=0.3),
            Stem(trumpet, "lowpass=f=8000", gain=-3, pan=-0.15, send=0.3),
            Stem(comping(), "lowpass=f=8000", gain=-5, pan=-0.35, send=0.25),
            Stem(walking_bass(), "lowpass=f=3000,equalizer=f=700:t=q:w=1:g=3", gain=0, send=0.1),
            Stem(drum_kit(), "highshelf=f=6000:g=2", gain=-2, pan=0.1, send=0.25),
        ],
    )
