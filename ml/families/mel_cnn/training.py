"""Training a mel-cnn, epoch by epoch, with a checkpoint after each."""

from __future__ import annotations

import contextlib
import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.feature_cache import Clips
from ml.data.gtzan import GENRES
from ml.tensorflow_import import import_tensorflow

from . import augmentation, checkpoint
from .config import MelCnnConfig
from .segments import cut, valid_rows

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

BATCH = 256  # segments a call of the network in validation


@dataclass(frozen=True)
class TrainedCnn:
    """A trained network and the report of its training.

    Attributes
    ----------
    model : (batch, patch_frames, mels) in dB -> {"genre_logits": (batch, n_genres)}
    report : plain values ready for JSON
    """

    model: keras.Model
    report: dict[str, Any]


def train(
    config: MelCnnConfig,
    clips: Clips,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = True,
    strategy: tf.distribute.Strategy | None = None,
    tensorboard: bool = False,
    report: Callable[[str], object] = print,
) -> TrainedCnn:
    """Train a network on clips, from scratch.

    An epoch is a function of the seed and its number, so a run that was killed and continues ends
    with the same weights as one that was not.

    Parameters
    ----------
    out : folder for the checkpoint and log.csv
    resume : continue a training that lies there; False begins anew
    strategy : how each batch is divided among devices, e.g. of `mirrored`
    tensorboard : also write the learning curves to `out/tensorboard`, for that program
    report : is called with a line of text an epoch

    Raises
    ------
    MLError : `out` holds a training of another recipe, seed or data; or `tensorboard` is wanted
        and its package missing
    """
    import_tensorflow()
    from .progress import Progress

    out.mkdir(parents=True, exist_ok=True)
    if not resume:
        (out / checkpoint.STATE).unlink(missing_ok=True)
    state = checkpoint.read(out, _recipe(config, clips, seed))
    learn_rows, stop_rows = valid_rows(clips, config.valid_share, seed)
    learn, stop = clips.take(learn_rows), clips.take(stop_rows)

    model = _compiled(config, learn.mel_db.shape, seed, strategy)
    if state.epoch:
        model.load_weights(out / state.last_weights)
        report(f"going on after epoch {state.epoch}")
    measured = ("valid_loss", "valid_accuracy") if len(stop) else ()
    progress = Progress(
        model,
        out,
        state.history,
        columns=("loss", *measured, "seconds"),
        patience=config.patience if len(stop) else None,
        tensorboard=tensorboard,
    )
    with contextlib.closing(progress):
        while state.epoch < config.epochs and not model.stop_training:
            row = _train_epoch(config, model, learn, stop, seed=seed, epoch=state.epoch)
            state.history.append(row)
            progress.tell(row)
            state.best_epoch = progress.best_epoch(state.epoch)
            checkpoint.write(out, state, model)
            report(" ".join(f"{name} {value}" for name, value in row.items()))
    model.load_weights(out / state.best_weights)
    return TrainedCnn(model, _report(config, clips, seed, state))


