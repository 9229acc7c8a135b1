"""Decoding in the confined child: the same samples, and what attacks it comes to nothing."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest

from ml.audio import confined
from ml.audio import decode as in_process
from ml.errors import (
    AudioTooLong,
    AudioTooShort,
    DecoderDied,
    NoSound,
    NotAudio,
    NotFinite,
    SilentAudio,
    TooComplex,
    TooFine,
)
from ml.sandbox import trial
from ml.sandbox.children import ROOT
from scripts.testbed import attacks, sound

RATE_HZ = 16_000
# The imports of a decoder take 50 MB; what it may add is 256 MB of address space.
MOST_MEMORY_KB = 330 * 1024
MOST_CPU_S = 10


@pytest.fixture(autouse=True)
def own_children():
    """Return a function that gives the children of this process since the test began.

    Before it there are others, such as a server that tests of this process share.
    """
    confined.end_spare()
    others = set(psutil.Process().children())

    def since() -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if child not in others]

    yield since
    confined.end_spare()
    assert psutil.STATUS_ZOMBIE not in [child.status() for child in since()]


@pytest.fixture
def play(monkeypatch):
    """Have a script run in the place of the decoder; `say` writes an event."""

    def play(script: str) -> None:
        prelude = """
            import io, json, os, signal, socket, subprocess, sys, time
            import numpy as np
            from ml.audio import decoder_child
            from ml.errors import NotAudio

            def say(**event):
                os.write(1, json.dumps(event).encode() + b"\\n")
            """
        code = textwrap.dedent(prelude) + textwrap.dedent(script)
        monkeypatch.setattr(confined, "COMMAND", [sys.executable, "-P", "-c", code])
        monkeypatch.setattr(confined, "warm", lambda: None)

    return play


def decode(content: bytes = b"x" * 1000, **more: float) -> np.ndarray:
    return confined.decode(BytesIO(content), rate_hz=RATE_HZ, **more)


# The same as without a child


@pytest.mark.parametrize("suffix", sound.FORMATS)
def test_every_format_decodes_to_the_very_samples_of_the_decoder(tmp_path, suffix):
    path = sound.write(tmp_path / f"song.{suffix}", sound.chord(20.0))
    expected = in_process.decode(path, rate_hz=RATE_HZ)
    assert np.array_equal(confined.decode(path, rate_hz=RATE_HZ), expected)
    assert np.array_equal(decode(path.read_bytes()), expected)


@pytest.mark.parametrize("suffix", ["m4a", "webm"])
def test_windows_and_streams_are_the_very_same_too(tmp_path, suffix, own_children):
    path = sound.write(tmp_path / f"song.{suffix}", sound.chord(20.0))
    starts = {"starts_s": [0.0, 8.0, 30.0], "window_s": 3.0, "rate_hz": RATE_HZ}
    limits = {"window_s": 3.0, "rate_hz": RATE_HZ, "max_duration_s": 10.0}
    with path.open("rb") as file, confined.Decoders(20.0) as decoders:
        pairs = [
            (decoders.decode_windows(file, **starts), in_process.decode_windows(file, **starts)),
            (
                list(decoders.stream_windows(file, **limits)),
                list(in_process.stream_windows(BytesIO(path.read_bytes()), **limits)),
            ),
        ]
        assert len(own_children()) == 1  # one decoder for all parts of a recording
    for found, expected in pairs:
        assert [start for start, _ in found] == [start for start, _ in expected]
        for (_, one), (_, other) in zip(found, expected, strict=True):
            assert np.array_equal(one, other)


def test_refusals_are_the_same(tmp_path):
    long = sound.write(tmp_path / "long.wav", sound.chord(30.0)).read_bytes()
    with pytest.raises(AudioTooLong, match=r"limit of 0.25 minutes") as refusal:
        decode(long, max_duration_s=15)
    assert refusal.value.parameters == {"minutes": 0.25}
    with pytest.raises(AudioTooShort):
        decode(sound.write(tmp_path / "blip.wav", sound.chord(0.5)).read_bytes())
    with pytest.raises(SilentAudio):
        decode(sound.write(tmp_path / "quiet.wav", np.zeros(RATE_HZ * 3)).read_bytes())
    for content in (b"", b"not audio at all", b"RIFF\x00\x00\x00\x00WAVE"):
        with pytest.raises(NotAudio):
            decode(content)


def test_what_ffmpeg_said_is_kept_for_staff():
    with pytest.raises(NotAudio) as refusal:
        decode(b"not audio at all" * 100)
    assert "InvalidDataError" in repr(refusal.value.__cause__)


def test_a_path_that_cannot_be_read_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        confined.decode(tmp_path / "none.wav", rate_hz=RATE_HZ)


def test_an_error_of_the_file_comes_through_as_it_is():
    class Away(BytesIO):
        def read(self, size=-1):
            raise TimeoutError("the storage does not answer")

    with pytest.raises(TimeoutError, match="does not answer"):
        confined.decode(Away(b"x"), rate_hz=RATE_HZ)


def test_a_reader_who_stops_leaves_no_process(tmp_path, own_children):
    path = sound.write(tmp_path / "song.wav", sound.chord(20.0))
    before = psutil.Process().num_fds()
    with path.open("rb") as file, confined.Decoders(20.0) as decoders:
        windows = decoders.stream_windows(file, window_s=2.0, rate_hz=RATE_HZ, max_duration_s=20.0)
        next(windows)
        windows.close()
        assert own_children() == []
    confined.end_spare()
    assert psutil.Process().num_fds() == before


# Attacks

MEASURED = """
import resource, sys
from ml.audio import confined
from ml.errors import AudioError
told = "decoded"
try:
    confined.decode(sys.argv[1], rate_hz=16000, max_duration_s=1200)
