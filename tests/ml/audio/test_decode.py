import subprocess
import sys
from io import BytesIO, RawIOBase
from pathlib import Path

import av
import numpy as np
import pytest

from ml.audio.decode import decode, decode_windows
from ml.errors import AudioTooLong, AudioTooShort, NotAudio, SilentAudio, TooFine
from scripts.testbed import attacks, sound

RATE_HZ = 16_000


@pytest.mark.parametrize("suffix", sound.FORMATS)
def test_it_decodes_every_format_to_the_same_sound(tmp_path, suffix):
    path = sound.write(tmp_path / f"song.{suffix}", sound.chord(4.0))
    samples = decode(path, rate_hz=RATE_HZ)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert samples.size == pytest.approx(4.0 * RATE_HZ, rel=0.05)
    # The strongest frequency is one of the three that were played, at the level they had.
    spectrum = np.abs(np.fft.rfft(samples[:RATE_HZ]))
    assert int(spectrum.argmax()) in {220, 262, 330}
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(0.0816, rel=0.1)


class Stream(RawIOBase):
    """As a browser records: what is written is sent on, and no header is filled in later."""

    def __init__(self):
        self.sent = b""

    def writable(self):
        return True

    def write(self, data):
        self.sent += bytes(data)
        return len(data)


@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("webm", "libopus", {"live": "1"}),  # Chromium, Firefox
        ("ogg", "libopus", {}),  # Firefox
        ("mp4", "aac", {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}),  # Safari
        ("mp4", "libopus", {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}),
    ],
)
def test_it_decodes_what_browsers_record(container, codec, options):
    stream = Stream()
    with av.open(stream, "w", format=container, options=options) as output:
        track = output.add_stream(codec, rate=48_000, layout="mono")
        samples = sound.tone(10, 440, 48_000)
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = 48_000
        size = track.codec_context.frame_size or 960
        for piece in av.AudioResampler(track.format, "mono", 48_000, size).resample(frame):
            output.mux(track.encode(piece))
        output.mux(track.encode(None))
    heard = decode(BytesIO(stream.sent), rate_hz=RATE_HZ)
    assert heard.size == pytest.approx(10 * RATE_HZ, rel=0.02)
    assert int(np.abs(np.fft.rfft(heard[:RATE_HZ])).argmax()) == 440


def test_stereo_is_averaged_not_summed(tmp_path):
    mono = decode(sound.write(tmp_path / "mono.wav", sound.chord()), rate_hz=RATE_HZ)
    stereo = decode(sound.write(tmp_path / "two.wav", sound.chord(), channels=2), rate_hz=RATE_HZ)
    assert np.allclose(mono, stereo, atol=1e-3)


def test_it_takes_telephone_quality(tmp_path):
    path = sound.write(tmp_path / "low.wav", sound.chord(3.0, rate_hz=8_000), rate_hz=8_000)
    assert decode(path, rate_hz=RATE_HZ).size == pytest.approx(3.0 * RATE_HZ, rel=0.01)


def test_it_reads_from_an_open_file(tmp_path):
    path = sound.write(tmp_path / "song.wav", sound.chord(2.0))
    from_file = decode(BytesIO(path.read_bytes()), rate_hz=RATE_HZ)
    assert np.array_equal(from_file, decode(path, rate_hz=RATE_HZ))


@pytest.mark.parametrize(
    "content", [b"", b"not audio at all", b"RIFF\x00\x00\x00\x00WAVE", bytes(range(256)) * 40]
)
def test_it_refuses_what_is_no_audio(content):
    with pytest.raises(NotAudio):
        decode(BytesIO(content), rate_hz=RATE_HZ)


def test_it_opens_no_other_file_for_a_playlist(tmp_path):
    song = sound.write(tmp_path / "song.wav", sound.chord())
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(f"#EXTM3U\n#EXTINF:4,\nfile://{song}\n#EXT-X-ENDLIST\n")
    concat = tmp_path / "list.txt"
    concat.write_text(f"ffconcat version 1.0\nfile {song}\n")
    for path in (playlist, concat):
        with pytest.raises(NotAudio):
            decode(path, rate_hz=RATE_HZ)


def test_tags_in_an_unknown_encoding_do_not_matter(tmp_path):
    wav = sound.write(tmp_path / "song.wav", sound.chord(2.0)).read_bytes()
    title = b"INAM" + (6).to_bytes(4, "little") + b"caf\xe9\xff\x00"
    info = b"LIST" + (4 + len(title)).to_bytes(4, "little") + b"INFO" + title
    tagged = wav[:4] + (len(wav) - 8 + len(info)).to_bytes(4, "little") + wav[8:] + info
    assert decode(BytesIO(tagged), rate_hz=RATE_HZ).size == pytest.approx(2 * RATE_HZ, rel=0.01)