def epoch_examples(
    config: MelCnnConfig, clips: Clips, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Make the segments and targets of one epoch.

    Returns
    -------
    x : np.ndarray [shape=(n, patch_frames, mels), dtype=float32], dB
    y : np.ndarray [shape=(n, n_genres), dtype=float32], rows sum to 1
    """
    frames = config.patch_frames
    if config.crops:
        x, owners = augmentation.random_crops(clips.mel_db, rng, count=config.crops, frames=frames)
    else:
        pieces = cut(clips.mel_db, frames)
        order = rng.permutation(pieces.shape[0] * pieces.shape[1])
        x = pieces.reshape(-1, *pieces.shape[2:])[order].astype(np.float32)
        owners = order // pieces.shape[1]
    y = np.eye(len(GENRES), dtype=np.float32)[clips.y[owners]]
    if config.gain_db:
        x = augmentation.shift_level(x, rng, gain_db=config.gain_db)
    if config.time_mask or config.frequency_mask:
        x = augmentation.mask(x, rng, time=config.time_mask, frequency=config.frequency_mask)
    return x, y


def predict_segments(model: keras.Model, mel_db: np.ndarray) -> np.ndarray:
    """Compute the logits of the segments of clips.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n, frames, mels)], dB

    Returns
    -------
    np.ndarray [shape=(n, n_segments, n_genres), dtype=float64]
    """
    segments = cut(mel_db, model.input_shape[1])
    n, count = segments.shape[:2]
    flat = segments.reshape(-1, *segments.shape[2:])
    # Called, not model.predict: that would trace a graph anew for each network of a validation.
    logits = [
        np.asarray(model(flat[i : i + BATCH].astype(np.float32), training=False)["genre_logits"])
        for i in range(0, len(flat), BATCH)
    ]
    return np.concatenate(logits).reshape(n, count, -1).astype(np.float64)


def predict_logits(model: keras.Model, mel_db: np.ndarray) -> np.ndarray:
    """Compute the logits of clips, the mean over their segments as at serving.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n, frames, mels)], dB

    Returns
    -------
    np.ndarray [shape=(n, n_genres), dtype=float64]
    """
    return predict_segments(model, mel_db).mean(axis=1)


def mirrored(devices: list[str] | None = None) -> tf.distribute.Strategy:
    """Make a strategy with a replica of the network on each device, updated in step.

    Parameters
    ----------
    devices : TensorFlow's names; None takes all GPUs
    """
    import_tensorflow()
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices)


def _compiled(
    config: MelCnnConfig,
    shape: tuple[int, int, int],
    seed: int,
    strategy: tf.distribute.Strategy | None,
) -> keras.Model:
    """Build a network with its optimizer, for clips of a shape (n, frames, mels)."""
    import keras
    import tensorflow as tf

    from .network import build

    n_clips, clip_frames, n_mels = shape
    keras.utils.set_random_seed(seed)
    per_clip = config.crops or clip_frames // config.patch_frames
    with (strategy or tf.distribute.get_strategy()).scope():
        model = build(config, n_mels, len(GENRES))
        steps = math.ceil(n_clips * per_clip / config.batch_size) * config.epochs
        model.compile(
            optimizer=keras.optimizers.AdamW(
                keras.optimizers.schedules.CosineDecay(config.learning_rate, steps),
                weight_decay=config.weight_decay,
            ),
            loss=keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=config.label_smoothing
            ),
        )
        model.optimizer.build(model.trainable_variables)
    return model


def _seed_dropout(model: keras.Model, seed: int, epoch: int) -> None:
    """Seed dropout for an epoch.

    Saved weights do not hold the state of the random numbers, so each epoch has a seed of its own.
    """
    for i, layer in enumerate(model.layers):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            generator.state.assign([seed + i, epoch << 16])


def _train_epoch(
    config: MelCnnConfig, model: keras.Model, learn: Clips, stop: Clips, *, seed: int, epoch: int
) -> dict[str, Any]:
    """Train one epoch, numbered from 0, and validate; return its row of the history."""
    started = time.perf_counter()
    x, y = epoch_examples(config, learn, np.random.default_rng((seed, epoch)))
    _seed_dropout(model, seed, epoch)
    fitted = model.fit(x, y, batch_size=config.batch_size, shuffle=False, verbose=0)
    row = {"epoch": epoch + 1, "loss": round(fitted.history["loss"][-1], 5)}
    if len(stop):
        row |= _validate(model, stop)
    return row | {"seconds": round(time.perf_counter() - started, 2)}


def _validate(model: keras.Model, clips: Clips) -> dict[str, Any]:
    from scipy.special import log_softmax

    log_p = log_softmax(predict_logits(model, clips.mel_db), axis=1)
    return {
        "valid_loss": round(-float(log_p[np.arange(len(clips)), clips.y].mean()), 5),
        "valid_accuracy": round(float((log_p.argmax(axis=1) == clips.y).mean()), 4),
    }


def _recipe(config: MelCnnConfig, clips: Clips, seed: int) -> dict[str, Any]:
    data = hashlib.sha256(clips.mel_db.tobytes())
    data.update("\n".join(clips.names).encode())
    return {"config": config.to_dict(), "seed": seed, "data_sha256": data.hexdigest()}


def _report(
    config: MelCnnConfig, clips: Clips, seed: int, state: checkpoint.State
) -> dict[str, Any]:
    return {
        "n_tracks": len(clips),
        "n_artists": len(set(clips.groups)),
        "seed": seed,
        "config": config.to_dict(),
        "epochs": state.epoch,
        "best_epoch": state.best_epoch,
        # Without the seconds: two runs by one recipe then report the same.
        "history": [{k: v for k, v in row.items() if k != "seconds"} for row in state.history],
    }
