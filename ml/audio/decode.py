"""Decoding of audio files to mono float32 samples, within limits, by PyAV (no system ffmpeg).

The files may come from strangers. So: the container format is taken from a short list, no
protocol but the given file object is ever opened, decoders are for audio alone, and channels, rate
and the number of decoded samples are capped (2.4 MB of Opus can hold two hours). What strangers
sent is decoded by `ml.audio.confined`, which has the same functions and runs these in a process
that can do nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from io import RawIOBase
from itertools import chain, dropwhile
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from ml.audio.samples import MIN_DURATION_S, SILENCE_PEAK, check, join, too_long
from ml.errors import AudioError, NoSound, NotAudio, NotFinite, SilentAudio, TooCoarse, TooFine

# FFmpeg's names of the demuxers behind wav, mp3, flac, ogg/opus, m4a/aac, webm, au and aiff.
FORMATS = "wav,mp3,flac,ogg,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,aac,au,aiff,caf"
# FFmpeg's names of the decoders behind these. Probing a container opens a decoder for every stream,
# and a few covers of 16000 x 16000 pixels in an mp3 would take gigabytes, so none is for pictures.
CODECS = (
    "mp3,mp3float,mp2,mp2float,mp1,mp1float,flac,vorbis,opus,libopus,aac,aac_latm,alac,amrnb,amrwb,"
    "ac3,eac3,gsm,gsm_ms,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,qdm2,mace3,mace6,"
    "pcm_s8,pcm_u8,pcm_alaw,pcm_mulaw,pcm_s16le,pcm_s16be,pcm_u16le,pcm_u16be,pcm_s24le,pcm_s24be,"
    "pcm_u24le,pcm_u24be,pcm_s32le,pcm_s32be,pcm_u32le,pcm_u32be,pcm_f32le,pcm_f32be,pcm_f64le,"
    "pcm_f64be"
)
# Half of telephone quality. A file may claim one sample a second, and a few bytes of it would then
# decode to hours.
MIN_RATE_HZ = 4_000
# Above every format that music is sold in (7.1, DXD). More adds nothing but CPU time: 300 s of one
# value in eight channels at 655,350 Hz are a file of 112 KB.
MAX_CHANNELS = 8
MAX_RATE_HZ = 384_000
# Tags in an unknown encoding are no reason to refuse the audio. PyAV 19 does so by itself and has
# no such option.
TOLERANT: dict[str, Any] = (
    {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
)
# A download may have a few broken packets; more means that the file is no music.
MAX_BAD_PACKETS = 50


def decode(
    source: str | Path | BinaryIO | RawIOBase,
    *,
    rate_hz: int,
    max_duration_s: float = 900.0,
) -> np.ndarray:
    """Decode the first audio stream of a file.

    Parameters
    ----------
    source : path, or a seekable binary file object
    rate_hz : sampling rate of the result, Hz
    max_duration_s : longer recordings are refused, seconds

    Returns
    -------
    samples : np.ndarray [shape=(n,), dtype=float32], the mean of all channels, nominally in [-1, 1]

    Raises
    ------
    NotAudio : nothing in it can be decoded as audio, or not within the limits of this module
    AudioTooLong, AudioTooShort : more than `max_duration_s`, less than `MIN_DURATION_S`
    SilentAudio : the loudest sample is below -80 dBFS
    OSError : `source` is a path that cannot be read
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, (str, Path)):
            source = stack.enter_context(Path(source).open("rb"))
        return join(decode_blocks(source, rate_hz, max_duration_s), rate_hz)


def decode_blocks(
    source: BinaryIO | RawIOBase, rate_hz: int, max_duration_s: float
) -> Iterator[np.ndarray]:
    """Decode a recording block after block, as `decode` does.

    Yields
    ------
    np.ndarray [shape=(n,), dtype=float32], some milliseconds each

    Raises
    ------
    NotAudio, AudioTooLong : as `decode`
    """
    with _refusing():
        yield from _capped(_blocks(source, rate_hz), rate_hz, max_duration_s)


