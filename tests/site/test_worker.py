"""The worker as a process: what it survives."""

from __future__ import annotations

import os
import signal
import urllib.request
import uuid
from pathlib import Path

import numpy as np
import psutil
import pytest

from scripts.testbed import sound
from scripts.testbed.site import Site, wait_for
from tests.ml.audio import attacks

pytestmark = pytest.mark.worker
NEWEST = "select {} from classifier_classification order by id desc limit 1"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory, new_site):
    """A site whose worker may be killed."""
    with new_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def post_file(site: Site, path) -> None:
    """Upload as a browser does: the form's token and cookie, then the file."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(f"{site.url}/").read().decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    boundary = uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
        f"{token}\r\n--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(
        f"{site.url}/upload/",
        body,
        {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Referer": f"{site.url}/",
        },
    )
    assert opener.open(request).status == 200


def uploads(site: Site) -> list:
    return [path for path in (site.folder / "uploads").rglob("*") if path.is_file()]


def state_of_job(site: Site) -> str:
    rows = site.rows(NEWEST.format("state"))
    return rows[0][0] if rows else ""


def test_a_file_that_takes_gigabytes_to_decode_does_not_touch_the_worker(own_site, tmp_path):
    """20 KB that made the decoder take 5.6 GB when it ran in the worker."""
    site = own_site
    (pid, *_) = site.worker_pids()
    files = psutil.Process(pid).num_fds()
    post_file(site, attacks.huge_index(tmp_path / "attack.m4a", 80_000_000, tracks=10))
    wait_for(lambda: state_of_job(site) in {"done", "failed"}, 60, "the job to end")
    assert site.rows(NEWEST.format("state, error_kind, attempts, retryable")) == [
        ("failed", "no_sound", 1, 0)
    ]
    wait_for(lambda: not uploads(site), 30, "the file to be deleted")
    assert site.worker_pids()[0] == pid
    assert psutil.Process(pid).num_fds() <= files
    # Nor is FFmpeg loaded there at all.
    assert "libavformat" not in Path(f"/proc/{pid}/maps").read_text()


def test_a_job_killed_with_kill_9_runs_again_by_itself(own_site, tmp_path):
    site = own_site
    rng = np.random.default_rng(0)
    noise = (0.1 * rng.standard_normal(8_000 * 600)).astype(np.float32)
    path = sound.write(tmp_path / "long.wav", noise, rate_hz=8_000)
    (pid, *_) = site.worker_pids()
    post_file(site, path)
    wait_for(lambda: state_of_job(site) == "listening", 60, "the job to begin")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the worker to die")
    assert state_of_job(site) == "listening"  # it died in mid-job
    wait_for(lambda: state_of_job(site) == "done", 120, "the job to be done after all")
    ((attempts,),) = site.rows(NEWEST.format("attempts"))
    assert attempts == 2
    assert site.worker_pids()[0] != pid
    wait_for(lambda: not uploads(site), 30, "the file to be deleted")


def test_a_promotion_is_seen_by_running_processes(own_site, tmp_path):
    """Web and worker answer with the new model from the next request and job on."""
    site = own_site
    (pid, *_) = site.worker_pids()
    for i, model_id in enumerate(["musicnn-gtzan-2", "mel-cnn-gtzan-1"]):
        if site.health()["model"] != model_id:
            site.manage("promote_model", model_id, "--force")
        assert site.health()["model"] == model_id
        path = sound.write(tmp_path / f"{model_id}.wav", sound.chord(4.0, level=0.2 + 0.2 * i))
        post_file(site, path)
        wait_for(lambda: state_of_job(site) == "done", 60, "the answer")
        assert site.rows(NEWEST.format("model_id")) == [(model_id,)]
    assert site.worker_pids() == [pid]
    assert (site.folder / "models" / "default.txt").read_text() == "mel-cnn-gtzan-1\n"
