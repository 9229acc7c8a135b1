import subprocess
import sys

import librosa
import numpy as np
import pytest

from classifier.results import spectrogram as picture
from ml.audio.front_ends import LogMelFrontEnd, MelDbFrontEnd
from ml.audio.mel_bands import hann, mel_bands, mel_frequencies
from scripts.testbed import sound

pytestmark = pytest.mark.full

FRONT_ENDS = {
    "musicnn": LogMelFrontEnd(),
    "mel-cnn": MelDbFrontEnd(),
    "a page's picture": LogMelFrontEnd(
        rate_hz=16_000, n_fft=picture.N_FFT, hop_length=picture.HOP, n_mels=picture.N_MELS
    ),
}
each_front_end = pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)


@each_front_end
def test_bands_are_librosas(front_end):
    settings = front_end.rate_hz, front_end.n_fft, front_end.n_mels
    expected = librosa.filters.mel(sr=settings[0], n_fft=settings[1], n_mels=settings[2])
    bands = mel_bands(*settings)
    assert bands.dtype == np.float32
    assert np.allclose(bands, expected, rtol=1e-5, atol=1e-9)


@each_front_end
def test_power_in_them_is_librosas(front_end):
    samples = sound.chord(4.0, rate_hz=front_end.rate_hz)
    expected = librosa.feature.melspectrogram(
        y=samples,
        sr=front_end.rate_hz,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        pad_mode="constant",
    ).T
    power = np.concatenate(list(front_end.mel_power(samples)))
    assert power.dtype == np.float32
    # Below the float32 rounding of the loudest bins both are noise.
    assert np.allclose(power, expected, rtol=1e-5, atol=1e-7 * float(expected.max()))


def test_corners_are_librosas():
    expected = librosa.mel_frequencies(n_mels=98, fmin=0.0, fmax=8000.0)
    assert np.allclose(mel_frequencies(98, 8000.0), expected, rtol=1e-12)


def test_the_window_is_librosas():
    assert np.allclose(hann(400), librosa.filters.get_window("hann", 400), atol=1e-7)


def test_front_ends_need_neither_librosa_nor_scipy():
    code = (
        "import sys, numpy as np\n"
        "from ml.audio.front_ends import LogMelFrontEnd\n"
        "from ml.audio.yamnet_front_end import YamnetFrontEnd\n"
        "samples = np.ones(32_000, np.float32)\n"
        "LogMelFrontEnd().spectrogram(samples), YamnetFrontEnd().spectrogram(samples)\n"
        "print(sorted({'librosa', 'numba', 'scipy', 'sklearn'} & set(sys.modules)))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