def decode_windows(
    source: BinaryIO | RawIOBase, *, starts_s: list[float], window_s: float, rate_hz: int
) -> list[tuple[float, np.ndarray]]:
    """Decode short windows of a long recording, seeking to each.

    Parameters
    ----------
    source : a seekable binary file object
    starts_s : where the windows begin, seconds
    window_s : duration of each, seconds
    rate_hz : sampling rate of the result, Hz

    Returns
    -------
    windows : (start in seconds, samples [shape=(n,), dtype=float32]) pairs; a window beyond the end
        is left out

    Raises
    ------
    NotAudio, SilentAudio : as `decode`
    TimeoutError : `source` raised it

    Notes
    -----
    A seek lands where the index of the file allows, in a WebM up to ten seconds early. The window
    then begins there, and its start says so: what would be dropped has to be fetched all the same.
    """
    windows = []
    for start_s in starts_s:
        source.seek(0)
        with _refusing():
            begins_s, samples = _window(source, rate_hz, start_s, window_s)
        if samples.size >= MIN_DURATION_S * rate_hz:
            windows.append((begins_s, samples))
    if not windows:
        raise NoSound("holds no sound")
    check(np.concatenate([samples for _, samples in windows]), rate_hz)
    return windows


def stream_windows(
    source: BinaryIO | RawIOBase, *, window_s: float, rate_hz: int, max_duration_s: float
) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a recording from its beginning, window after window, up to `max_duration_s`.

    One window at a time is held in memory. A recording that is longer than the limit is cut there
    and not refused.

    Parameters
    ----------
    source : a binary file object
    window_s : duration of a window, seconds
    rate_hz : sampling rate of the result, Hz
    max_duration_s : the limit, seconds

    Yields
    ------
    (start in seconds, samples [shape=(n,), dtype=float32])

    Raises
    ------
    NotAudio : nothing in it can be decoded as audio
    SilentAudio : no window was louder than -80 dBFS; raised after the last one
    """
    size, most = int(window_s * rate_hz), max_duration_s * rate_hz
    held, start, loud = np.zeros(0, np.float32), 0, False
    parts: list[np.ndarray] = []  # joined once a window: blocks are a few milliseconds long
    n_held = 0
    with _refusing():
        for block in _blocks(source, rate_hz):
            parts.append(block)
            n_held += block.size
            if n_held < size:
                continue
            held = np.concatenate(parts)
            while held.size >= size and start < most:
                window, held = held[:size], held[size:]
                loud = loud or float(np.abs(window).max()) >= SILENCE_PEAK
                yield start / rate_hz, window
                start += size
            parts, n_held = [held], held.size
            if start >= most:
                parts = []
                break
    held = np.concatenate([np.zeros(0, np.float32), *parts])
    if held.size >= MIN_DURATION_S * rate_hz:
        loud = loud or float(np.abs(held).max()) >= SILENCE_PEAK
        yield start / rate_hz, held
    elif not start:
        raise NoSound("holds no sound")
    if not loud:
        raise SilentAudio("silent: the loudest sample is below -80 dBFS")


def digest(source: BinaryIO | RawIOBase) -> str:
    """Compute a digest of the first audio stream as it is encoded, without decoding it.

    It stays the same when a file is moved, or when its tags, covers or container are changed by a
    program that leaves the sound alone.

    Parameters
    ----------
    source : a seekable binary file object

    Returns
    -------
    SHA-256 in hexadecimal, of the name of the codec and the bytes of all packets

    Raises
    ------
    NotAudio : there is no audio in it
    """
    found = hashlib.sha256()
    size = 0
    options = {"format_whitelist": FORMATS, "codec_whitelist": CODECS}
    with _refusing(), av.open(source, mode="r", options=options, **TOLERANT) as container:
        if container.streams.audio:
            stream = container.streams.audio[0]
            found.update(stream.codec.name.encode())
            for packet in container.demux(stream):
                found.update(packet)
                size += packet.size
    if not size:
        raise NoSound("holds no sound")
    return found.hexdigest()


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn whatever a file makes the decoder raise into NotAudio.

    Corrupt files were seen to raise IndexError, UnicodeDecodeError and PermissionError besides
    FFmpeg's own errors, among them an "out of memory" where a header claims absurd sizes.
    TimeoutError of the source and Python's own MemoryError are not the file's fault.
    """
    try:
        yield
    except av.error.MemoryError as exc:
        raise NotAudio("not audio that can be decoded") from exc
    except (TimeoutError, MemoryError, AudioError):
        raise
    except (av.error.FFmpegError, OSError, ValueError, LookupError) as exc:
        raise NotAudio("not audio that can be decoded") from exc


