"""Two web and two worker processes, each on a machine of its own as far as files go.

They share a PostgreSQL database, a bucket and SECRET_KEY, and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.testbed import sound
from scripts.testbed.browser import Browser, Page
from scripts.testbed.fake_youtube import songs
from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.search import EVERYTHING
from scripts.testbed.fake_youtube.world import World
from scripts.testbed.site import Site, wait_for
from tests.needs import need
from tests.site.conftest import UNLIMITED
from tests.upgrade.postgres import new_database

pytestmark = [pytest.mark.worker, pytest.mark.postgres]

SONGS = 6
CORRECTIONS = 2


@pytest.fixture(scope="module")
def machines(tmp_path_factory, prepared, s3_server) -> Iterator[SimpleNamespace]:
    """The web processes a and b, and the worker of each, which a test starts."""
    with (
        new_database(need("postgres")) as database,
        FakeYouTubeProxy(World(songs.demo_songs())) as youtube,
    ):
        s3_server.empty()
        env = {
            **UNLIMITED,
            "CORRECTIONS_PER_HOUR": str(CORRECTIONS),
            "DATABASE_URL": database,
            **s3_server.settings,
            **youtube.environment,
        }

        def machine(name: str, *, static: bool = True) -> Site:
            folder = tmp_path_factory.mktemp(name)
            if static:
                (folder / "static").symlink_to(prepared / "static")
            return Site(folder, **env)

        a, b, worker_a, worker_b, bare = (
            machine("web-a"), machine("web-b"), machine("worker-a"), machine("worker-b"),
            machine("bare", static=False),
        )  # fmt: skip
        (bare.folder / "static").mkdir()
        a.manage("migrate", "--verbosity", "0")
        started: list[Site] = []

        def start(site: Site, process: str) -> None:
            site.start(process)
            started.append(site)

        try:
            for web in (a, b, bare):
                start(web, "web")
            start(worker_b, "worker")
            for web in (a, b, bare):
                wait_for(web.health, 60, f"a web process ({web.tail()})")
            b.wait_until_ready()
            yield SimpleNamespace(
                a=a, b=b, bare=bare, worker_a=worker_a, worker_b=worker_b, bucket=s3_server,
                start=start,
            )  # fmt: skip
        finally:
            for site in started:
                site.stop()


@pytest.fixture
def visitor(machines) -> Browser:
    return Browser(machines.a.url)


def song(folder: Path, name: str, level: float = 0.5) -> Path:
    return sound.write(folder / name, sound.chord(5.0, level=level))


def answered(visitor: Browser, url: str) -> Page:
    """Wait for the result page."""

    def page() -> Page | None:
        found = visitor.get(url)
        assert found.status == 200, found.text
        assert "Try again" not in found.text, found.text
        return found if 'id="odds-title"' in found.text else None

    return wait_for(page, 120, f"the answer at {url}")


def files_of(machine: Site) -> list[Path]:
    """Return what a machine has kept of uploads, files on their way included."""
    return [path for path in (machine.folder / "uploads").rglob("*") if path.is_file()]


def path_of(page: Page, machine: Site) -> str:
    return page.url.removeprefix(machine.url)


def test_sent_to_one_answered_by_the_other_and_read_at_the_other(machines, visitor, tmp_path):
    sent = visitor.upload(song(tmp_path, "my song.wav"))
    assert sent.status == 200
    path = path_of(sent, machines.a)
    there = visitor.at(machines.b.url)
    page = answered(there, path)
    # The only worker is another machine's than the one that took the file.
    assert files_of(machines.worker_b) == files_of(machines.a) == []
    assert "my song.wav" in page.text
    assert there.get(f"{path}status/").headers["X-Finished"] == "yes"
    picture = there.get(f"{path}spectrogram.png")
    assert (picture.status, picture.body[:4]) == (200, b"\x89PNG")
    assert "my song.wav" in there.get("/history/").text
    assert "my song.wav" not in Browser(machines.b.url).get(path).text
    assert machines.bucket.names() == []


def test_chosen_at_one_and_sent_to_the_other(machines, visitor):
    page = visitor.get(f"/search/?q={EVERYTHING}").text
    choice = re.search(r'name="choice" value="([^"]+)"', page)[1]
    there = visitor.at(machines.b.url)
    sent = there.post("/classify/", choice=choice)
    assert "no longer valid" not in sent.text
    answered(visitor, path_of(sent, machines.b))
    # A picture of a video has an address that is signed, and is fetched by either.
    picture = re.search(r'src="(/thumbnail/[^"]+)"', page)[1].replace("&amp;", "&")
    for machine in (machines.b, machines.a):
        found = visitor.at(machine.url).get(picture)
        assert (found.status, found.headers["Content-Type"]) == (200, "image/jpeg")


def test_what_one_counts_the_other_knows(machines, visitor, tmp_path):
    path = path_of(visitor.upload(song(tmp_path, "counted.wav", 0.45)), machines.a)
    answered(visitor, path)
    there = visitor.at(machines.b.url)
    said = [
        browser.post(f"{path}correct/", genre="jazz").text
        for browser in [visitor] * CORRECTIONS + [there]
    ]
    assert all("You say" in page for page in said[:CORRECTIONS])
    assert "You say" in there.get(path).text
    refused = there.post(f"{path}correct/", genre="rock")
    assert "rock" not in re.search(r"You say: (.+)", there.get(path).text)[1]
    assert refused.status in {200, 429}


def test_a_machine_without_its_static_files_still_says_what_is_wrong(machines):
    page = Browser(machines.bare.url).get("/about/")
    assert page.status == 500
    assert "Something broke on our side" in page.text
    assert Browser(machines.bare.url).get("/no-such-page/").status in {404, 500}
    assert machines.bare.health()["workers_ready"]


def test_two_workers_share_the_work_and_leave_nothing(machines, visitor, tmp_path):
    machines.start(machines.worker_a, "worker")
    wait_for(lambda: machines.a.health()["workers_ready"] == 2, 180, "both workers")
    webs = [machines.a, machines.b]
    paths = []
    for i in range(SONGS):
        web = webs[i % 2]
        page = visitor.at(web.url).upload(song(tmp_path, f"song {i}.wav", 0.1 + 0.05 * i))
        assert page.status == 200
        paths.append(path_of(page, web))
    for i, path in enumerate(paths):
        answered(visitor.at(webs[(i + 1) % 2].url), path)
    titles = [entry["title"] for entry in json.loads(visitor.get("/history/export.json").body)]
    assert sorted(titles) == [f"song {i}.wav" for i in range(SONGS)]
    assert machines.bucket.names() == []
    for site in (machines.worker_a, machines.worker_b, *webs):
        assert files_of(site) == []