except AudioError as error:
    told = type(error).__name__
confined.end_spare()
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(told, usage.ru_maxrss, usage.ru_utime + usage.ru_stime)
"""

ATTACKS = {
    "index of 80 million": (lambda path: attacks.huge_index(path, 80_000_000), ".m4a", NoSound),
    "ten such tracks": (lambda path: attacks.huge_index(path, 80_000_000, 10), ".m4a", NoSound),
    "packed moov": (lambda path: attacks.packed_moov(path, 400 << 20), ".mov", NotAudio),
    "rate of two thousand million": (attacks.absurd_rate, ".wav", TooFine),
    "eight channels at 655,350 Hz": (lambda path: attacks.many_samples(path, 20), ".flac", TooFine),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_within_a_little_memory_and_time(tmp_path, name):
    make, suffix, expected = ATTACKS[name]
    path = make(tmp_path / f"attack{suffix}")
    told, memory_kb, cpu_s = measured(path)
    assert told == expected.__name__
    assert memory_kb < MOST_MEMORY_KB
    assert cpu_s < MOST_CPU_S


def test_four_covers_of_millions_of_pixels_are_not_looked_at(tmp_path):
    told, memory_kb, cpu_s = measured(attacks.covers(tmp_path / "covers.mp3", 4))
    assert told == "decoded"
    assert memory_kb < 100 * 1024
    assert cpu_s < MOST_CPU_S


def measured(path: Path) -> tuple[str, int, float]:
    """What came of a file, the most memory of its children and their CPU time."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told, memory_kb, cpu_s = done.stdout.split()
    return told, int(memory_kb), float(cpu_s)


# Inside

ATTEMPTS = """
def attempts(file, arguments):
    told = {}
    def attempt(name, action):
        try:
            action()
            told[name] = 1
        except BaseException:
            told[name] = 0
    attempt("file", lambda: open("/etc/passwd"))
    attempt("write", lambda: open("new", "w"))
    attempt("socket", lambda: socket.socket())
    if IS_KEPT:
        attempt("exec", lambda: os.execv("/bin/true", ["true"]))
    attempt("run", lambda: subprocess.run(["/bin/true"]))
    attempt("django", lambda: __import__("django"))
    attempt("environ", lambda: os.environ["PYTHONPATH"])
    attempt("memory", lambda: np.ones(1 << 27))
    attempt("folder", lambda: os.listdir("."))
    raise NotAudio(json.dumps(told))
    yield
decoder_child.DECODED["whole"] = attempts
decoder_child.main()
"""


