"""Writing tags: the old file or the new one, whatever happens; and taking it back."""

from __future__ import annotations

import errno
import os
import shutil
import stat

import mutagen
import pytest

from ml.atomic_files import DRAFT
from ml.collection import writing
from ml.collection.tags import GENRE, MODEL, WROTE, TagError, read_tags, write_fields
from ml.collection.writing import CannotGoOn, FileChanged, Journal, Seen, put
from tests.ml.collection.conftest import TAGGED

WANTED = {GENRE: ("Jazz",), WROTE: ("Jazz",), MODEL: ("m-1",)}


@pytest.fixture
def seen(digests):
    def look(path) -> Seen:
        tags = read_tags(path)
        return Seen(digests.of(path), tags.others, tags.fields)

    return look


@pytest.fixture
def journal(store):
    return Journal(store)


@pytest.mark.parametrize("suffix", TAGGED)
def test_a_genre_is_written_and_taken_back(song, seen, journal, digests, suffix):
    path = song(f"song.{suffix}", "Blues")
    before = seen(path)
    with journal.alone():
        journal.write(digests, "batch", path, WANTED, before)
    assert read_tags(path).fields == WANTED
    assert seen(path).audio == before.audio
    (row,) = journal.done("batch")
    with journal.alone():
        journal.undo(digests, row)
    assert seen(path) == before
    assert journal.done("batch") == []


def test_mode_and_hard_links_stay_what_they_were(song, seen, digests, tmp_path):
    path = song()
    path.chmod(0o640)
    os.link(path, tmp_path / "linked.mp3")
    os.symlink(path, tmp_path / "link.mp3")
    put(digests, tmp_path / "link.mp3", WANTED, seen(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert (tmp_path / "link.mp3").is_symlink()
    assert read_tags(path).genres == ("Jazz",)
    # The other name has the old file: its bytes are shared with whoever made the link.
    assert read_tags(tmp_path / "linked.mp3").genres == ()


def retitled(path) -> None:
    file = mutagen.File(path, easy=True)
    file["title"] = "Another"
    file.save()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: write_fields(path, {GENRE: ("Rock",)}), "genre is not what it was"),
        (retitled, "tags are not what they were"),
        (lambda path: path.write_bytes(path.read_bytes()[:-900]), "sound is not what it was"),
    ],
)
def test_a_file_that_changed_is_left_alone(song, seen, digests, change, words):
    path = song()
    before = seen(path)
    change(path)
    changed = path.read_bytes()
    with pytest.raises(FileChanged, match=words):
        put(digests, path, WANTED, before)
    assert path.read_bytes() == changed


def test_a_file_that_changes_meanwhile_is_left_alone(song, seen, digests, monkeypatch):
    path = song()
    before = seen(path)

    def and_meanwhile(draft, fields):
        write_fields(draft, fields)
        retitled(path)

    monkeypatch.setattr(writing, "write_fields", and_meanwhile)
    with pytest.raises(FileChanged, match="while it was being written"):
        put(digests, path, WANTED, before)
    assert read_tags(path).title == "Another"


def test_a_read_only_file_is_left_alone(song, seen, digests):
    path = song()
    before = seen(path)
    path.chmod(0o444)
    with pytest.raises(TagError, match="read-only"):
        put(digests, path, WANTED, before)


def test_a_full_disk_in_the_middle_leaves_the_file_as_it_was(
    song, seen, digests, journal, monkeypatch
):
    path = song()
    before, data = seen(path), path.read_bytes()

    def half(source, target):
        target.write_bytes(data[:500])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copy2", half)
    with journal.alone(), pytest.raises(OSError, match="No space") as caught:
        journal.write(digests, "batch", path, WANTED, before)
    assert writing.is_full(caught.value)
    assert path.read_bytes() == data
    assert [p.name for p in path.parent.glob(f"{DRAFT}*")] == []
    assert journal.done("batch") == []


@pytest.mark.parametrize("spoil", ["sound", "tags"])
def test_what_would_not_be_as_wanted_never_takes_the_place(song, seen, digests, monkeypatch, spoil):
    path = song("song.flac")
    before, data = seen(path), path.read_bytes()

    def spoiling(draft, fields):
        write_fields(draft, fields if spoil == "sound" else {GENRE: ("Rock",)})
        if spoil == "sound":
            found = bytearray(draft.read_bytes())
            found[-200] ^= 0xFF
            draft.write_bytes(found)

    monkeypatch.setattr(writing, "write_fields", spoiling)
    with pytest.raises(TagError, match="afterwards"):
        put(digests, path, WANTED, before)
    assert path.read_bytes() == data


