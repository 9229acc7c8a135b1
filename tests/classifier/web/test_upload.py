import io
import threading

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classifier import sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import upload_store


def send(client, file, **extra):
    return client.post(reverse("upload"), {"file": file}, follow=True, **extra)


def stored_files(settings) -> list:
    return list(settings.UPLOAD_DIR.glob("*")) if settings.UPLOAD_DIR.exists() else []


def test_a_song_gets_its_genre_and_the_file_is_removed(client, audio_file, work, settings):
    page = send(client, audio_file("my song.wav"))
    assert "my song.wav" in page.content.decode()
    assert len(stored_files(settings)) == 1
    assert work() == 1
    classification = Classification.objects.get()
    assert classification.genre == "blues"
    assert classification.duration_s == pytest.approx(4.0, abs=0.1)
    assert stored_files(settings) == []
    result = client.get(classification.get_absolute_url()).content.decode()
    assert "64.0\N{NO-BREAK SPACE}%" in result
    assert "my song.wav" in result


def test_only_its_sender_sees_the_name_of_a_file(client, client_factory, audio_file, work):
    send(client, audio_file("secret demo.wav"))
    work()
    link = Classification.objects.get().get_absolute_url()
    stranger = client_factory()
    assert "secret demo.wav" not in stranger.get(link).content.decode()
    assert "An uploaded recording" in stranger.get(link).content.decode()
    # Nor does somebody who sends the same recording under another name.
    page = send(stranger, audio_file("other name.wav")).content.decode()
    assert "other name.wav" in page
    assert "secret demo.wav" not in page


def test_the_same_file_is_listened_to_once(client, audio_file, work, stub_classifier, settings):
    send(client, audio_file("one.wav"))
    work()
    page = send(client, audio_file("two.wav"))
    assert "64.0\N{NO-BREAK SPACE}%" in page.content.decode()  # at once: the stored answer
    assert work() == 0
    assert stub_classifier.calls == 1
    assert Classification.objects.count() == 1
    assert stored_files(settings) == []


def test_the_same_file_twice_in_the_queue_is_one_job(client, client_factory, audio_file, work):
    send(client, audio_file())
    send(client_factory(), audio_file())
    assert work() == 1
    assert HistoryEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_uploads_of_one_file_at_the_same_moment(client_factory, audio_file, settings):
    files = [audio_file(), audio_file()]
    barrier = threading.Barrier(2)
    statuses = []

    def upload(file):
        barrier.wait()
        statuses.append(client_factory().post(reverse("upload"), {"file": file}).status_code)

    threads = [threading.Thread(target=upload, args=(file,)) for file in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [302, 302]
    assert Classification.objects.count() == 1
    assert len(stored_files(settings)) == 1


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (None, "Choose an audio file first."),
        (SimpleUploadedFile("empty.mp3", b""), "This file is empty"),
    ],
)
def test_what_is_no_file_gets_a_sentence(client, db, file, sentence):
    data = {"file": file} if file else {}
    response = client.post(reverse("upload"), data)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert Classification.objects.count() == 0


def test_a_file_over_the_limit_gets_a_sentence_and_leaves_nothing(client, db, settings):
    settings.UPLOAD_MAX_BYTES = 100_000
    response = client.post(
        reverse("upload"), {"file": SimpleUploadedFile("big.wav", b"x" * 400_000)}
    )
    assert response.status_code == 400
    assert "too large: at most" in response.content.decode()
    assert stored_files(settings) == []


@pytest.mark.parametrize("content", [b"GIF89a not a song", b"\x00" * 5000, b"RIFF....WAVEfmt "])
def test_what_is_no_audio_gets_a_sentence_on_its_page(client, work, content, settings):
    page = send(client, SimpleUploadedFile("song.mp3", content))
    work()
    link = page.redirect_chain[-1][0]
    text = client.get(link).content.decode()
    assert "not audio that can be decoded" in text or "no sound in this file" in text
    assert stored_files(settings) == []
    # and the same page lets one try another file
    assert f'action="{reverse("upload")}"' in text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.wav", "passwd.wav"),
        ("<b>bold & 'quoted' \".wav", "&lt;b&gt;bold &amp; &#x27;quoted"),
        ("ночь 夜 🌙.wav", "ночь 夜 🌙.wav"),
        ("a" * 400 + ".wav", "aaaa"),
    ],
)
def test_odd_names_are_shown_harmlessly_and_never_become_paths(
    client, db, audio_file, settings, name, shown
):
    file = audio_file()
    file._name = name  # Django's test client would clean the name that a browser may send
    page = send(client, file)
    assert page.status_code == 200
    (stored,) = stored_files(settings)
    assert upload_store.SHA256.fullmatch(stored.name)
    text = page.content.decode()
    assert shown in text
    assert "<b>bold" not in text


