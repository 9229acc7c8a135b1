"""A site whose disk is full: pages, uploads, and how it goes on when there is room."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time

import pytest

from scripts.testbed.site import Site, wait_for

TOKEN = "a" * 32
DISK_MB = 12


@pytest.fixture
def small_disk(tmp_path):
    """A disk of a few megabytes, where the machine allows to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if mounted.returncode:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def site(small_disk, tmp_path):
    # The static files lie elsewhere: they alone are larger.
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    Site(elsewhere).prepare()
    site = Site(small_disk).prepare_like(elsewhere).start("web")
    try:
        wait_for(site.health, 60, f"the web process ({site.tail()})")
        yield site
    finally:
        site.stop()


def send(site, n_bytes: int) -> tuple[int, str]:
    """Send a file of some size, different each time by its size."""
    field = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = field.format("csrfmiddlewaretoken", "").encode() + TOKEN.encode() + b"\r\n"
    body += field.format("file", '; filename="a.wav"').encode() + b"s" * n_bytes + b"\r\n--b--\r\n"
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    ) as connection:
        connection.request(
            "POST",
            "/upload/",
            body,
            {
                "Content-Type": "multipart/form-data; boundary=b",
                "Cookie": f"csrftoken={TOKEN}",
            },
        )
        response = connection.getresponse()
        return response.status, response.read().decode()


def files_of(site) -> list[str]:
    return sorted(path.name for path in (site.folder / "uploads").rglob("*") if path.is_file())


def leave_half_a_file(site) -> None:
    """What a process that was killed two days ago left of an upload."""
    path = site.folder / "uploads/tmp/tmpold.upload"
    path.write_bytes(bytes(1_000_000))
    then = time.time() - 2 * 24 * 3600
    os.utime(path, (then, then))


def test_no_room_is_a_page_and_over_when_there_is_some(site):
    assert send(site, 1000)[0] == 302
    leave_half_a_file(site)
    kept = files_of(site)
    rows = site.rows("select count(*) from classifier_classification")
    filler = site.folder / "filler"
    with contextlib.suppress(OSError), filler.open("wb") as file:
        while file.write(bytes(1024)):
            file.flush()
    # While it arrives, while it is stored, and while its row is.
    for n_bytes in (4_000_000, 300_000, 3000):
        status, page = send(site, n_bytes)
        assert status == 503
        assert "no room for files" in page
    assert files_of(site) == kept
    assert site.rows("select count(*) from classifier_classification") == rows
    assert site.health()["status"] == "no worker"  # reading goes on
    # A command starts, and what it purges makes room.
    assert "1 uploaded files" in site.manage("purge_expired")
    kept.remove("tmpold.upload")
    assert send(site, 3001)[0] == 302
    filler.unlink()
    assert send(site, 4_000_000)[0] == 302
    # The answer is sent a moment before the draft is removed.
    wait_for(lambda: len(files_of(site)) == len(kept) + 2, 10, "the draft to be removed")
