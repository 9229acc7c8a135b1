"""Robustness: accuracy on clips that were coded, resampled, made noisy or cut."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, cast

import av
import numpy as np
from scipy.signal import butter, fftconvolve, resample_poly, sosfilt

from ml.audio.decode import decode
from ml.data.gtzan import tracks
from ml.errors import DatasetError
from ml.families.base import linear_head_of
from ml.inference.classifier import Classifier
from ml.metrics.intervals import wilson_interval

from .phone_recording import AS_IT_IS, PHONE_RECORDING

# container, encoder, sampling rate that the encoder takes (Hz), bits a second
CODECS = {
    "mp3, 64 kbit/s": ("mp3", "libmp3lame", 44_100, 64_000),
    "mp3, 32 kbit/s": ("mp3", "libmp3lame", 22_050, 32_000),
    "opus, 48 kbit/s": ("ogg", "libopus", 48_000, 48_000),
    "opus, 16 kbit/s": ("ogg", "libopus", 48_000, 16_000),
    "aac, 128 kbit/s": ("adts", "aac", 44_100, 128_000),
}

PHONE_S = 10.0
PHONE_BAND_HZ = (150.0, 7000.0)
PHONE_ROOM_S = 0.4
PHONE_SNR_DB = 20.0
PHONE_DRIVE = 1.5
PHONE_CODEC = ("webm", "libopus", 48_000, 32_000)

Change = Callable[[np.ndarray, int], np.ndarray]
Judge = Callable[[str, np.ndarray], tuple[str, bool]]


def changes() -> dict[str, Change]:
    """Return the changes by name, each (samples, rate in Hz) -> samples."""
    return {
        AS_IT_IS: lambda samples, rate_hz: samples,
        **{name: _coder(*codec) for name, codec in CODECS.items()},
        # Pitch and tempo change together, as on a tape.
        "played 3 % faster": lambda samples, rate_hz: resample_poly(samples, 100, 103),
        "played 3 % slower": lambda samples, rate_hz: resample_poly(samples, 100, 97),
        "white noise, 20 dB below": lambda samples, rate_hz: _noisy(samples, 20.0),
        "12 dB louder, clipped": lambda samples, rate_hz: np.clip(samples * _gain(12), -1, 1),
        "12 dB softer": lambda samples, rate_hz: samples * _gain(-12),
        "first 10 s only": lambda samples, rate_hz: samples[: 10 * rate_hz],
        "telephone band, 300 to 3400 Hz": lambda samples, rate_hz: _band(
            samples, rate_hz, 300.0, 3400.0
        ),
        "small speaker in a room, by a phone": _by_phone,
        PHONE_RECORDING: phone_recording,
    }


def measure(
    clips: Mapping[str, np.ndarray],
    rate_hz: int,
    judge: Judge,
    report: Callable[[str], object] = print,
) -> dict[str, Any]:
    """Measure the accuracy under each change.

    Parameters
    ----------
    clips : track name -> samples [shape=(n,), dtype=float32], mono at `rate_hz`
    judge : (track name, samples) -> the predicted genre, and whether the clip is refused as none of
        the ten
    report : is told the result of each change

    Returns
    -------
    {n, changes {name: {right, accuracy, accuracy_ci95, same_answer, refused}}}, plain numbers;
    same_answer is the share of clips with the same answer as unchanged
    """
    known = tracks()
    rows: dict[str, dict[str, Any]] = {}
    plain: list[str] = []
    for name, change in changes().items():
        answers = [
            judge(track, change(samples, rate_hz).astype(np.float32))
            for track, samples in clips.items()
        ]
        said = [genre for genre, _ in answers]
        plain = plain or said
        right = sum(genre == known[track].genre for genre, track in zip(said, clips, strict=True))
        rows[name] = {
            "right": right,
            "accuracy": round(right / len(clips), 4),
            "accuracy_ci95": [round(bound, 4) for bound in wilson_interval(right, len(clips))],
            "same_answer": round(float(np.mean(np.array(said) == np.array(plain))), 4),
            "refused": sum(refused for _, refused in answers),
        }
        report(f"{name}: {right} of {len(clips)}")
    return {"n": len(clips), "changes": rows}


def out_of_fold_judge(
    classifier: Classifier, heads: Mapping[str, tuple[np.ndarray, np.ndarray]]
) -> Judge:
    """Judge each track by a head trained without its artist; the network below is the same.

    Parameters
    ----------
    heads : track name -> kernel [shape=(n_tags, n_genres)] and bias [shape=(n_genres,)], from
        `held_out_heads` of the musicnn family; a track that has none was in no training, and is
        judged by the classifier's own

    Raises
    ------
    DatasetError : the model has no linear head
    """
    own = linear_head_of(classifier.card)
    if own is None:
        raise DatasetError(f"{classifier.card.model_id} has no head that could be trained anew.")

    def judge(track: str, samples: np.ndarray) -> tuple[str, bool]:
        tags = classifier.patch_tags(samples)
        kernel, bias = heads.get(track, (own.kernel, own.bias))
        logits = own.features(tags).mean(axis=0) @ kernel + bias
        refused = classifier.refuses(classifier.ood_score(tags))
        return classifier.card.labels[int(logits.argmax())], refused

    return judge


def phone_recording(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Record the first ten seconds as a phone would that hears them from a loudspeaker.

    In this order: a band of 150 to 7000 Hz, at 24 dB an octave; overdriven a little (tanh, at 1.5
    times the peak); a room whose sound falls by 60 dB in 0.4 s, as loud as what comes straight;
    pink and white noise, half of each, 20 dB below; Opus at 32 kbit/s.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`

    Returns
    -------
    np.ndarray [shape=(m,), dtype=float32], mono at `rate_hz`, ten seconds at most

    Notes
    -----
    The band is that of hands-free terminals for wideband speech (ITU-T P.341). A room of 0.4 s is
    the average living room of IEC 60268-13, and of the BBC's 16 living rooms with 0.35 to 0.45 s
    (F. A. Everest, Master Handbook of Acoustics). Noise that decays exponentially stands for its
    reflections (J. A. Moorer, About This Reverberation Business, 1979). 32 kbit/s is within what
    RFC 6716, 2.1.1, names for speech of full bandwidth (28 to 40), and less than for music (48 to
    64). How loud noise, reflections and distortion are is a choice, on which much depends.
    """
    played = _band(samples[: int(PHONE_S * rate_hz)], rate_hz, *PHONE_BAND_HZ)
    peak = max(float(np.abs(played).max()), 1e-9)
    played = np.tanh(PHONE_DRIVE * played / peak) * peak / PHONE_DRIVE
    heard = played + fftconvolve(played, _reflections(rate_hz, PHONE_ROOM_S))[: played.size]
    white = np.random.default_rng(2).normal(size=heard.size)
    noise = white / np.std(white) + _pink(heard.size, rate_hz)
    noise *= np.sqrt(np.mean(heard**2) / np.mean(noise**2)) * _gain(-PHONE_SNR_DB)
    # A phone's own level control leaves room above the loudest moment.
    recorded = heard + noise
    recorded *= min(1.0, 0.9 / max(float(np.abs(recorded).max()), 1e-9))
    return recode(recorded.astype(np.float32), rate_hz, *PHONE_CODEC)[: int(PHONE_S * rate_hz)]


