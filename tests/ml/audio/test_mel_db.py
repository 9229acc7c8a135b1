import librosa
import numpy as np
import pytest

from ml.audio.front_ends import MelDbFrontEnd, relative_db
from scripts.testbed import sound

pytestmark = pytest.mark.full

FRONT_END = MelDbFrontEnd()


def noise(seconds: float) -> np.ndarray:
    samples = np.random.default_rng(0).normal(0, 0.1, int(22_050 * seconds))
    return samples.astype(np.float32)


def test_the_spectrogram_is_librosas():
    samples = sound.chord(4.0)
    power = librosa.feature.melspectrogram(y=samples, sr=22_050, n_fft=2048, hop_length=1709)
    expected = librosa.power_to_db(power, ref=np.max, top_db=80).T
    spectrogram = FRONT_END.spectrogram(samples)
    assert spectrogram.dtype == np.float32
    assert spectrogram.shape == (1 + samples.size // 1709, 128)
    assert np.allclose(spectrogram, expected, atol=1e-2)
    assert spectrogram.max() == 0
    assert spectrogram.min() == -80


def test_long_recordings_join_without_a_seam(monkeypatch):
    whole = FRONT_END.spectrogram(noise(10))
    monkeypatch.setattr(MelDbFrontEnd, "block_frames", 20)
    assert np.allclose(FRONT_END.spectrogram(noise(10)), whole, atol=1e-3)


def test_loudness_does_not_matter():
    samples = noise(4)
    assert np.allclose(
        FRONT_END.spectrogram(samples), FRONT_END.spectrogram(samples / 50), atol=1e-2
    )


def test_silence_is_finite():
    assert np.array_equal(relative_db(np.zeros((3, 4))), np.zeros((3, 4)))


def test_patches_are_cut_in_order_with_their_times():
    patches, starts_s = FRONT_END.patches(noise(10), hop_frames=39)
    assert patches.shape == (3, 39, 128)
    assert patches.dtype == np.float32
    assert starts_s.tolist() == pytest.approx([0, FRONT_END.patch_s, 2 * FRONT_END.patch_s])
    assert FRONT_END.patch_s == pytest.approx(3.02, abs=0.01)
    assert np.array_equal(patches[1], FRONT_END.spectrogram(noise(10))[39:78])


def test_a_short_clip_is_repeated_until_it_fills_a_patch():
    patches, starts_s = FRONT_END.patches(noise(1), hop_frames=39)
    assert patches.shape == (1, 39, 128)
    assert starts_s.tolist() == [0]
    assert np.array_equal(patches[0, 13], patches[0, 0])


def test_it_survives_being_written_to_a_card():
    other = MelDbFrontEnd(patch_frames=78)
    assert MelDbFrontEnd(**other.to_dict()) == other
