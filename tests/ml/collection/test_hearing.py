"""What is heard again and what is not: new, changed, moved, retagged, refused files."""

from __future__ import annotations

import os
import shutil
import time

import mutagen
import pytest

from ml.collection.hearing import hear
from ml.collection.store import Store, StoreError


@pytest.fixture
def hear_all(listener, store):
    def run(*paths):
        found = hear(
            lambda: listener, listener.card, store, list(paths), max_duration_s=60, words=str
        )
        return list(found)

    return run


def test_only_what_is_new_is_heard(hear_all, song, listener):
    first, second = song("a.mp3"), song("b.flac", level=0.1)
    assert [f.how for f in hear_all(first)] == ["heard"]
    found = hear_all(first, second)
    assert [f.how for f in found] == ["known", "heard"]
    assert [f.path for f in found] == [first, second]
    assert [f.answer.genre for f in found] == ["metal", "jazz"]
    assert listener.heard == 2


def test_a_moved_and_a_retagged_file_are_known_by_their_sound(hear_all, song, listener, tmp_path):
    path = song("a.mp3")
    hear_all(path)
    moved = tmp_path / "elsewhere" / "b.mp3"
    moved.parent.mkdir()
    shutil.move(path, moved)
    file = mutagen.File(moved, easy=True)
    file["title"] = "Another title"
    file.save()
    assert [f.how for f in hear_all(moved)] == ["moved"]
    assert [f.how for f in hear_all(moved)] == ["known"]
    assert listener.heard == 1


def test_another_sound_under_the_same_name_is_heard(hear_all, song, listener):
    hear_all(song("a.wav", level=0.1))
    (found,) = hear_all(song("a.wav", level=0.3))
    assert (found.how, found.answer.genre) == ("heard", "metal")
    assert listener.heard == 2


def test_a_refused_file_is_not_tried_again_until_it_changes(hear_all, song, tmp_path, listener):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"no audio")
    (found,) = hear_all(path)
    assert found.how == "refused"
    (again,) = hear_all(path)
    assert (again.how, again.told) == ("refused before", str(found.error))
    assert [f.how for f in hear_all(song("a.mp3"))] == ["heard"]


def test_what_is_too_long_is_tried_again_with_another_limit(listener, store, song):
    path = song("a.mp3")

    def hows(limit_s: float) -> list[str]:
        found = hear(
            lambda: listener, listener.card, store, [path], max_duration_s=limit_s, words=str
        )
        return [f.how for f in found]

    assert hows(2.0) == ["refused"]
    assert hows(60.0) == ["heard"]


def test_a_vanished_and_an_unreadable_file_are_told_and_the_rest_goes_on(hear_all, song, tmp_path):
    gone, there = tmp_path / "gone.mp3", song("a.mp3")
    (tmp_path / "folder.mp3").mkdir()
    found = hear_all(gone, tmp_path / "folder.mp3", there)
    assert [f.how for f in found] == ["refused", "refused", "heard"]
    assert isinstance(found[0].error, FileNotFoundError)


def test_a_file_that_changes_while_it_is_heard_is_not_taken_for_known(
    listener, store, song, monkeypatch
):
    path = song("a.wav")
    predict = listener.predict

    def changed_meanwhile(samples):
        os.utime(path, ns=(0, time.time_ns() + 10**9))
        return predict(samples)

    monkeypatch.setattr(listener, "predict", changed_meanwhile)

    def hows() -> list[str]:
        return [
            f.how
            for f in hear(
                lambda: listener, listener.card, store, [path], max_duration_s=60, words=str
            )
        ]

    assert hows() == ["heard"]
    monkeypatch.setattr(listener, "predict", predict)
    assert hows() == ["heard"]


def test_a_model_is_loaded_only_to_hear_something(store, song, listener, hear_all):
    path = song("a.mp3")
    hear_all(path)

    def never():
        raise AssertionError

    found = list(hear(never, listener.card, store, [path], max_duration_s=60, words=str))
    assert [f.how for f in found] == ["known"]


def test_names_that_are_not_utf8_are_kept_byte_for_byte(hear_all, song, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.mp3")
    shutil.move(song("a.mp3"), path)
    assert [f.how for f in hear_all(path)] == ["heard"]
    assert [f.how for f in hear_all(path)] == ["known"]


def test_a_store_that_is_none_is_refused_in_words(tmp_path):
    path = tmp_path / "store.sqlite3"
    path.write_bytes(b"this is no database, but a file of some hundred bytes" * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(path)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "store.sqlite3" / "below" / "a.sqlite3")


def test_a_store_of_a_later_version_is_left_alone(tmp_path):
    with Store(tmp_path / "a.sqlite3") as store:
        store.database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="later version"):
        Store(tmp_path / "a.sqlite3")
