"""What the server does for a file that its sender's browser keeps; the rest is tests/site's."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier.models import Classification, HistoryEntry

TOKEN = "0123456789abcdef0123456789ABCDEF"
UPLOAD = reverse("upload")


def test_the_token_goes_back_in_the_fragment_and_is_stored_nowhere(client, audio_file, work):
    link = None
    for _ in range(2):  # queued the first time, answered already the second
        response = client.post(UPLOAD, {"token": TOKEN, "file": audio_file()})
        classification = Classification.objects.get()
        link = classification.get_absolute_url()
        assert response.url == f"{link}#upload={TOKEN}"
        work()
    assert classification.public_id
    for model in (Classification, HistoryEntry):
        assert TOKEN not in repr(list(model.objects.values()))
    assert TOKEN not in repr(dict(client.session))
    assert TOKEN not in client.get(link).content.decode()


@pytest.mark.parametrize(
    "token",
    [
        None, "", "1234567", "a" * 41, "a" * 100_000, "ä" * 10, "12345678\n", "1234-5678",
        "x\x00yyyyyyyy", '"><script>alert(1)</script>', "x=12345678&y=1", "//example.org/",
    ],
)  # fmt: skip
def test_what_is_no_token_is_ignored(client, db, audio_file, token):
    data = {"file": audio_file()} | ({} if token is None else {"token": token})
    response = client.post(UPLOAD, data)
    assert response.status_code == 302
    assert response.url == Classification.objects.get().get_absolute_url()


def test_a_refused_form_gives_the_token_back_so_that_the_file_is_dropped(client, db):
    empty = SimpleUploadedFile("empty.mp3", b"")
    page = client.post(UPLOAD, {"token": TOKEN, "file": empty}).content.decode()
    assert re.search(rf'<input type="hidden" name="token" value="{TOKEN}"', page)
    page = client.post(UPLOAD, {"token": '"><script>', "file": empty}).content.decode()
    assert re.search(r'<input type="hidden" name="token" value=""', page)


def test_so_does_one_with_too_large_a_file(client, db, settings):
    settings.UPLOAD_MAX_BYTES = 100_000
    big = SimpleUploadedFile("big.wav", b"x" * 400_000)
    response = client.post(UPLOAD, {"token": TOKEN, "file": big})
    assert response.status_code == 400
    assert f'value="{TOKEN}"' in response.content.decode()


def test_only_its_sender_gets_a_player_and_it_starts_hidden(
    client, client_factory, audio_file, work
):
    client.post(UPLOAD, {"file": audio_file("mine.wav")})
    work()
    row = Classification.objects.get()
    link = row.get_absolute_url()
    page = client.get(link).content.decode()
    assert re.search(
        rf'<div class="player"[^>]* hidden data-player data-sent-file="{row.public_id}"', page
    )
    for other in (client_factory(), client_factory()):
        page = other.get(link).content.decode()
        assert "data-sent-file" not in page
        assert "<audio" not in page
        client = other


def test_a_blob_may_be_heard_on_a_result_and_nowhere_else(client, make_classification):
    row = make_classification(source="upload", source_id="0" * 64)
    assert "media-src 'self' blob:" in client.get(row.get_absolute_url())["Content-Security-Policy"]
    for name in ("home", "history", "privacy"):
        assert "blob:" not in client.get(reverse(name))["Content-Security-Policy"]


def test_what_is_forgotten_says_which_file_goes_with_it(client, audio_file, make_classification):
    client.post(UPLOAD, {"file": audio_file()})
    upload = Classification.objects.get()
    HistoryEntry.objects.create(
        visitor=client.session["visitor"], classification=make_classification(title="A video")
    )
    page = client.get(reverse("history")).content.decode()
    assert re.findall(r'data-forgets="([^"]*)"', page) == [upload.public_id, ""]
    assert page.index("A video") < page.index("data-forgets")  # newest first: the video has none
