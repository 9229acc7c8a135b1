"""A server that speaks S3 on this machine (moto), with one bucket, as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.testbed.site import free_port, wait_for

BUCKET = "uploads-of-the-site"
# What boto3 reads: keys that no other server would take.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Bucket:
    """The bucket, seen from outside the site."""

    def __init__(self, endpoint: str):
        import boto3

        self.endpoint = endpoint
        self._bucket = boto3.resource(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        ).Bucket(BUCKET)

    @property
    def settings(self) -> dict[str, str]:
        """Return the environment of a site that keeps its uploads there."""
        return {
            **CREDENTIALS,
            "UPLOADS_S3_BUCKET": BUCKET,
            "UPLOADS_S3_ENDPOINT": self.endpoint,
            "UPLOADS_S3_REGION": "us-east-1",
        }

    def make(self) -> None:
        self._bucket.create()

    def names(self) -> list[str]:
        return sorted(found.key for found in self._bucket.objects.all())

    def read(self, name: str) -> bytes:
        return self._bucket.Object(name).get()["Body"].read()

    def empty(self) -> None:
        self._bucket.objects.all().delete()


@contextmanager
def running() -> Iterator[Bucket]:
    """Yield the bucket of a server that ends with the block."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"AWS_EC2_METADATA_DISABLED": "true"},
    )
    try:
        wait_for(lambda: _listens(port), 60, "the server that speaks S3")
        bucket = Bucket(f"http://127.0.0.1:{port}")
        bucket.make()
        yield bucket
    finally:
        server.terminate()
        server.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