def killed(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_write_is_found_out_at_the_next_start(
    song, seen, digests, journal, store, monkeypatch, moment
):
    path = song()
    before = seen(path)
    # As SIGKILL leaves it: neither the journal nor the draft is tidied up.
    number = journal._intend("batch", path, WANTED, before)
    draft = path.with_name(f"{DRAFT}0123456789abcdef.mp3")
    shutil.copy2(path, draft)
    if moment == "after":
        write_fields(path, WANTED)
    with journal.alone():
        assert not draft.exists()
        assert [row.id for row in journal.done("batch")] == ([number] if moment == "after" else [])


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_killed_undo_is_found_out_too(song, seen, digests, journal, moment):
    path = song()
    before = seen(path)
    with journal.alone():
        journal.write(digests, "batch", path, WANTED, before)
    (row,) = journal.done("batch")
    journal._set_state(row.id, "undoing")
    if moment == "after":
        write_fields(path, before.fields)
    with journal.alone():
        assert len(journal.done("batch")) == (1 if moment == "before" else 0)


def test_what_was_written_is_known_though_its_disk_was_away(song, seen, digests, journal, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    path = song().rename(disk / "song.mp3")
    before = seen(path)
    journal._intend("batch", path, WANTED, before)
    write_fields(path, WANTED)  # and killed
    away = disk.rename(tmp_path / "away")
    with journal.alone():
        assert journal.done("batch") == []
    away.rename(disk)
    with journal.alone():
        (row,) = journal.done("batch")
        journal.undo(digests, row)
    assert seen(path) == before


def test_the_group_of_a_file_stays(song, seen, digests):
    path = song()
    group = path.stat().st_gid
    others = [one for one in ([1] if os.getuid() == 0 else os.getgroups()) if one != group]
    if not others:
        pytest.skip("needs root, or a second group")
    os.chown(path.parent, -1, others[0])
    path.parent.chmod(0o2775)  # what is made there has the group of the folder
    put(digests, path, WANTED, seen(path))
    assert path.stat().st_gid == group


@pytest.mark.parametrize("what", ["write", "undo"])
def test_what_is_interrupted_after_the_file_took_its_place_is_known(
    song, seen, digests, journal, monkeypatch, what
):
    path = song()
    before = seen(path)
    with journal.alone():
        if what == "undo":
            journal.write(digests, "batch", path, WANTED, before)
        to_disk = writing._to_disk

        def interrupted(at):
            to_disk(at)
            if at.is_dir():  # the last thing that is done
                raise KeyboardInterrupt

        monkeypatch.setattr(writing, "_to_disk", interrupted)
        act = (
            (lambda: journal.write(digests, "batch", path, WANTED, before))
            if what == "write"
            else (lambda: journal.undo(digests, journal.done("batch")[0]))
        )
        with pytest.raises(KeyboardInterrupt):
            act()
    assert read_tags(path).fields == (WANTED if what == "write" else before.fields)
    assert len(journal.done("batch")) == (1 if what == "write" else 0)


def test_what_a_person_changed_since_is_not_taken_back(song, seen, digests, journal):
    path = song()
    with journal.alone():
        journal.write(digests, "batch", path, WANTED, seen(path))
        write_fields(path, {GENRE: ("Bebop",), WROTE: ("Jazz",), MODEL: ("m-1",)})
        with pytest.raises(FileChanged, match="genre is not what it was"):
            journal.undo(digests, journal.done("batch")[0])
    assert read_tags(path).genres == ("Bebop",)
    assert len(journal.done("batch")) == 1


def test_a_title_that_changed_since_stays(song, seen, digests, journal):
    path = song()
    with journal.alone():
        journal.write(digests, "batch", path, WANTED, seen(path))
        retitled(path)
        journal.undo(digests, journal.done("batch")[0])
    assert (read_tags(path).fields, read_tags(path).title) == ({}, "Another")


def test_one_process_writes_at_a_time(journal):
    with journal.alone(), pytest.raises(CannotGoOn, match="Another process"), journal.alone():
        pass
