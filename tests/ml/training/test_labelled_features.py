"""Features of a small folder of labelled recordings."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.data.labelled_cache import COLUMNS, read_labelled_cache
from ml.errors import DatasetError
from ml.inference.classifier import get_classifier
from ml.training.labelled_features import CACHE, extract, extract_labelled, find_files, windows_of
from scripts.testbed import sound

pytestmark = pytest.mark.full


def write_table(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, (*COLUMNS, "file", "note"), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def row(track: str, **values: str) -> dict[str, str]:
    defaults = {"role": "out", "kind": "tones", "label_strength": "A", "place": "home"}
    return {"track": track} | defaults | values


@pytest.fixture
def folder(tmp_path) -> Path:
    audio = tmp_path / "audio" / "deep"
    audio.mkdir(parents=True)
    sound.write(audio / "one.wav", sound.chord(4.0))
    sound.write(audio / "another name.mp3", sound.chord(7.0))
    (audio / "broken.wav").write_bytes(b"no sound")
    return tmp_path / "audio"


def test_the_cache_is_what_training_reads(folder, tmp_path):
    rows = [
        row("two", file="deep/another name.mp3", note="kept"),
        row("broken"),
        row("one", role="in", label="rock", kind=""),
    ]
    table, out = write_table(tmp_path / "table.csv", rows), tmp_path / "cache"
    done = extract_labelled(folder, table, out, jobs=1)
    assert (done.good, done.computed) == (["two", "one"], ["two", "one"])
    assert [path.name for path, _ in done.failed] == ["broken.wav"]
    cache = read_labelled_cache(out)
    assert cache.names == ["two", "one"]
    assert [len(tags) for tags in cache.tags] == [2, 1]
    assert cache.labels.tolist() == ["", "rock"]
    with np.load(out / "features.npz") as file:
        assert file["window_count"].tolist() == [1, 1]
        assert file["yamnet_logits"].shape == (2, 521)
    with (out / "tracks.csv").open() as file:
        reader = csv.DictReader(file)
        assert next(reader)["note"] == "kept"
        assert "file" not in reader.fieldnames
    assert extract_labelled(folder, table, out, jobs=1).kept == ["two", "one"]


def test_musicnn_hears_what_it_hears_at_serving(folder):
    path = folder / "deep/one.wav"
    classifier = get_classifier("musicnn-gtzan-2")
    tags = classifier.patch_tags(decode(path, rate_hz=classifier.rate_hz))
    assert np.allclose(extract(path)["musicnn_tags"], tags, atol=1e-3)
    assert CACHE.settings["raise_to_db"] == classifier.card.raise_to_db


def test_of_a_long_recording_three_windows_are_heard():
    whole = np.arange(40 * 100, dtype=np.float32)
    windows = windows_of(whole, 100)
    assert [len(window) for window in windows] == [1000, 1000, 1000]
    assert [window.mean() for window in windows] == pytest.approx([999.5, 1999.5, 2999.5])
    assert windows_of(whole[: 30 * 100], 100)[0].size == 30 * 100


def test_a_track_without_a_file_is_one_sentence(folder):
    for missing in (row("nowhere"), row("one", file="deep/two.wav")):
        with pytest.raises(DatasetError, match="has no audio of the track"):
            find_files(folder, [missing])
    with pytest.raises(DatasetError, match="not a folder"):
        find_files(folder / "nowhere", [row("one")])


def test_the_command_takes_a_table(run_command, folder, tmp_path):
    table = write_table(tmp_path / "table.csv", [row("one")])
    options = ("--dataset", str(folder), "--out", str(tmp_path / "out"), "--jobs", "1")
    result = run_command("extract_features", *options, "--table", str(table))
    assert result.code == 0
    assert "1 tracks (1 computed, 0 were there)" in result.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "features.npz", "tracks.csv", "parts",
    }  # fmt: skip
    both = run_command("extract_features", *options, "--table", str(table), "--only", "tags")
    assert both.code == 2
    assert "choose one" in both.err