def recode(
    samples: np.ndarray, rate_hz: int, container: str, codec: str, codec_rate_hz: int, bit_rate: int
) -> np.ndarray:
    """Encode in memory and decode again; the codec's delay of some milliseconds stays in.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,), dtype=float32], mono at `rate_hz`
    container, codec : FFmpeg's names
    codec_rate_hz : sampling rate of the encoder, Hz
    bit_rate : bits a second

    Returns
    -------
    np.ndarray [shape=(m,), dtype=float32], mono at `rate_hz`
    """
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        # add_stream is annotated for streams of any kind, since the codec is a plain string.
        stream = cast(av.AudioStream, output.add_stream(codec, rate=codec_rate_hz, layout="mono"))
        stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None], np.float32), format="fltp", layout="mono"
        )
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            stream.format, "mono", codec_rate_hz, frame_size=stream.codec_context.frame_size or 1024
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    file.seek(0)
    return decode(file, rate_hz=rate_hz)


def _coder(container: str, codec: str, codec_rate_hz: int, bit_rate: int) -> Change:
    return lambda samples, rate_hz: recode(
        samples, rate_hz, container, codec, codec_rate_hz, bit_rate
    )


def _noisy(samples: np.ndarray, snr_db: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(size=samples.size)
    return samples + noise * np.sqrt(np.mean(samples**2)) * _gain(-snr_db)


def _band(samples: np.ndarray, rate_hz: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Let a band pass, 24 dB an octave."""
    high_hz = min(high_hz, 0.49 * rate_hz)
    return sosfilt(butter(4, [low_hz, high_hz], "bandpass", fs=rate_hz, output="sos"), samples)


def _by_phone(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """As a phone records a small speaker in a room.

    The speaker has no bass, the room answers for 0.4 s (to -60 dB), as loud as the direct sound,
    and its noise is 25 dB below.
    """
    small = _band(samples, rate_hz, 250.0, 7000.0)
    room = _reflections(rate_hz, 0.4)
    return _noisy(small + fftconvolve(small, room)[: small.size], 25.0)


def _reflections(rate_hz: int, rt60_s: float) -> np.ndarray:
    """Return noise that falls by 60 dB in `rt60_s`, with the energy of one sample of 1."""
    time_s = np.arange(int(rt60_s * rate_hz)) / rate_hz
    room = np.random.default_rng(1).normal(size=time_s.size) * 10 ** (-3 * time_s / rt60_s)
    return room / np.sqrt(np.sum(room**2))


def _pink(n: int, rate_hz: int) -> np.ndarray:
    """Return noise whose power falls with frequency, 3 dB an octave from 20 Hz on."""
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=n))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(n, 1 / rate_hz), 20.0))
    noise = np.fft.irfft(spectrum, n)
    return noise / np.std(noise)


def _gain(db: float) -> float:
    return 10 ** (db / 20)
