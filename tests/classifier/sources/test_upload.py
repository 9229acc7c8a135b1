"""Attacks by files that are sent: one sentence, no file left, and the worker goes on."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier.models import Classification
from classifier.sources import library
from ml.audio import confined
from ml.errors import DecoderDied
from scripts.testbed import attacks

ATTACKS = {
    "index": (lambda path: attacks.huge_index(path, 80_000_000, 10), "song.m4a", "no_sound"),
    "packed": (lambda path: attacks.packed_moov(path, 400 << 20), "song.mov", "not_audio"),
    "rate": (attacks.absurd_rate, "song.wav", "too_fine"),
    "channels": (lambda path: attacks.many_samples(path, 3), "song.flac", "too_fine"),
}


@pytest.fixture(autouse=True)
def _no_spare_left():
    yield
    confined.end_spare()


@pytest.fixture
def send(client, work, settings, tmp_path):
    """Send a file and have it classified; gives the row and what is left in the store."""

    def send(name: str, content: bytes) -> tuple[Classification, list]:
        client.post(reverse("upload"), {"file": SimpleUploadedFile(name, content)})
        assert work() == 1
        folder = settings.UPLOAD_DIR
        return Classification.objects.get(), list(folder.iterdir()) if folder.exists() else []

    return send


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_is_answered_by_a_sentence_and_leaves_no_file(send, tmp_path, attack):
    make, name, kind = ATTACKS[attack]
    row, left = send(name, make(tmp_path / name).read_bytes())
    assert row.is_failed
    assert row.error_kind == kind
    assert row.error.endswith(".")
    assert not row.retryable
    assert left == []


def test_covers_of_millions_of_pixels_are_a_song_like_any_other(send, tmp_path):
    row, left = send("song.mp3", attacks.covers(tmp_path / "song.mp3", 2).read_bytes())
    assert row.is_done
    assert left == []


def test_a_decoder_that_is_killed_from_outside_may_be_tried_again(send, audio_file, monkeypatch):
    def killed(*arguments, **options):
        raise DecoderDied("the process that decodes was ended from outside (code -9)")

    monkeypatch.setattr("classifier.sources.upload.decode", killed)
    row, left = send("song.wav", audio_file().read())
    assert row.error_kind == "server_error"
    assert row.retryable
    assert len(left) == 1


def test_tracks_of_the_library_are_decoded_in_the_child_too(monkeypatch):
    slug = library.tracks()[0].source_id
    confined.warm()
    first = confined.spare_pid()
    audio = library.fetch(slug, 16_000)
    ((start_s, samples),) = audio.windows
    assert start_s == 0
    assert samples.size == pytest.approx(audio.duration_s * 16_000)
    assert confined.spare_pid() != first  # that one has done it, and is gone
