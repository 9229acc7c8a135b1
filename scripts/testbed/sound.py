"""Small sounds made by arithmetic, and files of them in every format the site takes."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import soundfile

RATE_HZ = 22_050
# container suffix -> (PyAV format, encoder, sampling rate it takes)
FORMATS = {
    "wav": ("wav", "pcm_s16le", RATE_HZ),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "flac": ("flac", "flac", RATE_HZ),
    "ogg": ("ogg", "vorbis", RATE_HZ),
    "opus": ("ogg", "libopus", 48_000),
    "m4a": ("mp4", "aac", 44_100),
    "aac": ("adts", "aac", 44_100),
    "webm": ("webm", "libopus", 48_000),
}


def chord(seconds: float = 4.0, rate_hz: int = RATE_HZ, level: float = 0.2) -> np.ndarray:
    """An A minor chord, [shape=(n,), dtype=float32]."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    waves = [np.sin(2 * np.pi * hz * t) for hz in (220.0, 261.63, 329.63)]
    return (level * np.mean(waves, axis=0)).astype(np.float32)


def tone(seconds: float, hz: float, rate_hz: int = RATE_HZ, level: float = 0.2) -> np.ndarray:
    """A sine, [shape=(n,), dtype=float32]."""
    t = np.arange(int(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, channels: int = 1) -> Path:
    """Encode mono samples into the format that the suffix of `path` names."""
    if path.suffix == ".ogg":  # PyAV's wheels can read Vorbis but not write it
        soundfile.write(path, np.tile(samples[:, None], channels), rate_hz, subtype="VORBIS")
        return path
    container_format, codec, codec_rate = FORMATS[path.suffix[1:]]
    if path.suffix in {".wav", ".flac"}:
        codec_rate = rate_hz
    layout = {1: "mono", 2: "stereo"}[channels]
    with av.open(str(path), "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=codec_rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(
            np.tile(samples.astype(np.float32), (channels, 1)), format="fltp", layout=layout
        )
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            stream.format, layout, codec_rate, frame_size=stream.codec_context.frame_size or 1024
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path
