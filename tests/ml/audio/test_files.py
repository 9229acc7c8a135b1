from pathlib import Path

from ml.audio.files import find_audio


def test_folders_are_searched_for_audio_and_nothing_is_named_twice(tmp_path):
    for name in ("b.mp3", "a.FLAC", "notes.txt", "deep/er/c.ogg", ".hidden.mp3", ".cache/d.mp3"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = find_audio([tmp_path, tmp_path / "b.mp3", tmp_path / "notes.txt", Path("missing")])
    names = [str(path.relative_to(tmp_path)) for path in found[:-1]]
    assert names == ["a.FLAC", "b.mp3", "deep/er/c.ogg", "notes.txt"]
    assert found[-1] == Path("missing")
