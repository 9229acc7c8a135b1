"""Uploads in a bucket that speaks S3, for a site on several machines (requirements-s3.txt)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from classifier.sources.upload_store import StoredFile

# Nobody waits longer for a bucket that does not answer: three tries of each request.
CONNECT_TIMEOUT_S, READ_TIMEOUT_S, TRIES = 3, 10, 3
MOST_BYTES = 5 * 1024**3  # in one request, by the protocol
IN_MEMORY_BYTES = 1024 * 1024  # of a file that is read; what is larger goes to a temporary file


class S3Uploads(S3Storage):  # type: ignore[misc]  # no types
    """Private objects under one prefix; whatever the bucket answers wrong is a ConnectionError."""

    def __init__(self, **options: Any):
        super().__init__(
            client_config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                # Servers that only resemble Amazon's refuse the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            # Each file in one request: a process that dies leaves no parts behind, which nobody
            # would see and everybody would pay for.
            transfer_config=TransferConfig(use_threads=False, multipart_threshold=MOST_BYTES),
            max_memory_size=IN_MEMORY_BYTES,
            # What a browser says of its file is nothing that the bucket needs to know.
            object_parameters={"ContentType": "application/octet-stream"},
            file_overwrite=True,  # names are digests: the same name is the same content
            default_acl=None,
            querystring_auth=True,
            custom_domain=None,
            gzip=False,
            **options,
        )

    @property
    def bucket(self) -> Any:
        """Return this thread's bucket: boto3's resources are not made to be shared by threads."""
        return self.connection.Bucket(self.bucket_name)

    def _open(self, name: str, mode: str = "rb") -> File:
        with _reached():
            opened: File = super()._open(name, mode)
            opened.open()  # fetches it now, where a failure has a name
        return opened

    def _save(self, name: str, content: File) -> str:
        with _reached():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        with _reached():
            super().delete(name)

    def exists(self, name: str) -> bool:
        with _reached():
            return bool(super().exists(name))

    def url(self, name: str | None, **options: Any) -> str:
        raise ValueError("Uploads have no address: nobody is served one.")

    def entries(self) -> Iterator[StoredFile]:
        """Yield what is stored; one request tells a thousand."""
        prefix = f"{self.location.strip('/')}/"
        with _reached():
            for found in self.bucket.objects.filter(Prefix=prefix):
                yield StoredFile(found.key.removeprefix(prefix), found.size, found.last_modified)


@contextmanager
def _reached() -> Iterator[None]:
    """Turn what boto3 raises into a ConnectionError, so that no other module needs to know it."""
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        raise ConnectionError(f"the bucket of uploads: {error}") from error
