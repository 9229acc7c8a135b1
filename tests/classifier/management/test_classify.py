"""manage.py classify, with the real model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.audio import confined
from ml.errors import DecoderDied
from ml.registry.bundles import SHIPPED
from scripts.testbed import attacks, sound

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def folder(tmp_path):
    for name in ("a song.wav", "naïve 'quoted' 夜.mp3", "sub/telephone.wav"):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        low = "telephone" in name
        rate_hz = 8_000 if low else sound.RATE_HZ
        sound.write(path, sound.chord(7.0, rate_hz=rate_hz), rate_hz=rate_hz)
    return tmp_path / "music"


def test_a_folder_gives_one_json_line_a_track(run_command, folder, capsys):
    result = run_command("classify", str(folder), "--json", "--top", "3")
    assert result.code == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [Path(row["path"]).name for row in rows] == [
        "a song.wav",
        "naïve 'quoted' 夜.mp3",
        "telephone.wav",
    ]
    labels = set(SHIPPED.card().labels)
    for row in rows:
        assert list(row) == [
            "path", "genre", "confidence", "none_of_the_ten", "is_music", "sounds_like", "top",
            "segments", "model", "seconds",
        ]  # fmt: skip
        assert row["genre"] == row["top"][0]["genre"]
        assert row["confidence"] == row["top"][0]["probability"]
        assert len(row["top"]) == 3
        assert {item["genre"] for item in row["top"]} <= labels
        assert len(row["segments"]) == 2
        assert sum(row["segments"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-3)


def test_text_is_one_line_a_track(run_command, folder, capsys):
    for name, end in (("a song.wav", "no music"), ("one-needle-shuffle.mp3", " %")):
        track = str((ROOT / "classifier" / "library" if name.endswith(".mp3") else folder) / name)
        run_command("classify", track, "--top", "1")
        (line,) = capsys.readouterr().out.splitlines()
        path, _, answer = line.rpartition(": ")
        assert path == track
        assert answer.endswith(end)  # the first is a tone


def test_a_broken_file_is_one_line_and_the_rest_go_on(run_command, folder, capsys):
    (folder / "broken.mp3").write_bytes(b"no audio")
    (folder / "empty.ogg").touch()
    result = run_command("classify", str(folder), str(folder / "missing.wav"))
    output = capsys.readouterr()
    assert result.code == 1
    assert len(output.out.splitlines()) == 3
    errors = output.err.splitlines()
    assert len(errors) == 4
    assert errors[3].startswith("6 files: 3 heard, 3 refused")
    assert "broken.mp3: This is not audio that can be decoded." in errors[0]
    assert "missing.wav: No such file or directory" in errors[2]


def test_attacks_and_a_dead_decoder_are_a_line_each_too(run_command, folder, capsys, monkeypatch):
    attacks.huge_index(folder / "attack 1.m4a", 80_000_000)
    attacks.many_samples(folder / "attack 2.flac", 2)
    decode = confined.Decoders.decode

    def killed_once(self, source, **options):
        if "telephone" in source.name:
            raise DecoderDied("the process that decodes was ended from outside (code -9)")
        return decode(self, source, **options)

    monkeypatch.setattr(confined.Decoders, "decode", killed_once)
    result = run_command("classify", str(folder))
    output = capsys.readouterr()
    assert result.code == 1
    assert len(output.out.splitlines()) == 2
    first, second, third, summary = output.err.splitlines()
    assert summary.startswith("5 files: 2 heard, 3 refused")
    assert "attack 1.m4a: There is no sound in this file." in first
    assert "attack 2.flac: This recording has more than 8 channels" in second
    assert third.endswith("was ended from outside (code -9); try again.")


def in_a_shell(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", "classify", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "genresite.settings"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    "arguments", [[], ["--top", "0", "x"], ["--top", "many", "x"], ["--nonsense", "x"]]
)
def test_bad_usage_is_exit_code_2_without_a_traceback(arguments):
    result = in_a_shell(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "error:" in result.stderr


def test_a_folder_without_audio_and_an_unknown_model_are_bad_usage(tmp_path):
    empty = in_a_shell(str(tmp_path))
    assert empty.returncode == 2
    assert "There are no audio files" in empty.stderr
    unknown = in_a_shell("--model", "nope", str(ROOT / "README.md"))
    assert unknown.returncode == 2
    assert unknown.stderr.strip().startswith("There is no model 'nope'")


def test_the_terminal_hears_nothing_but_the_answer(folder):
    result = in_a_shell(str(folder / "a song.wav"))
    assert result.returncode == 0
    assert result.stderr == ""
    assert len(result.stdout.splitlines()) == 1


def test_what_is_no_music_is_said_to_be_none(run_command, tmp_path, capsys):
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000 * 8).astype(np.float32)
    sound.write(tmp_path / "hiss.wav", noise)
    run_command("classify", str(tmp_path / "hiss.wav"))
    assert "hiss.wav: no music" in capsys.readouterr().out
