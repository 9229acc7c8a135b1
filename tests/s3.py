"""Fixtures for uploads in a bucket: a server that speaks S3, one for a whole run."""

from __future__ import annotations

import pytest
from django.conf import settings as site_settings

from scripts.testbed import s3
from scripts.testbed.s3 import BUCKET, CREDENTIALS


@pytest.fixture(scope="session")
def s3_server():
    with s3.running() as bucket:
        yield bucket


@pytest.fixture
def bucket(s3_server, settings, monkeypatch):
    """Have the site of this test keep its uploads in a bucket, which is empty at first."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    use_bucket(settings, s3_server.endpoint)
    s3_server.empty()
    return s3_server


def use_bucket(settings, endpoint: str, name: str = BUCKET) -> None:
    """Point the storage of uploads at an endpoint, as UPLOADS_S3_BUCKET does."""
    options = {
        "bucket_name": name,
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "location": "uploads",
    }
    backend = {"BACKEND": "genresite.storage_s3.S3Uploads", "OPTIONS": options}
    settings.STORAGES = site_settings.STORAGES | {"uploads": backend}
