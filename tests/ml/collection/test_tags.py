"""Tags in every format: what is written is read again, and nothing else changes."""

from __future__ import annotations

import mutagen
import pytest
from mutagen import id3
from mutagen.flac import FLAC, Picture

from ml.collection.tags import GENRE, MODEL, RIGHT, WROTE, TagError, read_tags, write_fields
from scripts.testbed import sound
from tests.ml.collection.conftest import TAGGED

FIELDS = {GENRE: ("Hip-Hop",), WROTE: ("Hip-Hop",), MODEL: ("a-model-1",), RIGHT: ("0.812",)}


@pytest.mark.parametrize("suffix", TAGGED)
def test_fields_are_written_read_and_removed(song, digests, suffix):
    path = song(f"song.{suffix}", genre="Blues")
    before, audio = read_tags(path), digests.of(path)
    assert before.genres == ("Blues",)
    assert before.title == "A Song"
    assert before.is_persons
    write_fields(path, FIELDS)
    after = read_tags(path)
    assert after.fields == FIELDS
    assert after.others == before.others
    assert not after.is_persons
    assert digests.of(path) == audio
    write_fields(path, {GENRE: ("Blues",)})
    assert read_tags(path) == before


@pytest.mark.parametrize("suffix", TAGGED)
def test_a_changed_title_is_seen(song, suffix):
    path = song(f"song.{suffix}")
    before = read_tags(path)
    file = mutagen.File(path, easy=suffix != "wav")
    if suffix == "wav":
        file.tags.setall("TIT2", [id3.TIT2(3, ["Another"])])
    else:
        file["title"] = "Another"
    file.save()
    assert read_tags(path).others != before.others


def test_an_older_id3_stays_what_it_is_with_its_cover(song):
    path = song("song.mp3")
    tags = id3.ID3()
    for frame in (
        id3.TIT2(1, ["é 夜"]), id3.TDRC(1, ["2001"]), id3.TCON(1, ["Rock"]),
        id3.APIC(0, "image/png", 3, "front", b"1234" * 50), id3.COMM(1, "eng", "", ["a word"]),
        id3.TSOP(1, ["Band, The"]),
    ):  # fmt: skip
        tags.add(frame)
    tags.update_to_v23()
    tags.add(id3.TSOP(1, ["Band, The"]))  # as taggers write it, though it is of version 2.4
    tags.save(path, v2_version=3)
    before = read_tags(path)
    write_fields(path, FIELDS)
    assert id3.ID3(path).version == (2, 3, 0)
    after = read_tags(path)
    assert (after.fields, after.others) == (FIELDS, before.others)
    assert id3.ID3(path)["TSOP"].text == ["Band, The"]
    assert id3.ID3(path)["APIC:front"].data == b"1234" * 50
    write_fields(path, {GENRE: ("Rock", "Soul")})
    assert read_tags(path).genres == ("Rock", "Soul")


def test_a_cover_of_a_flac_is_part_of_its_other_tags(song):
    path = song("song.flac")
    before = read_tags(path)
    file, picture = FLAC(path), Picture()
    picture.data, picture.mime = b"12345", "image/png"
    file.add_picture(picture)
    file.save()
    assert read_tags(path).others != before.others


@pytest.mark.parametrize("suffix", ["aac", "webm"])
def test_a_format_without_tags_is_refused_in_words(tmp_path, suffix):
    path = sound.write(tmp_path / f"song.{suffix}", sound.chord(4.0))
    with pytest.raises(TagError, match="tags"):
        read_tags(path)


@pytest.mark.parametrize("suffix", TAGGED)
def test_a_truncated_file_is_refused_or_read(song, suffix):
    path = song(f"song.{suffix}")
    data = path.read_bytes()
    refused = 0
    for size in (0, 3, 30, 200, len(data) // 2):
        path.write_bytes(data[:size])
        try:
            read_tags(path)
        except TagError:
            refused += 1
    assert refused >= 2


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tags(tmp_path / "missing.mp3")