def test_in_a_decoder_nothing_can_be_opened_started_read_or_imported(play):
    # By limits alone a program can take its place, and then open nothing either.
    is_kept = bool({"seccomp", "landlock"} & set(trial.measures()))
    play(ATTEMPTS.replace("IS_KEPT", str(is_kept)))
    with pytest.raises(NotAudio) as refusal:
        decode()
    told = json.loads(str(refusal.value))
    assert len(told) >= 8
    assert set(told.values()) == {0}, told


def test_a_decoder_is_told_nothing_of_this_process(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "a-very-secret-key")
    monkeypatch.setenv("DATABASE_URL", "postgres://someone:a-database-password@db/site")
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:a-proxy-password@proxy")
    confined.warm()
    child = psutil.Process(confined.spare_pid())
    wait_for(child.environ)
    seen = f"{child.environ()} {child.cmdline()}"
    assert "PYTHONPATH" in seen
    assert "secret" not in seen
    assert "password" not in seen
    assert set(child.environ()) <= {
        "PYTHONPATH", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "HOME", "TMPDIR",
        "LD_LIBRARY_PATH", "PYTHONHOME", "LC_CTYPE",
    }  # fmt: skip


def test_a_decoder_stands_in_a_folder_that_is_gone():
    confined.warm()
    child = psutil.Process(confined.spare_pid())
    wait_for(child.environ)
    folder = Path(child.environ()["HOME"])
    wait_for(lambda: not folder.exists())


def wait_for(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# Decoders that die, hang or lie


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("while True: pass", TooComplex),
        ("raise MemoryError", TooComplex),
        ("held = [bytes(1 << 26) for _ in range(100)]", TooComplex),
        ("ctypes.string_at(0)", NotAudio),
        ("raise RuntimeError", DecoderDied),
    ],
)
def test_how_a_decoder_ends_says_what_is_wrong(play, monkeypatch, end, expected):
    monkeypatch.setattr(confined, "CPU_S", 1.0)
    play(
        f"""
        import ctypes
        def ends(file, arguments):
            {end}
            yield
        decoder_child.DECODED["whole"] = ends
        decoder_child.main()
        """
    )
    with pytest.raises(expected) as caught:
        decode(max_duration_s=10)
    assert type(caught.value) is expected


def test_a_decoder_that_is_killed_from_outside_is_not_the_files_fault(tmp_path, monkeypatch):
    class Killing(BytesIO):
        def read(self, size=-1):
            for child in psutil.Process().children():
                os.kill(child.pid, signal.SIGKILL)
            return super().read(size)

    path = sound.write(tmp_path / "song.wav", sound.chord(2.0))
    with pytest.raises(DecoderDied):
        confined.decode(Killing(path.read_bytes()), rate_hz=RATE_HZ)
    assert confined.decode(path, rate_hz=RATE_HZ).size == 2 * RATE_HZ  # by another one


def test_a_decoder_that_hangs_is_ended(play, monkeypatch):
    monkeypatch.setattr(confined, "START_S", 1.0)
    monkeypatch.setattr(confined, "PATIENCE", 0.0)
    play("time.sleep(60)")
    with pytest.raises(DecoderDied):
        decode()


