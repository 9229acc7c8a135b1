import librosa
import numpy as np
import pytest

from ml.audio.front_ends import LogMelFrontEnd
from scripts.testbed import sound

pytestmark = pytest.mark.full

FRONT_END = LogMelFrontEnd()


def test_the_spectrogram_is_librosas():
    samples = sound.chord(3.0, rate_hz=16_000)
    expected = librosa.feature.melspectrogram(
        y=samples, sr=16_000, n_fft=512, hop_length=256, n_mels=96, center=True, pad_mode="constant"
    ).T
    spectrogram = FRONT_END.spectrogram(samples)
    assert spectrogram.dtype == np.float32
    assert spectrogram.shape == (1 + samples.size // 256, 96)
    assert np.allclose(spectrogram, np.log10(10_000 * expected + 1), atol=1e-5)


def test_long_recordings_join_without_a_seam(monkeypatch):
    samples = np.random.default_rng(0).normal(0, 0.1, 16_000 * 5).astype(np.float32)
    whole = FRONT_END.spectrogram(samples)
    monkeypatch.setattr(LogMelFrontEnd, "block_frames", 50)
    assert np.allclose(FRONT_END.spectrogram(samples), whole, atol=1e-6)


def test_loud_clips_do_not_overflow():
    # The original's float16 did: every tag vector was the same then.
    loud = np.sign(np.sin(np.arange(16_000 * 4) * 0.2)).astype(np.float32)
    assert np.isfinite(FRONT_END.spectrogram(loud)).all()


def test_patches_are_cut_in_order_with_their_times():
    samples = np.random.default_rng(0).normal(0, 0.1, 16_000 * 10).astype(np.float32)
    patches, starts_s = FRONT_END.patches(samples, hop_frames=187)
    assert patches.shape == (3, 187, 96)
    assert starts_s.tolist() == pytest.approx([0, 2.992, 5.984])
    assert np.array_equal(patches[1], FRONT_END.spectrogram(samples)[187:374])


def test_a_short_clip_is_repeated_until_it_fills_a_patch():
    samples = sound.chord(1.0, rate_hz=16_000)
    patches, starts_s = FRONT_END.patches(samples, hop_frames=187)
    spectrogram = FRONT_END.spectrogram(samples)
    assert patches.shape == (1, 187, 96)
    assert starts_s.tolist() == [0]
    assert np.array_equal(patches[0, : len(spectrogram)], spectrogram)
    assert np.array_equal(patches[0, len(spectrogram)], spectrogram[0])


def test_it_survives_being_written_to_a_card():
    other = LogMelFrontEnd(rate_hz=22_050, n_mels=128)
    assert LogMelFrontEnd(**other.to_dict()) == other