def test_only_a_digest_becomes_a_path():
    for name in ("../x", "", "A" * 64, "0" * 63 + "/"):
        with pytest.raises(ValueError, match="SHA-256"):
            upload_store.opened(name)


def test_an_upload_is_readable_by_the_site_alone(settings):
    sha256 = upload_store.keep(SimpleUploadedFile("song.wav", b"sound"))
    path = settings.UPLOAD_DIR / sha256
    assert path.read_bytes() == b"sound"
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.UPLOAD_DIR.stat().st_mode & 0o777 == 0o700
    assert upload_store.keep(SimpleUploadedFile("copy.wav", b"sound")) == sha256
    assert [path.name for path in stored_files(settings)] == [sha256]


class Body(io.BytesIO):
    """A request's body that notes how much is asked of it at once."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        return self.noted(super().read(size))

    def readline(self, size: int | None = -1) -> bytes:
        return self.noted(super().readline(size))

    def noted(self, data: bytes) -> bytes:
        self.largest = max(self.largest, len(data))
        return data


@pytest.mark.parametrize("times", [1.5, 8])
def test_a_body_without_lines_is_not_held_in_memory(client, db, settings, times):
    """Django would read what is over the limit by lines: all of it, where there are none."""
    settings.UPLOAD_MAX_BYTES = 1_000_000
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body = Body(head + bytes(int(times * settings.UPLOAD_MAX_BYTES)))
    length = body.getbuffer().nbytes
    response = client.generic(
        "POST",
        reverse("upload"),
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(length),
        **{"wsgi.input": body},
    )
    assert response.status_code == 400
    assert body.tell() == length  # read to its end, so that the browser reads the answer
    assert body.largest <= 256 * 1024


def test_a_body_far_over_the_limit_is_not_read_at_all(client, db, settings):
    settings.UPLOAD_MAX_BYTES = 1_000_000
    body = Body(bytes(100))
    response = client.generic(
        "POST",
        reverse("upload"),
        CONTENT_TYPE="multipart/form-data; boundary=b",
        CONTENT_LENGTH=str(10**12),
        **{"wsgi.input": body},
    )
    assert response.status_code == 413
    assert "too large: at most" in response.content.decode()
    assert body.tell() == 0


def test_who_only_has_the_link_of_an_upload_gets_no_entry_for_it(
    client, client_factory, work, audio_file, monkeypatch
):
    def fail(*args, **kwargs):
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(sources, "fetch", fail)
        send(client, audio_file())
        work()
    row = Classification.objects.get()
    assert row.retryable
    stranger = client_factory()
    stranger.post(reverse("retry", args=[row.public_id]))
    assert HistoryEntry.objects.count() == 1
    work()
    item = stranger.get(reverse("classification_json", args=[row.public_id])).json()
    assert item["source_id"] is None
    assert client.get(reverse("classification_json", args=[row.public_id])).json()["source_id"]


def test_uploads_together_have_a_limit(client, db, settings, audio_file, work):
    """Files that wait for a second try fill no disk."""
    settings.UPLOADS_MAX_BYTES = 300_000
    assert send(client, audio_file()).status_code == 200  # 176 kB
    refused = client.post(reverse("upload"), {"file": audio_file(seconds=5.0)})
    assert refused.status_code == 503
    assert refused["Retry-After"]
    assert "no room for another" in refused.content.decode()
    assert Classification.objects.count() == 1
    work()  # the first is answered and removed
    assert send(client, audio_file(seconds=5.0)).status_code == 200
