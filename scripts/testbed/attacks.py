"""Small files that make a decoder work hard: what was seen to take gigabytes or minutes."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import av
import numpy as np

from scripts.testbed import sound

RATE_HZ = 44_100


def box(kind: bytes, *content: bytes) -> bytes:
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def words(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def _track(number: int, samples: int) -> bytes:
    """A track of AAC whose tables say that it has so many samples."""
    matrix = words(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    audio = b"\0" * 6 + struct.pack(">HIIHHHHI", 1, 0, 0, 2, 16, 0, 0, RATE_HZ << 16)
    table = box(
        b"stbl",
        box(b"stsd", words(0, 1), box(b"mp4a", audio)),
        box(b"stts", words(0, 1, samples, 1024)),
        box(b"stsc", words(0, 1, 1, samples, 1)),
        box(b"stsz", words(0, 1, samples)),  # one byte each: so no list of sizes is needed
        box(b"stco", words(0, 1, 8192)),
    )
    handler = box(b"hdlr", words(0, 0), b"soun", words(0, 0, 0), b"\0")
    media = box(
        b"mdia",
        box(b"mdhd", words(0, 0, 0, RATE_HZ, 0xFFFFFF, 0)),
        handler,
        box(b"minf", box(b"smhd", words(0, 0)), table),
    )
    head = words(7, 0, 0, number, 0, 0xFFFFFF, 0, 0, 0, 0x01000000) + matrix + words(0, 0)
    return box(b"trak", box(b"tkhd", head), media)


def huge_index(path: Path, samples: int, tracks: int = 1) -> Path:
    """An m4a of 20 KB whose index, unpacked, has an entry for each of millions of samples."""
    head = words(0, 0, 0, 1000, 1000, 0x10000, 0x01000000, 0, 0, *[0] * 15, tracks + 1)
    moov = box(b"moov", box(b"mvhd", head), *(_track(1 + i, samples) for i in range(tracks)))
    start = box(b"ftyp", b"M4A ", words(0), b"M4A ") + moov
    path.write_bytes(start + box(b"mdat", bytes(20_000 - len(start))))
    return path


def packed_moov(path: Path, size: int) -> Path:
    """A mov whose table of contents is so many zeros, packed a thousand to one."""
    packer = zlib.compressobj(1)
    block = bytes(1 << 20)
    data = b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()
    packed = box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", words(size), data))
    path.write_bytes(box(b"ftyp", b"qt  ", words(0), b"qt  ") + box(b"moov", packed))
    return path


def png(size: int) -> bytes:
    """A picture of size x size pixels, all the same: some hundred bytes a megabyte of pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(4 * size + 1)) for _ in range(size)) + packer.flush()
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def covers(path: Path, number: int, size: int = 8000) -> Path:
    """An mp3 of three seconds with covers of size x size pixels."""
    cover = b"\0image/png\0\3\0" + png(size)
    frames = number * (b"APIC" + struct.pack(">I", len(cover)) + b"\0\0" + cover)
    length = bytes(len(frames) >> shift & 127 for shift in (21, 14, 7, 0))
    song = sound.write(path.with_suffix(".plain.mp3"), sound.chord(3.0)).read_bytes()
    path.write_bytes(b"ID3\3\0\0" + length + frames + song)
    return path


def many_samples(path: Path, seconds: float, rate_hz: int = 655_350, layout: str = "7.1") -> Path:
    """A flac of one value, in eight channels at the highest rate there is: 1 KB a second."""
    with av.open(str(path), "w") as container:
        codec = {".flac": "flac", ".wav": "pcm_s16le"}[path.suffix]
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        channels = stream.codec_context.channels
        left = int(seconds * rate_hz)
        while left > 0:
            n = min(left, 1 << 16)
            values = np.full((1, n * channels), 1000, np.int16)
            frame = av.AudioFrame.from_ndarray(values, format="s16", layout=layout)
            frame.sample_rate = rate_hz
            container.mux(stream.encode(frame))
            left -= n
        container.mux(stream.encode(None))
    return path


def absurd_rate(path: Path, size: int = 2_000_000) -> Path:
    """A wav that claims two thousand million samples a second: FFmpeg runs out of memory at it."""
    rate = 2**31 - 1
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8)
    path.write_bytes(head + struct.pack("<4sI", b"data", size) + bytes(size))
    return path
