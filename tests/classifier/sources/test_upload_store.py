"""Uploads in a folder and in a bucket: the same, whichever it is."""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse

from classifier.models import Classification, HistoryEntry
from classifier.operations import retention
from classifier.sources import SourceError, upload_store
from scripts.testbed.site import free_port
from tests.s3 import use_bucket

SOUND = b"sound" * 1000


class Folder:
    """What tests ask of a bucket, asked of the folder."""

    def __init__(self, settings):
        self.path = settings.UPLOAD_DIR

    def names(self) -> list[str]:
        return sorted(f"uploads/{path.name}" for path in self.path.glob("*"))

    def read(self, name: str) -> bytes:
        return (self.path / name.removeprefix("uploads/")).read_bytes()


@pytest.fixture(params=["folder", "bucket"])
def place(request, settings):
    """Where uploads are, seen from outside the site."""
    return Folder(settings) if request.param == "folder" else request.getfixturevalue("bucket")


@pytest.fixture(params=["refused", "silent", "no such bucket"])
def away(request, bucket, settings, monkeypatch):
    """A bucket that cannot be had, in each way."""
    if request.param == "no such bucket":
        use_bucket(settings, bucket.endpoint, name="another-bucket")
    elif request.param == "refused":
        use_bucket(settings, f"http://127.0.0.1:{free_port()}")
    else:
        monkeypatch.setattr("genresite.storage_s3.READ_TIMEOUT_S", 0.2)
        monkeypatch.setattr("genresite.storage_s3.TRIES", 1)
        use_bucket(settings, request.getfixturevalue("silent_server"))
    return bucket


@pytest.fixture
def silent_server():
    """The address of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def sent(content: bytes = SOUND, name: str = "song.wav") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "audio/wav")


def test_it_stores_under_the_digest_and_equal_files_once(place):
    sha256 = upload_store.keep(sent())
    assert upload_store.keep(sent(name="copy.wav")) == sha256
    assert sha256 == hashlib.sha256(SOUND).hexdigest()
    assert place.names() == [f"uploads/{sha256}"]
    assert place.read(f"uploads/{sha256}") == SOUND
    assert upload_store.exists(sha256)


def test_an_opened_upload_is_a_file_of_this_machine(place):
    large = os.urandom(9 * 1024 * 1024)  # more than is held in memory
    sha256 = upload_store.keep(sent(large))
    with upload_store.opened(sha256) as file:
        assert os.fstat(file.fileno()).st_size == len(large)
        assert file.read() == large
        file.seek(5)
        assert file.read(3) == large[5:8]


def test_what_is_gone_is_told_and_removed_without_complaint(place):
    sha256 = upload_store.keep(sent())
    upload_store.remove(sha256)
    upload_store.remove(sha256)
    assert place.names() == []
    assert not upload_store.exists(sha256)
    with pytest.raises(SourceError) as error:
        upload_store.opened(sha256)
    assert error.value.kind == "upload_gone"


def test_it_tells_the_size_of_all_and_what_is_stale(place):
    assert upload_store.total_bytes() == 0
    digests = {upload_store.keep(sent(SOUND + b"!" * i)) for i in range(3)}
    assert upload_store.total_bytes() == 3 * len(SOUND) + 3
    now = datetime.now(UTC)
    assert set(upload_store.stale(now + timedelta(minutes=1))) == digests
    assert upload_store.stale(now - timedelta(minutes=1)) == []


def test_the_purge_removes_what_is_stale(db, place):
    upload_store.keep(sent())
    tomorrow = datetime.now(UTC) + timedelta(hours=retention.UPLOADS_HOURS + 1)
    assert retention.purge_expired(tomorrow, dry_run=True)["uploaded files"] == 1
    assert len(place.names()) == 1
    assert retention.purge_expired(tomorrow)["uploaded files"] == 1
    assert place.names() == []


def test_from_upload_to_answer_to_nothing_left(client, audio_file, work, place):
    client.post(reverse("upload"), {"file": audio_file("my song.wav")})
    row = Classification.objects.get()
    assert place.names() == [f"uploads/{row.source_id}"]
    assert work() == 1
    row.refresh_from_db()
    assert (row.state, row.genre) == ("done", "blues")
    assert place.names() == []


def test_the_bucket_is_told_nothing_of_the_file_and_gives_it_to_nobody(bucket):
    sha256 = upload_store.keep(sent(name="secret.wav"))
    stored = bucket._bucket.Object(f"uploads/{sha256}")
    assert stored.content_type == "application/octet-stream"
    assert stored.metadata == {}
    grantees = [grant["Grantee"] for grant in stored.Acl().grants]
    assert not [grantee for grantee in grantees if grantee["Type"] == "Group"]


def test_the_bucket_gets_a_large_file_in_one_part(bucket):
    sha256 = upload_store.keep(sent(os.urandom(9 * 1024 * 1024)))
    stored = bucket._bucket.Object(f"uploads/{sha256}")
    assert "-" not in stored.e_tag  # which tells the number of parts, where there are any


def test_uploads_have_no_address(place):
    sha256 = upload_store.keep(sent())
    with pytest.raises(ValueError, match="no address"):
        storages["uploads"].url(sha256)


def test_no_path_of_the_site_serves_one(client, place, settings):
    sha256 = upload_store.keep(sent())
    for folder in ("media", "uploads", "upload", "static/uploads", "static/../uploads"):
        response = client.get(f"/{folder}/{sha256}")
        assert response.status_code in {301, 404}, folder
        assert SOUND not in response.content
    assert not settings.UPLOAD_DIR.is_relative_to(settings.STATIC_ROOT)
    assert not any("media" in str(pattern.pattern) for pattern in get_resolver().url_patterns)


@pytest.mark.usefixtures("away", "db")
def test_with_the_storage_away_an_upload_is_refused_and_leaves_nothing(client, audio_file):
    response = client.post(reverse("upload"), {"file": audio_file()})
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    text = response.content.decode()
    assert "cannot reach the place where it keeps uploaded files" in text
    assert "Try again in a few minutes." in text
    assert not Classification.objects.exists()
    assert not HistoryEntry.objects.exists()


@pytest.mark.usefixtures("stub_classifier")
def test_a_storage_that_is_away_for_the_worker_can_be_tried_again(
    client, audio_file, work, bucket, settings
):
    client.post(reverse("upload"), {"file": audio_file()})
    row = Classification.objects.get()
    use_bucket(settings, f"http://127.0.0.1:{free_port()}")
    assert work() == 1
    row.refresh_from_db()
    assert (row.state, row.error_kind, row.retryable) == ("failed", "storage_away", True)
    page = client.post(reverse("retry", args=[row.public_id]), follow=True)
    assert "cannot reach the place" in page.content.decode()
    use_bucket(settings, bucket.endpoint)
    client.post(reverse("retry", args=[row.public_id]))
    assert work() == 1
    row.refresh_from_db()
    assert row.state == "done"
    assert bucket.names() == []


@pytest.mark.usefixtures("away")
def test_the_rest_of_the_purge_goes_on_with_the_storage_away(db, make_classification):
    song = make_classification()
    old = HistoryEntry.objects.create(
        visitor="me", classification=song, created_at=datetime(2000, 1, 1, tzinfo=UTC)
    )
    counts = retention.purge_expired()
    assert counts["history entries"] == 1
    assert not HistoryEntry.objects.filter(pk=old.pk).exists()


@pytest.mark.usefixtures("away")
def test_to_remove_is_never_a_failure():
    upload_store.remove("a" * 64)