def test_it_keeps_what_a_truncated_file_still_holds(tmp_path):
    path = sound.write(tmp_path / "song.mp3", sound.chord(8.0))
    whole = path.read_bytes()
    samples = decode(BytesIO(whole[: len(whole) // 2]), rate_hz=RATE_HZ)
    assert 3.0 * RATE_HZ < samples.size < 5.0 * RATE_HZ


def test_it_refuses_silence(tmp_path):
    with pytest.raises(SilentAudio):
        decode(sound.write(tmp_path / "quiet.wav", np.zeros(RATE_HZ * 3)), rate_hz=RATE_HZ)


def test_it_refuses_less_than_a_second(tmp_path):
    with pytest.raises(AudioTooShort):
        decode(sound.write(tmp_path / "blip.wav", sound.chord(0.5)), rate_hz=RATE_HZ)


def test_it_stops_decoding_at_the_limit(tmp_path):
    path = sound.write(tmp_path / "long.wav", sound.chord(30.0))
    with pytest.raises(AudioTooLong, match=r"limit of 0.25 minutes"):
        decode(path, rate_hz=RATE_HZ, max_duration_s=15)


def test_mutated_files_are_refused_or_decoded_but_never_crash(tmp_path):
    rng = np.random.default_rng(7)
    outcomes = set()
    for suffix in sound.FORMATS:
        whole = bytearray(sound.write(tmp_path / f"song.{suffix}", sound.chord(2.0)).read_bytes())
        for _ in range(12):
            mutated = bytearray(whole)
            for at in rng.integers(0, len(mutated), 40):
                mutated[at] = rng.integers(256)
            try:
                decode(BytesIO(bytes(mutated)), rate_hz=RATE_HZ, max_duration_s=60)
                outcomes.add("decoded")
            except (NotAudio, AudioTooShort, SilentAudio, AudioTooLong):
                outcomes.add("refused")
    assert outcomes == {"decoded", "refused"}


def test_windows_are_the_same_sound_as_the_whole(tmp_path):
    rng = np.random.default_rng(1)
    noise = (0.1 * rng.standard_normal(sound.RATE_HZ * 20)).astype(np.float32)
    path = sound.write(tmp_path / "noise.flac", noise)
    whole = decode(path, rate_hz=RATE_HZ)
    with path.open("rb") as file:
        windows = decode_windows(file, starts_s=[0, 8, 30], window_s=3, rate_hz=RATE_HZ)
    starts = [start for start, _ in windows]
    assert starts == pytest.approx([0, 8], abs=0.2)  # nothing is there at 30 s
    for start, samples in windows:
        assert samples.size == 3 * RATE_HZ
        # Seeking lands on a packet; the window says where, to a millisecond.
        lags = range(-RATE_HZ // 500, RATE_HZ // 500)
        at = int(start * RATE_HZ)
        best = max(
            np.corrcoef(samples, whole[max(0, at - lag) :][: samples.size])[0, 1] for lag in lags
        )
        assert best > 0.5


def test_huge_covers_are_not_decoded(tmp_path):
    """Two covers of 64 million pixels each; decoded they would take half a gigabyte."""
    path = attacks.covers(tmp_path / "covers.mp3", 2)
    code = (
        "import resource, sys; from ml.audio.decode import decode;"
        "decode(sys.argv[2], rate_hz=16000);"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "n = decode(sys.argv[1], rate_hz=16000).size;"
        "print(n, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    plain = sound.write(tmp_path / "plain.mp3", sound.chord(3.0))
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(plain)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    n, megabytes = map(int, done.stdout.split())
    assert n == pytest.approx(3 * 16_000, abs=2_000)
    assert megabytes < 50


def test_a_header_that_claims_absurd_sizes_is_no_audio(tmp_path):
    """FFmpeg runs out of memory at it, which is the file's fault and not the server's."""
    with pytest.raises(NotAudio):
        decode(attacks.absurd_rate(tmp_path / "absurd.wav"), rate_hz=RATE_HZ)


@pytest.mark.parametrize(
    ("rate_hz", "layout"), [(655_350, "7.1"), (400_000, "mono"), (48_000, "hexadecagonal")]
)
def test_more_channels_or_a_higher_rate_than_music_has_are_refused(tmp_path, rate_hz, layout):
    codec = {"hexadecagonal": "wav"}.get(layout, "flac")
    path = attacks.many_samples(tmp_path / f"many.{codec}", 1.5, rate_hz, layout)
    with pytest.raises(TooFine):
        decode(path, rate_hz=RATE_HZ)


@pytest.mark.parametrize(("rate_hz", "layout"), [(384_000, "stereo"), (48_000, "7.1")])
def test_the_most_that_music_has_is_decoded(tmp_path, rate_hz, layout):
    path = attacks.many_samples(tmp_path / "many.flac", 1.5, rate_hz, layout)
    samples = decode(path, rate_hz=RATE_HZ)
    assert samples.size == pytest.approx(1.5 * RATE_HZ, abs=2)
    assert np.median(samples) == pytest.approx(1000 / 2**15, rel=1e-3)
