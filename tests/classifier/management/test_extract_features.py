"""extract_features on two made-up clips and a broken one."""

from __future__ import annotations

import pytest

from scripts.testbed import sound

pytestmark = pytest.mark.full


@pytest.fixture
def dataset(tmp_path):
    folder = tmp_path / "audio"
    folder.mkdir()
    sound.write(folder / "pop.00001.wav", sound.chord(3.0))
    (folder / "jazz.00054.wav").write_bytes(b"no sound")
    return folder


def test_it_says_what_it_did_and_what_it_could_not_read(run_command, dataset, tmp_path):
    out = tmp_path / "cache"
    options = ("--dataset", str(dataset), "--out", str(out), "--jobs", "1")
    first = run_command("extract_features", *options)
    assert first.code == 0
    assert "1 tracks (1 computed, 0 were there), 1 could not be read" in first.out
    (line,) = first.err.strip().splitlines()
    assert "jazz.00054.wav: " in line
    caches = {"logmel.npz", "musicnn_tags.npz", "yamnet_logits.npz"}
    assert {path.name for path in out.glob("*.npz")} == caches
    second = run_command("extract_features", *options)
    assert "(0 computed, 1 were there)" in second.out


def test_one_cache_alone_can_be_asked_for(run_command, dataset, tmp_path):
    out = tmp_path / "cache"
    run_command(
        "extract_features", "--dataset", str(dataset), "--out", str(out), "--only", "mel",
        "--jobs", "1",
    )  # fmt: skip
    assert {path.name for path in out.glob("*.npz")} == {"logmel.npz"}


def test_nothing_found_is_one_line_and_exit_code_2(run_command, tmp_path):
    for dataset in (tmp_path, tmp_path / "nowhere"):
        result = run_command(
            "extract_features", "--dataset", str(dataset), "--out", str(tmp_path / "cache")
        )
        assert result.code == 2
        assert len(result.err.strip().splitlines()) == 1
    assert not (tmp_path / "cache").exists()