@pytest.mark.parametrize(
    "script",
    [
        "while True: os.write(1, b'x' * 65536)",
        "say(event='samples', start_s=0, n=10**12); time.sleep(60)",
        "say(event='samples', start_s=0, n=-1)",
        "say(event='samples', start_s=0)",
        "say(event='samples', start_s=0, n=True)",
        "say(event='samples', start_s='x', n=1)",
        "say(event='samples', start_s=float('nan'), n=0)",
        "while True:\n    say(event='samples', start_s=0, n=1 << 16); os.write(1, bytes(4 << 16))",
        "say(event='read', at=-1, n=10)",
        "say(event='read', at='x', n=10)",
        "say(event='read', at=2**63, n=10)",
        "say(event='no such')",
        "say(event=['read'])",
        "say(other=1)",
        "os.write(1, b'[1, 2]\\n')",
        "os.write(1, b'[' * 4000 + b'\\n')",
        "os.write(1, b'\\xff\\xfe\\n')",
        "say(event='refused', kind='no such kind', message='x')",
        "say(event='refused', kind=['too_long'])",
        "say(event='refused')",
    ],
)
def test_nonsense_is_no_audio_and_nothing_worse(play, script):
    play(script)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(NotAudio):
        decode()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_samples_that_are_no_numbers_are_refused_here_too(play):
    play(
        """
        say(event="samples", start_s=0, n=2)
        os.write(1, np.array([np.nan, 1], np.float32).tobytes())
        say(event="done")
        """
    )
    with pytest.raises(NotFinite):
        decode()


def test_a_refusal_of_length_states_the_limit_of_this_process(play):
    play("say(event='refused', kind='too_long', message='x', parameters={'minutes': 1e9})")
    with pytest.raises(AudioTooLong) as refusal:
        decode(max_duration_s=60)
    assert refusal.value.parameters == {"minutes": 1.0}


def test_a_spare_that_died_is_replaced(tmp_path):
    path = sound.write(tmp_path / "song.wav", sound.chord(2.0))
    confined.warm()
    os.kill(confined.spare_pid(), signal.SIGKILL)
    os.waitid(os.P_PID, confined.spare_pid(), os.WEXITED | os.WNOWAIT)
    assert confined.decode(path, rate_hz=RATE_HZ).size == 2 * RATE_HZ


@pytest.mark.parametrize("refusal", [NotAudio, NoSound, TooFine, SilentAudio, AudioTooShort])
def test_a_refusal_is_known_by_the_name_of_its_kind(play, refusal):
    play(f"say(event='refused', kind={refusal.kind!r}, message='x')")
    with pytest.raises(refusal) as caught:
        decode()
    assert type(caught.value) is refusal


@pytest.mark.parametrize("suffix", ["wav", "mp3", "flac", "ogg", "opus", "m4a", "aac", "webm"])
def test_a_digest_is_of_the_sound_alone(tmp_path, suffix):
    chord = sound.chord(4.0)
    path = sound.write(tmp_path / f"a.{suffix}", chord)
    other = sound.write(tmp_path / f"b.{suffix}", chord * 0.5)
    same = tmp_path / f"c.{suffix}"
    same.write_bytes(path.read_bytes())
    with confined.Decoders(60) as decoders:
        found = [decoders.digest(file.open("rb")) for file in (path, other, same)]
    assert found[0] == found[2] != found[1]
    assert found[0] == in_process.digest(path.open("rb"))


def test_no_digest_of_what_holds_no_sound(tmp_path):
    (tmp_path / "a.mp3").write_bytes(b"no sound" * 50)
    with confined.Decoders(60) as decoders, pytest.raises(NotAudio):
        decoders.digest((tmp_path / "a.mp3").open("rb"))


@pytest.mark.parametrize(
    "script",
    [
        "say(event='digest', sha256=5); say(event='done')",
        "say(event='digest', sha256='00'); say(event='done')",
        "say(event='done')",
        "say(event='digest', sha256='0' * 64); say(event='digest', sha256='0' * 64);"
        "say(event='done')",
        "say(event='samples', start_s=0, n=0)",
    ],
)
def test_a_digest_that_is_none_is_not_believed(play, script):
    play(script)
    with confined.Decoders(60) as decoders, pytest.raises(NotAudio):
        decoders.digest(BytesIO(b"x"))
