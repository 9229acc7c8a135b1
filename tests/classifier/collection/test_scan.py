"""Scanning: what is new, changed, moved, gone or broken."""

from __future__ import annotations

import os
import shutil

import mutagen
import pytest

from classifier import serving
from classifier.collection import covers
from classifier.collection.scan import NothingThere, forget_missing, scan
from classifier.models import Classification, CollectionTrack
from ml.collection.digests import Digests
from ml.errors import DecoderDied
from ml.registry.bundles import SHIPPED
from tests.classifier.collection.conftest import picture


def test_tags_are_taken_over(make_file, scanned):
    tags = {"title": "One", "artist": "Ann", "album": "First", "genre": "Bebop"}
    make_file("a/1.flac", tracknumber="1/9", date="1999-03", **tags)
    make_file("a/2.wav")
    assert scanned() == {"1.flac": "new", "2.wav": "new"}
    one = CollectionTrack.objects.get(title="One")
    assert (one.artist, one.album, one.track_number, one.year) == ("Ann", "First", 1, 1999)
    assert (one.genre_tag, one.meant_genre) == ("Bebop", "jazz")
    assert one.duration_s == pytest.approx(2, abs=0.1)
    assert CollectionTrack.objects.get(title="2").album_key == ""  # a name, where there is no title


def test_what_did_not_change_is_not_opened(make_file, scanned, monkeypatch):
    make_file("1.mp3", title="One")
    scanned()
    monkeypatch.setattr("classifier.collection.scan.read_details", None)
    assert scanned() == {"1.mp3": "unchanged"}


def test_changed_and_moved_files_keep_their_row(make_file, scanned, music):
    path = make_file("1.mp3", title="One")
    scanned()
    row = CollectionTrack.objects.get()
    file = mutagen.File(path, easy=True)
    file["title"] = "Uno"
    file.save()
    assert scanned() == {"1.mp3": "changed"}
    (music / "sub").mkdir()
    shutil.move(path, music / "sub" / "2.mp3")
    assert scanned() == {"2.mp3": "moved"}
    again = CollectionTrack.objects.get()
    assert (again.pk, again.title, again.audio) == (row.pk, "Uno", row.audio)
    assert again.path.endswith("sub/2.mp3")


def test_copies_are_two_files_of_one_sound(make_file, scanned, music):
    shutil.copy(make_file("1.mp3", title="One"), music / "2.mp3")
    assert scanned() == {"1.mp3": "new", "2.mp3": "new"}
    first, second = CollectionTrack.objects.order_by("path")
    assert first.audio == second.audio


def test_a_broken_file_is_kept_with_its_reason(make_file, scanned, music):
    make_file("1.mp3", title="One")
    (music / "2.mp3").write_bytes(b"no audio")
    (music / os.fsdecode(b"caf\xe9.mp3")).write_bytes(b"x")
    found = list(scan([music], str))
    assert sorted(one.how for one in found) == ["failed", "left out", "new"]
    whys = " ".join(one.why for one in found)
    assert "2.mp3: " in whys
    assert r"caf\xe9.mp3: its name is not UTF-8" in whys
    assert CollectionTrack.objects.get(title="2").error
    assert scanned()["2.mp3"] == "unchanged"


def test_a_decoder_that_was_killed_says_nothing_of_the_file(make_file, scanned, monkeypatch):
    make_file("1.mp3", title="One")
    of = Digests.of

    def killed(self, path):
        raise DecoderDied("the process that decodes was ended from outside (code -9)")

    monkeypatch.setattr(Digests, "of", killed)
    assert scanned() == {"1.mp3": "failed"}
    assert not CollectionTrack.objects.exists()
    monkeypatch.setattr(Digests, "of", of)
    assert scanned() == {"1.mp3": "new"}


