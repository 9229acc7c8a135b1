"""The child process: real ones that talk to the fake YouTube through a proxy, and wicked ones."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from classifier.models import SourceCooldown
from classifier.sources import SourceError
from classifier.sources.youtube import source
from classifier.sources.youtube.ytdlp import process
from classifier.sources.youtube.ytdlp.config import Config
from classifier.sources.youtube.ytdlp.failures import YouTubeFailure
from scripts.testbed.fake_youtube import songs

ROOT = Path(__file__).resolve().parents[5]
SONG = songs.tiny_song(60)
ARGUMENTS = {"video_id": SONG.id, "rate_hz": 16_000}
PASSWORD = "pa55%2Fword-of-the-proxy"
TOKEN = "token-of-the-operator-0123456789"
COOKIES = (
    "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t4102444800\tSID\tcookie-value\n"
)
MARGIN_S = 1.5  # over a deadline, for killing and noticing


@pytest.fixture(autouse=True)
def _no_spare_from_elsewhere():
    """A spare child has the environment of the test that started it."""
    process.end_spare()
    yield
    process.end_spare()
    left = [child.status() for child in psutil.Process().children()]
    assert psutil.STATUS_ZOMBIE not in left


@pytest.fixture
def wicked(monkeypatch):
    """Have a script run in the place of the child process; `say` writes an event."""

    def play(script: str) -> None:
        prelude = "import json, os, subprocess, sys, time\nout = sys.stdout.buffer\n"
        prelude += "def say(**event):\n"
        prelude += "    out.write(json.dumps(event).encode() + b'\\n')\n    out.flush()\n"
        code = prelude + textwrap.dedent(script)
        monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", code])
        monkeypatch.setattr(process, "warm", lambda: None)

    return play


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_gone(*pids: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def kill_and_leave(pid: int) -> None:
    """Dead, and still to be waited for."""
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)


def failure_of(seconds: float = 20, **config) -> YouTubeFailure:
    with pytest.raises(YouTubeFailure) as caught:
        list(process.run("fetch", Config(**config), ARGUMENTS, seconds))
    return caught.value


def test_the_deadline_ends_the_child_and_what_it_started(wicked):
    wicked(
        """
        other = subprocess.Popen(["sleep", "60"])
        say(event="started", pids=[os.getpid(), other.pid])
        time.sleep(60)
        """
    )
    started = time.monotonic()
    events = process.run("fetch", Config(), ARGUMENTS, 1.5)
    pids = next(events)["pids"]
    with pytest.raises(YouTubeFailure) as caught:
        next(events)
    assert caught.value.kind == "timeout"
    assert 1.4 < time.monotonic() - started < 1.5 + MARGIN_S
    assert wait_until_gone(*pids)


@pytest.mark.parametrize(
    "end", ["os.abort()", "say(event='done')", "say(event='failure', kind='bot', detail='')"]
)
def test_what_a_child_started_ends_with_it(wicked, end):
    wicked(
        f"""
        other = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
        say(event="started", pids=[os.getpid(), other.pid])
        {end}
        """
    )
    pids = []
    with contextlib.suppress(YouTubeFailure):
        for event in process.run("fetch", Config(), ARGUMENTS, 10):
            pids += event["pids"]
    assert len(pids) == 2
    assert wait_until_gone(*pids)


def test_a_child_is_not_left_behind_by_a_reader_who_stops(wicked):
    wicked("say(event='started', pid=os.getpid())\ntime.sleep(60)")
    events = process.run("fetch", Config(), ARGUMENTS, 30)
    pid = next(events)["pid"]
    events.close()
    assert wait_until_gone(pid)


@pytest.mark.parametrize(
    "script",
    [
        "while True: out.write(b'x' * 65536)",
        "say(event='window', start_s=0, n=10**12)\nwhile True: out.write(b'x' * 65536)",
        "say(event='window', start_s=0, n=-1)",
        "say(event='window', start_s=0)",
        "say(event='window', start_s=0, n='many')",
        "say(event='window', start_s=0, n=1.5)",
        "out.write(b'[' * 1000000 + b'\\n'); out.flush()",
        "out.write(b'\\xff\\xfe\\n'); out.flush()",
        "out.write(b'no json\\n'); out.flush()",
        "out.write(b'[1, 2]\\n'); out.flush()",
        "say(event='failure')",
        "say(event='failure', kind=['bot'], detail={})",
        "say(event='failure', kind='no such kind', detail='x')",
        "sys.exit(3)",
        "os.close(1); time.sleep(60)",
        "os.abort()",
    ],
)
def test_nonsense_is_a_failure_and_nothing_worse(wicked, script):
    wicked(script)
    before = psutil.Process().memory_info().rss
    started = time.monotonic()
    assert failure_of().kind == "unknown"
    assert time.monotonic() - started < 8
    assert psutil.Process().memory_info().rss - before < 100e6


def test_a_child_that_does_not_take_its_task_holds_nobody(wicked):
    wicked("time.sleep(60)")
    started = time.monotonic()
    # More than a pipe holds.
    assert failure_of(1, cookies="x" * 1_000_000).kind == "timeout"
    assert time.monotonic() - started < 1 + MARGIN_S


def test_many_cookies_arrive_whole(wicked):
    wicked("say(event='told', n=len(json.loads(sys.stdin.readline())['config']['cookies']))\n"
           "say(event='done')")  # fmt: skip
    (told,) = process.run("fetch", Config(cookies="x" * 1_000_000), ARGUMENTS, 20)
    assert told["n"] == 1_000_000


def test_descriptors_are_given_back(wicked):
    wicked("say(event='window', start_s=0, n=0)\nsys.exit()")
    failure_of()
    before = psutil.Process().num_fds()
    for _ in range(5):
        failure_of()
    assert psutil.Process().num_fds() == before


@pytest.mark.django_db
def test_a_search_and_a_fetch_take_no_longer_than_their_deadlines(proxy, settings):
    settings.YOUTUBE_SEARCH_TIMEOUT_S = settings.YOUTUBE_FETCH_TIMEOUT_S = 2
    proxy.world.mode = "drip"
    calls = (
        lambda: source.find("chord"),
        lambda: source.fetch(SONG.id, 16_000, whole=False, progress=lambda text: None),
    )
    for call in calls:
        started = time.monotonic()
        with pytest.raises(SourceError, match="too slow"):
            call()
        assert time.monotonic() - started < 2 + MARGIN_S
    assert not SourceCooldown.objects.exists()


def test_a_dead_spare_is_replaced(proxy):
    process.warm()
    first = process.spare_pid()
    kill_and_leave(first)
    config = Config(proxy=proxy.url)
    (found,) = process.run("search", config, {"query": "chord", "limit": 5}, 20)
    assert [entry["id"] for entry in found["entries"]] == [SONG.id]
    second = process.spare_pid()
    assert second != first
    assert is_running(second)
    process.warm()
    assert process.spare_pid() == second
    kill_and_leave(second)
    process.warm()
    assert is_running(process.spare_pid())


PARENT = """
import sys
from classifier.sources.youtube.ytdlp import process
from classifier.sources.youtube.ytdlp.config import Config
events = process.run(
    "fetch", Config(proxy=sys.argv[1]), {"video_id": sys.argv[2], "rate_hz": 16000}, 60
)
next(events)
process.warm()
print(process.spare_pid(), flush=True)
list(events)
"""


def test_children_end_when_their_parent_is_killed(proxy):
    proxy.world.mode = "hang"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, proxy.url, SONG.id], cwd=ROOT, stdout=subprocess.PIPE
    )
    spare = int(parent.stdout.readline())
    (busy,) = (child.pid for child in psutil.Process(parent.pid).children() if child.pid != spare)
    deadline = time.monotonic() + 20
    while not proxy.world.log and time.monotonic() < deadline:
        time.sleep(0.05)
    assert proxy.world.log  # the busy one is at work
    assert is_running(busy)
    assert is_running(spare)
    parent.kill()
    parent.communicate()
    assert wait_until_gone(busy, spare)


def test_a_fork_does_not_keep_the_spare_alive():
    process.warm()
    spare = process.spare_pid()
    fork = os.fork()
    if fork == 0:  # what a forked worker process would see
        os._exit(int(process.spare_pid() is not None))
    assert os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1]) == 0
    assert process.spare_pid() == spare
    assert is_running(spare)


def test_no_secret_is_seen_from_outside(proxy, monkeypatch):
    """Neither in the arguments nor in the environment, which `ps` shows."""
    secret_proxy = proxy.url.replace("//", f"//someone:{PASSWORD}@")
    monkeypatch.setenv("YOUTUBE_PROXY", secret_proxy)
    monkeypatch.setenv("HTTPS_PROXY", secret_proxy)
    monkeypatch.setenv("all_proxy", secret_proxy)
    monkeypatch.setenv("SECRET_KEY", "a-very-secret-key")
    monkeypatch.setenv("DATABASE_URL", "postgres://someone:a-database-password@db/site")
    proxy.world.mode = "hang"
    config = Config(
        proxy=secret_proxy,
        cookies=COOKIES,
        extractor_args={"youtube": {"po_token": [f"web.gvs+{TOKEN}"]}},
    )
    others = psutil.Process().children()  # of other tests, such as the site that they share
    events = process.run("fetch", config, ARGUMENTS, 30)
    assert next(events)["event"] == "step"
    process.warm()
    spare = psutil.Process(process.spare_pid())
    (child,) = set(psutil.Process().children()) - {spare, *others}
    seen = f"{child.cmdline()} {child.environ()} {spare.environ()} {config!r}"
    events.close()
    assert "SSL_CERT_FILE" in seen
    for secret in (PASSWORD, "a-very-secret-key", "a-database-password", "cookie-value", TOKEN):
        assert secret not in seen


@pytest.mark.django_db
def test_a_cookies_file_is_read_and_never_written(proxy, settings, tmp_path):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES)
    os.utime(cookies, (1, 1))
    settings.YOUTUBE_COOKIES_FILE = str(cookies)
    assert len(source.find("chord")) == 1
    assert cookies.read_text() == COOKIES
    assert cookies.stat().st_mtime == 1
    assert [path.name for path in tmp_path.iterdir()].count("cookies.txt") == 1


@pytest.mark.django_db
def test_cookies_in_another_form_are_not_repeated(proxy, settings, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("SID=cookie-value; HSID=other-value\n")
    settings.YOUTUBE_COOKIES_FILE = str(cookies)
    with pytest.raises(SourceError) as caught:
        source.find("chord")
    assert "-value" not in f"{caught.value.detail} {caught.value} {caplog.text}"


@pytest.mark.django_db
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_the_password_of_a_broken_proxy_is_not_repeated(proxy, settings, caplog, scheme):
    caplog.set_level(logging.DEBUG)
    # Port 1: nobody listens there.
    settings.YOUTUBE_PROXY = f"{scheme}://someone:{PASSWORD}@127.0.0.1:1"
    with pytest.raises(SourceError) as caught:
        source.find("chord")
    assert caught.value.kind in {"proxy", "network"}
    assert caught.value.detail
    told = f"{caught.value.words} {caught.value.detail} {caplog.text}"
    assert PASSWORD not in told
    assert "pa55/word" not in told
