"""Extraction from a small dataset of made-up sounds, named as GTZAN's tracks are."""

from __future__ import annotations

import sys
from pathlib import Path

import librosa
import numpy as np
import pytest

from ml.data.feature_cache import load_clips, load_examples
from ml.errors import DatasetError, MLError
from ml.families.mel_cnn import features as mel_cnn
from ml.families.musicnn import features as musicnn
from ml.training.extraction import extract, find_tracks
from scripts.testbed import sound

pytestmark = pytest.mark.full


@pytest.fixture
def dataset(tmp_path) -> Path:
    """Kaggle's layout: three clips, one of them broken as its jazz.00054 is."""
    root = tmp_path / "Data" / "genres_original"
    for i, name in enumerate(["blues.00000", "rock.00007"]):
        folder = root / name.split(".")[0]
        folder.mkdir(parents=True)
        sound.write(folder / f"{name}.wav", sound.chord(4.0, level=0.2 + 0.1 * i))
    (root / "jazz").mkdir()
    (root / "jazz" / "jazz.00054.wav").write_bytes(b"RIFF and then nothing of use" * 40)
    (root / "blues" / "._blues.00001.wav").write_bytes(b"left by macOS")
    (tmp_path / "Data" / "features_30_sec.csv").write_text("filename\n")
    return tmp_path / "Data"


def test_tracks_are_found_in_every_usual_layout(tmp_path):
    for layout, suffix in (("genres/metal", "au"), ("genres_original/pop", "mp3"), (".", "opus")):
        folder = tmp_path / layout
        folder.mkdir(parents=True, exist_ok=True)
        genre = folder.name if layout != "." else "disco"
        (folder / f"{genre}.00003.{suffix}").touch()
    (tmp_path / "notes.wav").touch()
    (tmp_path / "polka.00001.wav").touch()
    assert list(find_tracks(tmp_path)) == ["disco.00003", "metal.00003", "pop.00003"]


def test_no_track_at_all_is_one_sentence(tmp_path):
    with pytest.raises(DatasetError, match=r"like blues\.00042\.wav"):
        find_tracks(tmp_path)
    with pytest.raises(DatasetError, match="not a folder"):
        find_tracks(tmp_path / "nowhere")


def test_the_caches_are_what_training_reads(dataset, tmp_path):
    out = tmp_path / "cache"
    done = extract(dataset, out, jobs=1)
    assert done.computed == ["blues.00000", "rock.00007"]
    ((broken, reason),) = done.failed
    assert broken.name == "jazz.00054.wav"
    assert "decoded" in reason

    examples = load_examples(out, ["rock.00007", "blues.00000", "jazz.00054"])
    assert examples.names == ["rock.00007", "blues.00000"]
    assert all(tags.shape[1] == 50 for tags in examples.tags)
    clips = load_clips(out, ["blues.00000", "rock.00007"])
    assert clips.mel_db.shape == (2, 387, 128)
    with np.load(out / "logmel.npz") as mel, np.load(out / "musicnn_tags.npz") as tags:
        assert mel["logmel_db"].dtype == np.float16
        # The second clip is 3.52 dB louder, which the relative spectrogram does not show.
        assert np.abs(np.diff(mel["logmel_db"].astype(float), axis=0)).max() < 0.5
        assert tags["tags"].shape == (len(tags["track"]), 50)


def test_a_clips_columns_are_frames_of_librosas(tmp_path):
    samples = np.random.default_rng(0).normal(0, 0.1, 30 * sound.RATE_HZ).astype(np.float32)
    path = sound.write(tmp_path / "noise.wav", samples)
    features = mel_cnn.extract(path)
    read, _ = librosa.load(path, sr=sound.RATE_HZ)
    whole = librosa.power_to_db(librosa.feature.melspectrogram(y=read), ref=np.max)
    frames = [int((c + 0.5) * whole.shape[1] / 387.5) for c in range(387)]
    assert np.allclose(features["logmel_db"], whole[:, frames], atol=0.1)


def test_patches_of_tags_are_a_second_apart(tmp_path):
    path = sound.write(tmp_path / "chord.wav", sound.chord(6.0))
    tags = musicnn.extract(path)["tags"]
    # 6 s are 375 frames of 16 ms: patches of 187 begin at 0, 62, 124 and 186.
    assert tags.shape == (4, 50)
    assert tags.dtype == np.float32
    assert tags.min() >= 0
    assert tags.max() <= 1


def test_a_second_run_computes_only_what_is_missing_or_has_changed(dataset, tmp_path):
    out = tmp_path / "cache"

    def run():
        return extract(dataset, out, kinds=("mel",), jobs=1)

    assert run().computed == ["blues.00000", "rock.00007"]
    second = run()
    assert (second.computed, second.kept) == ([], ["blues.00000", "rock.00007"])
    rock = dataset / "genres_original" / "rock" / "rock.00007.wav"
    sound.write(rock, sound.chord(5.0, level=0.05))
    (out / "parts" / "blues.00000.mel.npz").write_bytes(b"PK\x03\x04 cut off in the middle")
    third = run()
    assert (third.computed, third.kept) == (["blues.00000", "rock.00007"], [])
    assert not list(out.rglob(".draft-*"))


def test_an_interrupted_run_leaves_what_it_had(dataset, tmp_path):
    out = tmp_path / "cache"

    def stop_after_one(results, total):
        assert total == 3
        yield next(iter(results))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        extract(dataset, out, kinds=("mel",), jobs=1, progress=stop_after_one)
    assert not (out / "logmel.npz").exists()
    done = extract(dataset, out, kinds=("mel",), jobs=1)
    assert done.kept == ["blues.00000"]
    assert done.computed == ["rock.00007"]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_two_workers_give_what_one_gives(dataset, tmp_path, backend):
    extract(dataset, tmp_path / "one", kinds=("mel",), jobs=1)
    extract(dataset, tmp_path / "two", kinds=("mel",), jobs=2, backend=backend)
    with (
        np.load(tmp_path / "one" / "logmel.npz") as one,
        np.load(tmp_path / "two" / "logmel.npz") as two,
    ):
        assert all(np.array_equal(one[key], two[key]) for key in one)


def test_a_dask_cluster_of_two_processes_does_the_work(dataset, tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        done = extract(
            dataset,
            tmp_path / "cache",
            kinds=("mel",),
            jobs=2,
            backend="dask",
            scheduler=cluster.scheduler_address,
        )
    assert done.computed == ["blues.00000", "rock.00007"]
    assert [path.name for path, _ in done.failed] == ["jazz.00054.wav"]
    assert load_clips(tmp_path / "cache", ["rock.00007"]).mel_db.shape == (1, 387, 128)


def test_a_missing_cluster_package_is_one_sentence(dataset, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MLError, match="needs the package 'ray'"):
        extract(dataset, tmp_path / "cache", backend="ray")


def test_nothing_readable_is_one_sentence(tmp_path):
    (tmp_path / "blues.00000.wav").write_bytes(b"")
    with pytest.raises(DatasetError, match="None of the 1 tracks"):
        extract(tmp_path, tmp_path / "cache", jobs=1)
