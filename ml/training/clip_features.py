"""What the feature caches hold of one clip: its mel spectrogram and its MusiCNN tags.

The numbers are those of the caches that the shipped models were trained on.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path

import numpy as np

from ml.audio.decode import decode
from ml.audio.front_ends import LogMelFrontEnd, relative_db
from ml.errors import BundleError
from ml.registry.bundles import SHIPPED
from ml.tensorflow_import import import_tensorflow

MEL_RATE_HZ = 22_050
MEL_HOP = 512  # librosa's default, as is n_fft 2048; of these frames only every third or so is kept
MEL_COLUMNS = 387  # of a clip, 77.5 ms apart
CLIP_S = 30.0
TAG_HOP_FRAMES = 62  # about 1 s between patches of about 3 s
BATCH = 32  # patches the network hears at a time

# The numbers that features depend on, for each kind: others make other features.
SETTINGS = {
    "mel": {"rate_hz": MEL_RATE_HZ, "hop": MEL_HOP, "columns": MEL_COLUMNS, "clip_s": CLIP_S},
    "tags": {**LogMelFrontEnd().to_dict(), "hop_frames": TAG_HOP_FRAMES},
}
_one_at_a_time = threading.Lock()


def mel_features(path: Path) -> dict[str, np.ndarray]:
    """A clip's row of `logmel.npz`.

    A clip that is not about 30 s long is cut there, or repeated until it is: a column must be the
    same time in every clip.
    """
    import librosa

    samples = decode(path, rate_hz=MEL_RATE_HZ)
    if abs(samples.size / MEL_RATE_HZ - CLIP_S) > 1:
        samples = np.resize(samples, int(CLIP_S * MEL_RATE_HZ))
    power = librosa.feature.melspectrogram(y=samples, sr=MEL_RATE_HZ, hop_length=MEL_HOP)
    db = relative_db(power)
    columns = np.arange(MEL_COLUMNS) + 0.5
    columns = (columns * power.shape[1] / (MEL_COLUMNS + 0.5)).astype(int)
    return {
        "logmel_db": db[:, columns].astype(np.float16),
        "max_db": np.float32(10 * np.log10(power.max())),
        "floor_db": np.float32(db.min()),
        "n_frames": np.int32(power.shape[1]),
        "n_samples": np.int32(samples.size),
    }


def tag_features(path: Path) -> dict[str, np.ndarray]:
    """A clip's rows of `musicnn_tags.npz`: tags float32 (n_patches, 50)."""
    front_end = LogMelFrontEnd()
    samples = decode(path, rate_hz=front_end.rate_hz)
    patches, _ = front_end.patches(samples, hop_frames=TAG_HOP_FRAMES)
    with _one_at_a_time:
        network = _tagger()
    # In batches, so that a whole song takes no more memory than a clip.
    batches = [patches[i : i + BATCH] for i in range(0, len(patches), BATCH)]
    tags = [np.asarray(network(batch)["tags"], np.float32) for batch in batches]
    return {"tags": np.concatenate(tags)}


@cache
def _tagger():
    """MusiCNN out of a bundle, the one that serves if it has tags; loaded once a process."""
    import_tensorflow()
    import keras

    from ml.families.musicnn import network as architectures  # noqa: F401  registers the layers the saved model refers to

    card = next((card for card in (SHIPPED.card(), *SHIPPED.cards()) if card.tags), None)
    if card is None:
        raise BundleError("No model at hand has tags: MusiCNN's are taken from a bundle.")
    return keras.saving.load_model(card.model_path, compile=False)
