"""The from-scratch network on clips a child could tell apart: each genre is one loud band."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.data.feature_cache import Clips, load_clips
from ml.data.folds import grouped_folds
from ml.data.gtzan import GENRES
from ml.errors import DatasetError, MLError
from ml.families.mel_cnn.config import MelCnnConfig
from ml.families.mel_cnn.segments import cut, valid_rows
from ml.families.mel_cnn.training import predict_logits, train
from ml.families.mel_cnn.validation import cross_validate

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[4]
TINY = MelCnnConfig(
    filters=(4, 4, 8, 16), dense=16, mel_pool=1, patch_frames=16, crops=4, dropout=0.1,
    time_mask=2, frequency_mask=2, batch_size=16, learning_rate=1e-2, epochs=4,
)  # fmt: skip

BRIEF = MelCnnConfig.from_recipe(TINY.to_dict() | {"filters": [2, 2, 4, 4], "epochs": 2})


def make_clips(artists: int = 4, seed: int = 0) -> Clips:
    """Two clips an artist, 40 frames of 32 bands; genre g is loud in bands 3g to 3g + 2."""
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(10), artists * 2)
    mel_db = rng.uniform(-70, -40, (len(y), 40, 32))
    for clip, genre in zip(mel_db, y, strict=True):
        clip[:, genre * 3 : genre * 3 + 3] = rng.uniform(-15, 0, (40, 3))
    return Clips(
        names=[f"clip {i}" for i in range(len(y))],
        mel_db=mel_db.astype(np.float16),
        y=y,
        groups=[f"artist {i // 2}" for i in range(len(y))],
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def trained(folder):
    return train(TINY, make_clips(), folder, report=lambda _: None)


def weights(model) -> np.ndarray:
    return np.concatenate([array.ravel() for array in model.get_weights()])


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """The losses that TensorBoard would draw."""
    import tensorflow as tf

    return {
        (value.tag, event.step): float(tf.make_ndarray(value.tensor))
        for file in folder.rglob("events.*")
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
        if value.tag == "epoch_loss" and value.metadata.plugin_data.plugin_name == "scalars"
    }


def test_it_learns_what_can_be_learned(trained):
    unheard = make_clips(seed=1)
    logits = predict_logits(trained.model, unheard.mel_db)
    assert (logits.argmax(axis=1) == unheard.y).mean() > 0.9
    losses = [row["loss"] for row in trained.report["history"]]
    assert losses[-1] < losses[0]


def test_a_clips_logits_are_the_mean_of_its_segments(trained):
    clips = make_clips(seed=2)
    segments = cut(clips.mel_db[:3], 16).astype(np.float32)
    assert segments.shape == (3, 2, 16, 32)
    one_by_one = [trained.model(clip)["genre_logits"].numpy().mean(axis=0) for clip in segments]
    assert np.allclose(predict_logits(trained.model, clips.mel_db[:3]), one_by_one, atol=1e-4)


def test_one_seed_gives_one_network(trained, tmp_path):
    again = train(TINY, make_clips(), tmp_path / "again", report=lambda _: None)
    other = train(TINY, make_clips(), tmp_path / "other", seed=1, report=lambda _: None)
    assert np.array_equal(weights(trained.model), weights(again.model))
    assert trained.report == again.report
    assert not np.array_equal(weights(trained.model), weights(other.model))


def test_a_killed_training_goes_on_and_ends_as_one_that_was_not(trained, tmp_path):
    code = (
        "from pathlib import Path;"
        "from tests.ml.families.mel_cnn.test_training import TINY, make_clips, train;"
        "say = lambda line: print(line, flush=True);"
        f"train(TINY, make_clips(), Path({str(tmp_path)!r}), report=say)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("epoch 2 "):
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait(timeout=60) == -signal.SIGKILL
    process.stdout.close()
    said = []
    resumed = train(TINY, make_clips(), tmp_path, report=said.append)
    assert said[0].startswith("going on after epoch ")
    assert [row["epoch"] for row in resumed.report["history"]] == [1, 2, 3, 4]
    assert np.array_equal(weights(resumed.model), weights(trained.model))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5
    assert len(list(tmp_path.glob("*.weights.h5"))) == 1  # older ones are gone


def test_a_finished_training_is_not_done_again(folder, trained):
    said = []
    again = train(TINY, make_clips(), folder, report=said.append)
    assert said == ["going on after epoch 4"]
    assert np.array_equal(weights(again.model), weights(trained.model))


def test_a_folder_of_another_training_is_refused(folder, trained):
    for config, clips, seed in (
        (BRIEF, make_clips(), 0),
        (TINY, make_clips(seed=5), 0),
        (TINY, make_clips(), 1),
    ):
        with pytest.raises(MLError, match="another recipe, seed or data"):
            train(config, clips, folder, seed=seed)


@pytest.mark.training
def test_it_begins_anew_where_that_is_wanted(tmp_path):
    (tmp_path / "state.json").write_text("left over")
    with pytest.raises(MLError, match="cannot be read"):
        train(BRIEF, make_clips(), tmp_path)
    anew = train(BRIEF, make_clips(), tmp_path, resume=False, report=lambda _: None)
    assert anew.report["epochs"] == 2


def test_tensorboard_gets_the_losses(tmp_path):
    pytest.importorskip("tensorboard")
    done = train(BRIEF, make_clips(), tmp_path, tensorboard=True, report=lambda _: None)
    assert scalars(tmp_path / "tensorboard") == {
        ("epoch_loss", row["epoch"]): pytest.approx(row["loss"]) for row in done.report["history"]
    }


def test_tensorboard_without_its_package_is_one_sentence(tmp_path, monkeypatch):
    from ml.families.mel_cnn import progress

    monkeypatch.setattr(progress, "find_spec", lambda name: None)
    with pytest.raises(MLError, match="need the package 'tensorboard'"):
        train(BRIEF, make_clips(), tmp_path, tensorboard=True)


@pytest.mark.training
def test_early_stopping_continues_where_it_was(tmp_path):
    """A finished history is told again, and stops the training at the same epoch."""
    config = MelCnnConfig.from_recipe(
        TINY.to_dict()
        | {"valid_share": 0.25, "patience": 1, "epochs": 30, "learning_rate": 0.3, "crops": 1}
    )
    done = train(config, make_clips(), tmp_path, report=lambda _: None)
    log = (tmp_path / "log.csv").read_text()
    assert log.splitlines()[0] == "epoch,loss,valid_loss,valid_accuracy,seconds"
    said = []
    again = train(config, make_clips(), tmp_path, report=said.append)
    assert said == [f"going on after epoch {done.report['epochs']}"]
    assert again.report == done.report
    assert np.array_equal(weights(again.model), weights(done.model))
    assert (tmp_path / "log.csv").read_text() == log


@pytest.mark.training
def test_it_stops_early_and_keeps_the_best_epoch(tmp_path):
    # Steps this long cannot converge, so some epoch is soon no better than the one before.
    config = MelCnnConfig.from_recipe(
        TINY.to_dict()
        | {"valid_share": 0.25, "patience": 1, "epochs": 30, "learning_rate": 0.3, "crops": 1}
    )
    done = train(config, make_clips(), tmp_path, report=lambda _: None)
    losses = [row["valid_loss"] for row in done.report["history"]]
    assert done.report["epochs"] < 30
    assert done.report["best_epoch"] == int(np.argmin(losses)) + 1


def test_early_stopping_listens_to_artists_it_does_not_learn_from():
    clips = make_clips()
    learn, stop = valid_rows(clips, 0.25, seed=0)
    assert len(stop) == len(clips) // 4
    assert not {clips.groups[i] for i in learn} & {clips.groups[i] for i in stop}


@pytest.mark.training
def test_two_devices_train_in_step(tmp_path):
    code = (
        "import tensorflow as tf;"
        "cpu = tf.config.list_physical_devices('CPU')[0];"
        "halves = [tf.config.LogicalDeviceConfiguration()] * 2;"
        "tf.config.set_logical_device_configuration(cpu, halves);"
        "from pathlib import Path;"
        "from tests.ml.families.mel_cnn.test_training import BRIEF, make_clips, train;"
        "from ml.families.mel_cnn.training import mirrored;"
        "strategy = mirrored(['CPU:0', 'CPU:1']);"
        "print('replicas', strategy.num_replicas_in_sync);"
        f"train(BRIEF, make_clips(), Path({str(tmp_path)!r}), strategy=strategy)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "replicas 2"
    losses = [float(line.split()[3]) for line in lines[1:]]
    assert len(losses) == BRIEF.epochs
    assert losses[-1] < losses[0]


def test_the_saved_network_needs_nothing_of_this_package(trained, tmp_path):
    import keras

    trained.model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    patch = make_clips().mel_db[:1, :16].astype(np.float32)
    outputs = loaded(patch)
    assert set(outputs) == {"genre_logits"}
    assert outputs["genre_logits"].shape == (1, len(GENRES))
    assert np.allclose(outputs["genre_logits"], trained.model(patch)["genre_logits"])


@pytest.mark.training
def test_cross_validation_judges_each_clip_by_networks_that_never_heard_its_artist(tmp_path):
    clips = make_clips()
    splits = grouped_folds(clips.y, clips.groups, n_folds=2, seed=0)
    for learn, held in splits:
        assert not {clips.groups[i] for i in learn} & {clips.groups[i] for i in held}
    assert sorted(np.concatenate([held for _, held in splits])) == list(range(len(clips)))
    said = []
    logits = cross_validate(BRIEF, clips, n_folds=2, out=tmp_path, report=said.append)
    assert len(said) == 2
    assert not (logits == 0).all(axis=1).any()
    first, held = splits[0]
    alone = train(BRIEF, clips.take(first), tmp_path / "alone", report=lambda _: None)
    assert np.allclose(logits[held], predict_logits(alone.model, clips.mel_db[held]), atol=1e-4)


def test_the_lineage_is_four_convolutions_and_two_dense_layers():
    from keras import layers

    from ml.families.mel_cnn.network import build

    for config in (MelCnnConfig(), MelCnnConfig(pooling="flatten", batch_norm=False, mel_pool=1)):
        model = build(config)
        kinds = [type(layer) for layer in model.layers]
        assert kinds.count(layers.Conv2D) == 4
        assert kinds.count(layers.Dense) == 2
        assert model.input_shape == (None, config.patch_frames, 128)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"layers": 3}, "no setting 'layers'"),
        ({"filters": [8, 8]}, "at least 4 items"),
        ({"pooling": "max"}, "'average' or 'flatten'"),
        ({"epochs": 0}, "greater than 0"),
        ({"patch_frames": 8}, "greater than or equal to 16"),
        ({"dropout": 1.0}, "less than 1"),
        ({"epochs": "many"}, "valid integer"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_one_sentence(table, words):
    with pytest.raises(MLError, match=words):
        MelCnnConfig.from_recipe(table)


def test_a_recipe_survives_being_written_to_a_card():
    assert MelCnnConfig.from_recipe(TINY.to_dict()) == TINY


def test_clips_come_out_of_the_cache_with_time_first(tmp_path):
    rng = np.random.default_rng(0)
    mel_db = rng.uniform(-80, 0, (3, 128, 387)).astype(np.float16)
    names = ["rock.00001", "blues.00007", "jazz.00003"]
    np.savez(tmp_path / "logmel.npz", logmel_db=mel_db, track=names)
    clips = load_clips(tmp_path, ["blues.00007", "pop.00000", "rock.00001"])
    assert clips.names == ["blues.00007", "rock.00001"]
    assert clips.y.tolist() == [GENRES.index("blues"), GENRES.index("rock")]
    assert np.array_equal(clips.mel_db[0], mel_db[1].T)


def test_a_cache_that_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(DatasetError, match=r"logmel\.npz"):
        load_clips(tmp_path, ["blues.00000"])
    (tmp_path / "logmel.npz").write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(DatasetError, match="not a cache"):
        load_clips(tmp_path, ["blues.00000"])
