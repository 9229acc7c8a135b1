"""Sound files as YouTube serves them, with the index in front, and as others make them."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

# Options of FFmpeg's mp4 muxer. DASH is YouTube's own way: `moov` and an index (`sidx`) first, then
# a fragment for every ten seconds, and nothing after the last.
DASH = {
    "movflags": "+dash+delay_moov+global_sidx+skip_trailer",
    "frag_duration": "10000000",
}
FASTSTART = {"movflags": "+faststart"}
INDEX_LAST: dict[str, str] = {}
NO_INDEX = {"movflags": "+empty_moov+default_base_moof+skip_trailer", "frag_duration": "10000000"}
# And of its WebM muxer: the index (`Cues`) in front, then a cluster for every ten seconds.
WEBM_RATE_HZ = 48_000  # the only one that FFmpeg's Opus encoder and YouTube use
WEBM = {
    "dash": "1",
    "cues_to_front": "1",
    "cluster_time_limit": "10000",
    "cluster_size_limit": "16000000",
}


def m4a(
    samples: np.ndarray,
    rate_hz: int,
    *,
    seconds: float,
    bit_rate: int = 128_000,
    options: dict[str, str] = DASH,
) -> bytes:
    """Samples, [shape=(channels, n), dtype=float32], as AAC, looped to `seconds`."""
    return _encode("mp4", "aac", samples, rate_hz, seconds, bit_rate, options)


def webm(samples: np.ndarray, *, seconds: float, bit_rate: int = 64_000) -> bytes:
    """Samples at 48 kHz, [shape=(channels, n), dtype=float32], as Opus, looped to `seconds`."""
    return _encode("webm", "libopus", samples, WEBM_RATE_HZ, seconds, bit_rate, WEBM)


def _encode(
    container_format: str,
    codec: str,
    samples: np.ndarray,
    rate_hz: int,
    seconds: float,
    bit_rate: int,
    options: dict[str, str],
) -> bytes:
    """The sound is encoded once and its packets are repeated, so an hour costs hardly more than a
    minute.
    """
    layout = {1: "mono", 2: "stereo"}[samples.shape[0]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song"  # the index is written last and moved to the front
        with av.open(str(path), "w", format=container_format, options=options) as container:
            stream = container.add_stream(codec, rate=rate_hz, layout=layout)
            stream.bit_rate = bit_rate
            packets = _packets(stream, samples, rate_hz, layout)
            _mux_looped(container, packets, round(seconds * rate_hz))
        return path.read_bytes()


def _packets(stream, samples: np.ndarray, rate_hz: int, layout: str) -> list[av.Packet]:
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, np.float32), format="fltp", layout=layout
    )
    frame.sample_rate, frame.pts = rate_hz, 0
    frame.time_base = Fraction(1, rate_hz)
    codec = stream.codec_context
    codec.open()
    resampler = av.AudioResampler(codec.format, layout, rate_hz, frame_size=codec.frame_size)
    packets = []
    for piece in [*resampler.resample(frame), *resampler.resample(None)]:
        packets += stream.encode(piece)
    # The last packet is cut or filled up, and would be heard in every loop.
    return (packets + stream.encode(None))[:-1]


def _mux_looped(container, packets: list[av.Packet], total: int) -> None:
    """Packets again and again until `total` samples are there."""
    step = packets[0].duration
    stream, time_base = packets[0].stream, packets[0].time_base
    contents = [bytes(packet) for packet in packets]
    first = packets[0].pts
    for index in range(max(1, total // step)):
        packet = av.Packet(contents[index % len(contents)])
        packet.stream = stream
        packet.time_base = time_base
        packet.pts = packet.dts = first + index * step
        packet.duration = step
        packet.is_keyframe = True
        container.mux(packet)


def read(path: Path, rate_hz: int = 44_100) -> np.ndarray:
    """A whole file, [shape=(2, n), dtype=float32]."""
    resampler = av.AudioResampler("fltp", "stereo", rate_hz)
    with av.open(str(path)) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
