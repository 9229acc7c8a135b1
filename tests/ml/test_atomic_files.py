import pytest

from ml.atomic_files import replacing


def test_it_replaces_the_file_in_one_step(tmp_path):
    path = tmp_path / "new" / "card.json"
    for text in ("one", "two"):
        with replacing(path) as draft:
            assert draft.suffix == ".json"
            draft.write_text(text)
            assert text == "one" or path.read_text() == "one"
        assert path.read_text() == text
    assert [file.name for file in path.parent.iterdir()] == ["card.json"]


def test_a_failure_leaves_the_old_file_and_no_draft(tmp_path):
    path = tmp_path / "old" / "card.json"
    path.parent.mkdir()
    path.write_text("old")

    def write_half() -> None:
        with replacing(path) as draft:
            draft.write_text("ne")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        write_half()
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["card.json"]
