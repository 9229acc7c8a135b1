"""The worker as a process: what it survives."""

from __future__ import annotations

import os
import signal
import threading
import urllib.request
from pathlib import Path

import numpy as np
import psutil
import pytest

from scripts.chaos import processes
from scripts.testbed import attacks, sound
from scripts.testbed.site import Site, wait_for
from scripts.testbed.visitor import Visitor

pytestmark = pytest.mark.worker
NEWEST = "select {} from classifier_classification order by id desc limit 1"


@pytest.fixture(scope="module")
def own_site(tmp_path_factory, new_site):
    """A site whose worker may be killed."""
    with new_site(tmp_path_factory.mktemp("site")) as running:
        yield running


def long_file(folder: Path, seconds: int) -> Path:
    """Noise, which takes as long to classify as music does."""
    noise = 0.1 * np.random.default_rng(0).standard_normal(8_000 * seconds)
    return sound.write(folder / "long.wav", noise.astype(np.float32), rate_hz=8_000)


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
    Visitor(site.url).send(attacks.huge_index(tmp_path / "attack.m4a", 80_000_000, tracks=10))
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
    path = long_file(tmp_path, 600)
    (pid, *_) = site.worker_pids()
    Visitor(site.url).send(path)
    wait_for(lambda: state_of_job(site) == "listening", 60, "the job to begin")
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), 10, "the worker to die")
    assert state_of_job(site) == "listening"  # it died in mid-job
    wait_for(lambda: state_of_job(site) == "done", 120, "the job to be done after all")
    ((attempts,),) = site.rows(NEWEST.format("attempts"))
    assert attempts == 2
    assert site.worker_pids()[0] != pid
    wait_for(lambda: not uploads(site), 30, "the file to be deleted")


def test_an_idle_worker_that_is_killed_has_a_successor_that_goes_on(own_site, tmp_path):
    site = own_site
    (pid, *_) = site.worker_pids()
    os.kill(pid, signal.SIGKILL)
    Visitor(site.url).send(sound.write(tmp_path / "short.wav", sound.tone(4.0, 330.0)))
    wait_for(lambda: state_of_job(site) == "done", 120, "the answer")
    assert site.rows(NEWEST.format("attempts")) == [(1,)]
    assert site.worker_pids()[0] != pid


def test_gunicorn_reloads_without_a_refused_request(own_site):
    """As the README has it: HUP to gunicorn's main process."""
    main = processes.gunicorn_main(own_site.process.pid)
    before = processes.children(main)
    answers, stopping = [], threading.Event()

    def visit() -> None:
        while not stopping.is_set():
            try:
                with urllib.request.urlopen(f"{own_site.url}/about/", timeout=60) as response:
                    answers.append(response.status)
            except OSError as error:
                answers.append(error)

    visitors = [threading.Thread(target=visit) for _ in range(3)]
    for visitor in visitors:
        visitor.start()
    try:
        os.kill(main, signal.SIGHUP)
        wait_for(
            lambda: processes.children(main) and not set(before) & set(processes.children(main)),
            60,
            "another worker of gunicorn",
        )
    finally:
        stopping.set()
        for visitor in visitors:
            visitor.join()
    assert len(answers) >= len(visitors)
    assert set(answers) == {200}


def test_a_promotion_is_seen_by_running_processes(own_site, tmp_path):
    """Web and worker answer with the new model from the next request and job on."""
    site = own_site
    (pid, *_) = site.worker_pids()
    for i, model_id in enumerate(["musicnn-gtzan-2", "mel-cnn-gtzan-1"]):
        if site.health()["model"] != model_id:
            site.manage("promote_model", model_id, "--force")
        assert site.health()["model"] == model_id
        path = sound.write(tmp_path / f"{model_id}.wav", sound.chord(4.0, level=0.2 + 0.2 * i))
        Visitor(site.url).send(path)
        wait_for(lambda: state_of_job(site) == "done", 60, "the answer")
        assert site.rows(NEWEST.format("model_id")) == [(model_id,)]
    assert site.worker_pids() == [pid]
    assert (site.folder / "models" / "default.txt").read_text() == "mel-cnn-gtzan-1\n"


def test_a_site_that_is_told_to_end_gives_its_job_back_and_leaves_no_process(tmp_path, prepared):
    site = Site(tmp_path / "data", YOUTUBE_ENABLED="0", STOP_GRACE_S="1")
    site.folder.mkdir()
    site.prepare_like(prepared).start().wait_until_ready()
    Visitor(site.url).send(long_file(tmp_path, 1100))
    wait_for(lambda: state_of_job(site) == "listening", 60, "the job to begin")
    everything = processes.descendants(site.process.pid)
    site.process.send_signal(signal.SIGTERM)
    assert site.process.wait(60) == 0
    wait_for(lambda: not any(map(processes.is_alive, everything)), 30, "all to end")
    assert site.rows(NEWEST.format("state, attempts, held_by")) == [("queued", 0, None)]
    assert site.rows("select count(*) from classifier_worker") == [(0,)]
    site.start()
    try:
        wait_for(lambda: state_of_job(site) == "done", 180, "the job to be done after all")
    finally:
        site.stop()
    assert site.rows(NEWEST.format("attempts")) == [(1,)]


def test_a_job_that_takes_too_long_fails_and_the_next_is_done(tmp_path, new_site):
    limits = dict.fromkeys(("YOUTUBE_FETCH_TIMEOUT_S", "YOUTUBE_WHOLE_TIMEOUT_S"), "4")
    (tmp_path / "data").mkdir()
    with new_site(tmp_path / "data", QUEUE_TIMEOUT_S="5", **limits) as site:
        (pid, *_) = site.worker_pids()
        Visitor(site.url).send(long_file(tmp_path, 1190))
        wait_for(lambda: state_of_job(site) == "failed", 60, "the job to be given up")
        assert site.rows(NEWEST.format("error_kind, attempts")) == [("took_too_long", 1)]
        assert not processes.is_alive(pid)
        site.wait_until_ready()
        Visitor(site.url).send(sound.write(tmp_path / "short.wav", sound.tone(4.0, 330.0)))
        wait_for(lambda: state_of_job(site) == "done", 120, "the answer")


def test_a_worker_that_rests_gives_its_memory_back_and_answers_all_the_same(
    tmp_path_factory, new_site, tmp_path
):
    with new_site(tmp_path_factory.mktemp("resting"), MODEL_IDLE_MINUTES="1") as site:
        (pid, *_) = site.worker_pids()
        worker = psutil.Process(pid)
        warm = worker.memory_info().rss
        wait_for(lambda: "--cold" in worker.cmdline(), 90, "the worker to rest")
        wait_for(lambda: not worker.children(), 10, "its spare processes to end")
        assert site.health()["workers_ready"] == 1
        visitor = Visitor(site.url)
        assert worker.memory_info().rss < warm / 2
        visitor.send(sound.write(tmp_path / "song.wav", sound.chord(4.0)))
        wait_for(lambda: state_of_job(site) == "done", 60, "the answer")
        assert site.worker_pids() == [pid]
        assert site.rows(NEWEST.format("attempts")) == [(1,)]
