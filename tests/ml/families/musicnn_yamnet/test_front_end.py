from __future__ import annotations

import numpy as np
import pytest

from ml.audio.front_ends import LogMelFrontEnd
from ml.audio.yamnet_front_end import YamnetFrontEnd
from ml.families.musicnn_yamnet.front_end import TwoFrontEnds, spans_of

FRONT_ENDS = TwoFrontEnds(LogMelFrontEnd(), YamnetFrontEnd())


def noise(seconds: float, level: float = 0.1) -> np.ndarray:
    return np.random.default_rng(0).normal(0, level, int(16_000 * seconds)).astype(np.float32)


def test_each_patch_of_yamnet_lies_in_the_segment_that_has_its_middle():
    patches, starts_s = FRONT_ENDS.patches(noise(10), hop_frames=187)
    assert starts_s.tolist() == pytest.approx([0, 2.992, 5.984])
    assert patches.musicnn.shape == (3, 187, 96)
    middles_s = 0.48 + 0.48 * np.arange(len(patches.yamnet))
    for (first, last), start_s in zip(patches.spans, starts_s, strict=True):
        inside = (middles_s >= start_s) & (middles_s < start_s + 2.992)
        assert np.flatnonzero(inside).tolist() == list(range(first, last))
    # End to end, segments share no patch and leave none out between them.
    assert patches.spans[:-1, 1].tolist() == patches.spans[1:, 0].tolist()


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.9, 3.0])
def test_a_short_recording_has_one_segment_and_something_of_yamnet_in_it(seconds):
    patches, starts_s = FRONT_ENDS.patches(noise(seconds), hop_frames=187)
    assert starts_s.tolist() == [0]
    ((first, last),) = patches.spans
    assert 0 == first < last <= len(patches.yamnet)


def test_where_nothing_lies_in_a_stretch_the_nearest_is_taken():
    assert spans_of(np.array([0.0, 5.0]), 1.0, np.array([0.5])).tolist() == [[0, 1], [0, 1]]


def test_musicnn_hears_a_quiet_copy_raised_and_yamnet_as_it_is():
    quiet, _ = FRONT_ENDS.patches(noise(3.1, 0.01), hop_frames=187, raise_to_db=-20.0)
    loud, _ = FRONT_ENDS.patches(noise(3.1, 0.1), hop_frames=187, raise_to_db=-20.0)
    assert np.allclose(quiet.musicnn, loud.musicnn, atol=1e-2)
    assert np.median(loud.yamnet - quiet.yamnet) > 1
