"""Writing a part: notes, chords, melodies and drum grids, played with a human's looseness."""

import random
import re
from dataclasses import dataclass, field

import mido

TICKS_PER_BEAT = 960
BEND_RANGE = 12  # semitones either way
NOTE_OFFSETS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CHORD_TONES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 7, 10, 14),
    "13": (0, 4, 10, 14, 21),
    "m6": (0, 3, 7, 9),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 7, 10, 14),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 14),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "7b9": (0, 4, 7, 10, 13),
    "sus4": (0, 5, 7),
    "add9": (0, 4, 7, 14),
}
DRUMS = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "pedal": 44,
    "open": 46,
    "tom1": 50,
    "tom2": 47,
    "tom3": 45,
    "tom4": 43,
    "crash": 49,
    "crash2": 57,
    "splash": 55,
    "china": 52,
    "ride": 51,
    "bell": 53,
    "tamb": 54,
    "cowbell": 56,
    "congaslap": 62,
    "congahi": 63,
    "congalo": 64,
    "cabasa": 69,
    "shaker": 70,
}
GRID_LEVELS = {"g": 32, "o": 62, "x": 92, "X": 118}
MELODY_TOKEN = re.compile(r"([A-G][#b]?-?\d|r)/([\d.]+)([\^~'>v]*)$")
CHORD_NAME = re.compile(r"([A-G][#b]?)(.*)$")


def pitch(name: str) -> int:
    """The MIDI number of a note name: C4 is 60."""
    letter, accidental, octave = re.match(r"([A-G])([#b]?)(-?\d+)$", name).groups()
    shift = {"#": 1, "b": -1, "": 0}[accidental]
    return NOTE_OFFSETS[letter] + shift + 12 * (int(octave) + 1)


def chord(name: str, low: int = 48) -> list[int]:
    """A chord's tones, each in the first octave above `low`, so that neighbours share voices."""
    root_name, quality = CHORD_NAME.match(name).groups()
    root = pitch(root_name + "0")
    return sorted(low + (root + tone - low) % 12 for tone in CHORD_TONES[quality])


def root(name: str, low: int = 28) -> int:
    """The chord's root in the first octave above `low`."""
    return low + (pitch(CHORD_NAME.match(name).group(1) + "0") - low) % 12


def changes(text: str, beats: float = 4, start: float = 0) -> list[tuple[float, float, str]]:
    """(beat, length, chord) of a chart with one word a bar; `C6,A7` shares the bar."""
    chart = []
    for place, bar in enumerate(text.replace("|", " ").split()):
        names = bar.split(",")
        share = beats / len(names)
        for turn, name in enumerate(names):
            chart.append((start + place * beats + turn * share, share, name))
    return chart