def _window(
    file: BinaryIO | RawIOBase, rate_hz: int, start_s: float, window_s: float
) -> tuple[float, np.ndarray]:
    # Where the index leads far before the start, decode on to about there.
    blocks = dropwhile(
        lambda block: block[0] < start_s - window_s, _timed_blocks(file, rate_hz, start_s)
    )
    begins_s, first = next(blocks, (start_s, np.zeros(0, np.float32)))
    samples = _first(chain([first], (block for _, block in blocks)), int(window_s * rate_hz))
    return round(max(0.0, begins_s), 3), samples


def _first(blocks: Iterator[np.ndarray], n: int) -> np.ndarray:
    """Take the first n samples of a stream of blocks; what follows is not decoded."""
    taken: list[np.ndarray] = []
    total = 0
    for block in blocks:
        taken.append(block)
        total += block.size
        if total >= n:
            break
    return np.concatenate(taken)[:n] if taken else np.zeros(0, np.float32)


def _capped(
    blocks: Iterator[np.ndarray], rate_hz: int, max_duration_s: float
) -> Iterator[np.ndarray]:
    total = 0
    for block in blocks:
        total += block.size
        if total > max_duration_s * rate_hz:
            raise too_long(max_duration_s)
        yield block


def _blocks(file: BinaryIO | RawIOBase, rate_hz: int) -> Iterator[np.ndarray]:
    """Yield mono blocks at `rate_hz`, [shape=(n,), dtype=float32]."""
    for _, block in _timed_blocks(file, rate_hz):
        yield block


def _timed_blocks(
    file: BinaryIO | RawIOBase, rate_hz: int, start_s: float = 0.0
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield (time in seconds, mono block), from `start_s` or some time before it on."""
    options = {"format_whitelist": FORMATS, "codec_whitelist": CODECS}
    with av.open(file, mode="r", options=options, **TOLERANT) as container:
        if not container.streams.audio:
            return
        stream = container.streams.audio[0]
        if decoder := stream.codec_context:  # none where FFmpeg has none for it
            _require_usual(decoder.sample_rate, decoder.channels)
        if start_s:
            container.seek(int(start_s / stream.time_base), stream=stream)
        # At the stream's own channel count: the channels are averaged below, because swresample's
        # own mixing to mono is 3 dB louder than the mean that training used. And packed: as an
        # array of planes, a frame of eight channels or more makes PyAV read where nothing is.
        resampler = av.AudioResampler(format="flt", rate=rate_hz)
        bad_packets = 0
        for packet in container.demux(stream):
            try:
                for frame in packet.decode():
                    # Again, as both may change within a file.
                    _require_usual(frame.sample_rate, frame.layout.nb_channels)
                    yield from _mono(resampler.resample(frame))
            except av.error.EOFError:
                break
            except av.error.InvalidDataError:
                bad_packets += 1
                if bad_packets > MAX_BAD_PACKETS:
                    raise
        with contextlib.suppress(ValueError, av.error.FFmpegError):
            yield from _mono(resampler.resample(None))  # the last samples, kept for filtering


def _require_usual(rate_hz: int, channels: int) -> None:
    """Refuse rates and numbers of channels that no music has; 0 is not known yet."""
    if 0 < rate_hz < MIN_RATE_HZ:
        raise TooCoarse(f"sampled at less than {MIN_RATE_HZ} Hz")
    if rate_hz > MAX_RATE_HZ or channels > MAX_CHANNELS:
        raise TooFine(f"more than {MAX_CHANNELS} channels or {MAX_RATE_HZ / 1000:g} kHz")


def _mono(frames: list[av.AudioFrame]) -> Iterator[tuple[float, np.ndarray]]:
    for frame in frames:
        channels = frame.to_ndarray().reshape(-1, frame.layout.nb_channels)
        block = channels.mean(axis=1, dtype=np.float32)
        if not np.isfinite(block).all():
            raise NotFinite("decodes to samples that are infinite or not a number")
        yield frame.time or 0.0, block
