from __future__ import annotations

import numpy as np
import pytest

from ml.audio import yamnet_front_end
from ml.audio.decode import decode
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.tensorflow_import import import_tensorflow
from tests.ml.demo_tracks import DEMO_TRACKS

pytestmark = pytest.mark.full

FRONT_END = YamnetFrontEnd()


def tensorflows_spectrogram(samples: np.ndarray) -> np.ndarray:
    import_tensorflow()
    import tensorflow as tf

    magnitude = tf.abs(tf.signal.stft(samples, 400, 160, 512))
    bands = tf.signal.linear_to_mel_weight_matrix(64, 257, 16_000, 125.0, 7_500.0)
    return tf.math.log(magnitude @ bands + 0.001).numpy()


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, int(16_000 * seconds)).astype(np.float32)


@pytest.mark.parametrize("track", DEMO_TRACKS[:3], ids=lambda path: path.stem)
def test_the_spectrogram_is_tensorflows(track):
    samples = decode(track, rate_hz=16_000)[: 16_000 * 10]
    spectrogram = FRONT_END.spectrogram(samples)
    assert spectrogram.dtype == np.float32
    # Where a band is nearly silent, the logarithm makes rounding visible.
    difference = np.abs(spectrogram - tensorflows_spectrogram(samples))
    assert difference.max() < 2e-4
    assert np.quantile(difference, 0.999) < 3e-5


def test_long_recordings_join_without_a_seam(monkeypatch):
    whole = FRONT_END.spectrogram(noise(3))
    monkeypatch.setattr(yamnet_front_end, "BLOCK_FRAMES", 50)
    assert np.allclose(FRONT_END.spectrogram(noise(3)), whole, atol=1e-6)


def test_patches_overlap_by_half_and_come_with_their_times():
    patches, starts_s = FRONT_END.patches(noise(3))
    assert patches.shape == (5, 96, 64)
    assert starts_s.tolist() == pytest.approx([0, 0.48, 0.96, 1.44, 1.92])
    assert np.array_equal(patches[1], FRONT_END.spectrogram(noise(3))[48:144])


@pytest.mark.parametrize("n", [0, 10, 8_000])
def test_what_is_shorter_than_a_patch_is_followed_by_silence(n):
    patches, starts_s = FRONT_END.patches(noise(1)[:n])
    assert patches.shape == (1, 96, 64)
    assert starts_s.tolist() == [0]
    assert patches[0, -1] == pytest.approx(np.log(0.001))