def test_an_empty_folder_that_was_not_is_refused_unless_told(make_file, scanned, music):
    path = make_file("1.mp3", title="One")
    scanned()
    path.unlink()
    with pytest.raises(NothingThere, match="see whether its disk is there"):
        scanned()
    assert CollectionTrack.objects.count() == 1
    assert forget_missing([music]) == 1
    assert scanned() == {}


def test_only_what_is_below_the_folder_is_forgotten(make_file, scanned, music, tmp_path):
    make_file("a/1.mp3", title="One")
    make_file("ab/2.mp3", title="Two", level=0.1)
    scanned()
    shutil.rmtree(music)
    assert forget_missing([music / "a"]) == 1
    assert CollectionTrack.objects.get().title == "Two"


def test_a_cover_becomes_a_small_picture(make_file, scanned):
    make_file("1.flac", title="One", cover=picture())
    make_file("2.flac", title="Two", level=0.1, cover=b"no picture")
    make_file("3.flac", title="Three", level=0.3, cover=picture((9000, 9000)))
    scanned()
    name = CollectionTrack.objects.get(title="One").cover
    assert covers.path_of(name).read_bytes()[:2] == b"\xff\xd8"
    assert CollectionTrack.objects.get(title="Two").cover == ""
    assert CollectionTrack.objects.get(title="Three").cover == ""
    covers.path_of(name).unlink()  # as after a restore
    assert scanned()["1.flac"] == "changed"
    assert covers.path_of(name).exists()
    assert scanned()["1.flac"] == "unchanged"
    with pytest.raises(ValueError, match=r"\.\."):
        covers.path_of("../../etc/passwd")


def test_the_command_asks_once_for_each_sound(make_file, scanned, music, run_command):
    shutil.copy(make_file("1.mp3", title="One", artist="Ann"), music / "copy.mp3")
    make_file("2.mp3", title="Two", level=0.1)
    result = run_command("index", str(music))
    assert result.out == "3 files: 3 new, 0 unchanged. The worker is asked for 2 songs.\n"
    rows = Classification.objects.filter(source="collection")
    assert sorted(rows.values_list("title", flat=True)) == ["One", "Two"]
    assert run_command("index", str(music)).out == "3 files: 3 unchanged.\n"
    (music / "2.mp3").unlink()
    assert "1 gone and forgotten" in run_command("index", str(music), "--forget").out
    assert run_command("index", str(music / "nowhere")).code == 2


def test_what_an_earlier_model_heard_is_not_heard_again(
    make_file, scanned, music, run_command, monkeypatch
):
    make_file("1.mp3", title="One")
    run_command("index", str(music))
    twin = SHIPPED.card().model_copy(update={"model_id": "a-later-1"})
    monkeypatch.setattr(serving, "card", lambda: twin)
    said = run_command("index", str(music)).out
    assert "1 song heard by an earlier model on the same networks" in said
    assert "asked" not in said
    assert Classification.objects.filter(source="collection").count() == 1


def test_the_worker_hears_it_and_says_where_it_is_gone(
    make_file, scanned, music, run_command, work
):
    make_file("1.mp3", title="One")
    gone = make_file("2.mp3", title="Two", level=0.1)
    run_command("index", str(music))
    gone.unlink()
    work()
    one, two = Classification.objects.filter(source="collection").order_by("title")
    assert (one.state, one.title) == ("done", "One")
    assert (two.state, two.error_kind) == ("failed", "file_gone")
    make_file("2.mp3", title="Two", level=0.1)
    assert "The worker is asked for 1 song." in run_command("index", str(music)).out
    work()
    two.refresh_from_db()
    assert two.state == "done"


def test_a_genre_of_several_words_with_a_nul_is_taken_in(make_file, scanned, music):
    path = make_file("1.flac", title="One")
    file = mutagen.File(path)
    file["genre"] = "Rock\0Pop"
    file.save()
    assert scanned()["1.flac"] == "new"
    assert CollectionTrack.objects.get().genre_tag == "Rock; Pop"