@dataclass
class Part:
    """One player: an instrument of the soundfont and everything it plays."""

    bpm: float
    program: int = 0
    bank: int = 0
    drums: bool = False
    swing: float = 0.5  # where the second half of a swing unit falls: 0.5 straight, 0.66 triplet
    swing_unit: float = 1.0  # in beats: 1 swings the eighths, 0.5 the sixteenths
    timing: float = 0.007  # standard deviation of the onsets, seconds
    touch: float = 6.0  # standard deviation of the velocities
    lay_back: float = 0.0  # seconds behind the beat
    seed: int = 0
    events: list[tuple[float, int, mido.Message]] = field(default_factory=list)

    def __post_init__(self):
        self.random = random.Random(f"{self.seed}-{self.program}-{self.bank}-{self.drums}")

    @property
    def channel(self) -> int:
        return 9 if self.drums else 0

    def seconds(self, beat: float) -> float:
        """The time of a beat, swing applied."""
        unit, place = divmod(beat, self.swing_unit)
        place /= self.swing_unit
        if place < 0.5:
            place *= self.swing / 0.5
        else:
            place = self.swing + (place - 0.5) * (1 - self.swing) / 0.5
        return (unit + place) * self.swing_unit * 60 / self.bpm

    def _add(self, time: float, order: int, kind: str, **values) -> None:
        message = mido.Message(kind, channel=self.channel, **values)
        self.events.append((max(0.0, time), order, message))

    def _loosen(self) -> float:
        return self.lay_back + self.random.gauss(0, self.timing)

    def note(self, beat: float, key: int, length: float, velocity: float = 90) -> float:
        """One note; returns when it really starts, in seconds."""
        start = max(0.0, self.seconds(beat) + self._loosen())
        end = max(start + 0.03, self.seconds(beat + length) - 0.01)
        level = round(min(127, max(8, velocity + self.random.gauss(0, self.touch))))
        self._add(start, 2, "note_on", note=key, velocity=level)
        self._add(end, 0, "note_off", note=key, velocity=0)
        return start

    def chord(
        self,
        beat: float,
        keys: list[int],
        length: float,
        velocity: float = 80,
        strum: float = 0.0,
    ) -> None:
        """Notes together, or one after another when strummed (seconds a string, minus is up)."""
        ordered = keys if strum >= 0 else list(reversed(keys))
        for place, key in enumerate(ordered):
            late = place * abs(strum) * self.bpm / 60
            self.note(beat + late, key, max(0.05, length - late), velocity - 2 * place)

    def controller(self, beat: float, number: int, value: int) -> None:
        self._add(self.seconds(beat), 1, "control_change", control=number, value=value)

    def swell(self, beat: float, length: float, first: int, last: int) -> None:
        """Expression moving in a straight line."""
        for step in range(17):
            level = round(first + (last - first) * step / 16)
            self.controller(beat + length * step / 16, 11, level)

    def bend(self, time: float, semitones: float) -> None:
        value = round(8191 * max(-1, min(1, semitones / BEND_RANGE)))
        self._add(time, 1, "pitchwheel", pitch=value)

    def _scoop(self, start: float, depth: float, length: float) -> None:
        for step in range(13):
            self.bend(start + length * step / 12, depth * (1 - step / 12) ** 1.5)

    def _vibrato(self, start: float, end: float, depth: float = 0.3, rate: float = 5.6) -> None:
        wave = [0, 0.7, 1, 0.7, 0, -0.7, -1, -0.7]
        count = int((end - start) * rate * len(wave))
        for step in range(count):
            grown = min(1.0, 2 * step / max(1, count))
            self.bend(start + step / (rate * len(wave)), depth * grown * wave[step % 8])
        self.bend(end, 0)

    def line(self, beat: float, text: str, velocity: float = 92, transpose: int = 0) -> float:
        """A melody: `E4/1 r/.5 G4/2^~`, lengths in beats; returns the beat after it.

        Marks: ^ bend up into the note, v fall off it, ~ vibrato, ' grace note, > accent.
        """
        for token in text.split():
            name, length_text, marks = MELODY_TOKEN.match(token).groups()
            length = float(length_text)
            if name != "r":
                self._sing(beat, pitch(name) + transpose, length, velocity, marks)
            beat += length
        return beat

    def _sing(self, beat: float, key: int, length: float, velocity: float, marks: str) -> None:
        beat_seconds = 60 / self.bpm
        if "'" in marks:
            self.note(max(0, beat - 0.07 / beat_seconds), key - 1, 0.09, velocity - 18)
        start = self.note(beat, key, length * 0.96, velocity + (14 if ">" in marks else 0))
        end = self.seconds(beat + length)
        if "^" in marks:
            self._scoop(start, -2, min(0.16, (end - start) * 0.5))
        if "~" in marks and end - start > 0.35:
            self._vibrato(start + 0.22, end - 0.03)
        if "v" in marks:
            for step in range(9):
                self.bend(end - 0.16 + 0.018 * step, -3 * step / 8)
            self.bend(end, 0)

    def grid(self, beat: float, lanes: dict[str, str], step: float = 0.25) -> None:
        """Drums as strings of steps: X accent, x hit, o soft, g ghost, anything else rests."""
        for name, hits in lanes.items():
            for place, mark in enumerate(hits.replace(" ", "").replace("|", "")):
                if mark in GRID_LEVELS:
                    self.note(beat + place * step, DRUMS[name], 0.2, GRID_LEVELS[mark])

    def write(self, path) -> None:
        """Save the part as a MIDI file."""
        song = mido.MidiFile(ticks_per_beat=TICKS_PER_BEAT)
        track = mido.MidiTrack()
        song.tracks.append(track)
        track.append(mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(self.bpm)))
        set_up = [("control_change", {"control": 0, "value": self.bank})] if self.bank else []
        set_up.append(("program_change", {"program": self.program}))
        for number, value in ((101, 0), (100, 0), (6, BEND_RANGE), (91, 0), (93, 0)):
            set_up.append(("control_change", {"control": number, "value": value}))
        for kind, values in set_up:
            track.append(mido.Message(kind, channel=self.channel, time=0, **values))
        ticks_now = 0
        for time, _, message in sorted(self.events, key=lambda event: event[:2]):
            ticks = round(time * self.bpm / 60 * TICKS_PER_BEAT)
            track.append(message.copy(time=ticks - ticks_now))
            ticks_now = ticks
        song.save(path)
