"""What pages cost: how many a second, and how long one waits, beside an idle worker and a busy one.

For SQLite, and for PostgreSQL where BENCH_POSTGRES_URL names a server on which databases may be
made; with a thousand answers, and with a million if there is room (`BENCH_ANSWERS=1000,1000000`,
which is the default). The site is the real one: gunicorn, a worker with the real model, and the
fake YouTube for searches. All on this machine, the clients included, so it is ratios that count.

- `result_10`, `result_300`: one answer, of half a minute and of a whole song, asked for again and
  again, so that what is kept of it is at hand
- `result_any`: another answer each time, of all there are, so that hardly anything is
- `cpu`: what the web process computed for a page, whatever else the machine was doing
- `paced`: result pages at RATE a second, as visitors come, whatever the site does
"""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil

from scripts.bench import load, songs
from scripts.testbed import sound
from scripts.testbed.browser import Browser
from scripts.testbed.site import ROOT, Site, wait_for

ANSWERS = [int(n) for n in os.environ.get("BENCH_ANSWERS", "1000,1000000").split(",")]
SECONDS, PACED_S, RATE = 3.0, 8.0, 50.0
CLIENTS = (1, 8)
ANY = 2_000  # other answers that are asked for in turn
BUSY_FILES, BUSY_FILE_S = 12, 1_000.0  # what a worker has to do meanwhile
COLUMNS = ("per s", "p50 ms", "p95", "p99", "cpu")
LIMITS = (
    "SEARCHES_PER_MINUTE", "SEARCHES_PER_MINUTE_IN_ALL", "JOBS_PER_HOUR", "JOBS_PER_HOUR_IN_ALL",
    "JOBS_AT_ONCE",
)  # fmt: skip


def measure() -> dict:
    songs.check_room(max(ANSWERS))
    found: dict = {"load_average_before": os.getloadavg()[0]}
    for database in ("sqlite", "postgresql"):
        if database == "postgresql" and not os.environ.get("BENCH_POSTGRES_URL"):
            continue
        by_size = {n: _of(database, n) for n in ANSWERS}
        found[database] = {
            "answers": by_size,
            "p95_of_many_per_few": _ratios(by_size[max(ANSWERS)], by_size[min(ANSWERS)], "p95_ms"),
            "cpu_of_many_per_few": _ratios(by_size[max(ANSWERS)], by_size[min(ANSWERS)], "cpu_ms"),
        }
    return found | {"load_average_after": os.getloadavg()[0]}


def as_text(result: dict) -> list[str]:
    """Return the lines of a table."""
    lines = [f"  load average {result['load_average_before']} to {result['load_average_after']}"]
    head = ["page", "clients", *COLUMNS, *(f"busy: {name}" for name in COLUMNS)]
    for database in ("sqlite", "postgresql"):
        for n, phases in result.get(database, {}).get("answers", {}).items():
            lines += ["", f"  {database}, {n} answers", _row(head)]
            for name, idle in phases["idle"].items():
                page, clients = name.split(" x ")
                lines.append(
                    _row([page, clients, *_numbers(idle), *_numbers(phases["busy"][name])])
                )
        if database in result:
            lines += [
                "",
                "  With the most answers, that with the fewest = 1, beside a busy worker:",
            ]
            lines.append(_row(["", "p95", "cpu"]))
            p95, cpu = (result[database][f"{key}_of_many_per_few"] for key in ("p95", "cpu"))
            lines += [_row([name, p95[name], cpu[name]]) for name in p95]
    return lines


def _numbers(measured: dict) -> list:
    return [measured[key] for key in ("per_s", "p50_ms", "p95_ms", "p99_ms", "cpu_ms")]


def _row(cells: list) -> str:
    return f"  {cells[0]:<18}" + "".join(f"{cell!s:>13}" for cell in cells[1:])


def _ratios(many: dict, few: dict, key: str) -> dict:
    return {
        name: round(many["busy"][name][key] / measured[key], 2) if measured[key] else None
        for name, measured in few["busy"].items()
    }


def _of(database: str, n: int) -> dict:
    from scripts.testbed.fake_youtube import songs as youtube_songs
    from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
    from scripts.testbed.fake_youtube.world import World

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        # The songs are those of a year: the worker would begin with forgetting the oldest.
        env = dict.fromkeys((*LIMITS, "HISTORY_DAYS", "FAILURES_DAYS"), "0")
        if database == "postgresql":
            server = os.environ["BENCH_POSTGRES_URL"]
            env["DATABASE_URL"] = stack.enter_context(_new_database(server))
        youtube = stack.enter_context(FakeYouTubeProxy(World(youtube_songs.demo_songs())))
        site = Site(folder, **env, **youtube.environment).prepare()
        cookie = _filled(site, n)
        sound.write(folder / "song.mp3", sound.chord(BUSY_FILE_S))
        site.start()
        stack.callback(site.stop)
        site.wait_until_ready()
        pages = _pages(n)
        for paths in pages.values():  # templates are read, the child process for searches is warm
            load.ask(url=site.url, paths=paths[:1], seconds=0.5, cookie=cookie)
        idle = _phase(site, pages, cookie)
        return {"idle": idle, "busy": _busy_phase(site, folder, pages, cookie)}


def _pages(n: int) -> dict[str, list[str]]:
    chance = random.Random(2)
    answered = [i for i in range(min(n, 10 * ANY)) if songs.is_answered(i)]
    if n > len(answered):
        answered = list(filter(songs.is_answered, chance.sample(range(n), min(n, 2 * ANY))))
    chance.shuffle(answered)
    return {
        "home": ["/"],
        "result_10": ["/song/bench-10/"],
        "result_300": ["/song/bench-300/"],
        "result_any": [f"/song/{songs.public_id(i)}/" for i in answered[:ANY]],
        "history": ["/history/"],
        "search": ["/search/?q=song"],
        "health": ["/health/"],
    }


def _phase(site: Site, pages: dict[str, list[str]], cookie: str) -> dict:
    found = {
        f"{page} x {clients}": _measured(
            site, paths=paths, seconds=SECONDS, clients=clients, cookie=cookie
        )
        for page, paths in pages.items()
        for clients in CLIENTS
    }
    for page in ("result_10", "result_300", "result_any"):
        # From the end, so that these are not the answers that were just asked for.
        found[f"paced_{page[7:]} x {RATE:g}/s"] = _measured(
            site, paths=pages[page][::-1], seconds=PACED_S, rate=RATE, cookie=cookie
        )
    return found


def _measured(site: Site, **order) -> dict:
    before = _web_cpu_s(site)
    found = load.ask(url=site.url, **order)
    if found["failed"]:
        raise RuntimeError(f"{found['failed']} failed, {found['first_failure']}")
    spent_s = _web_cpu_s(site) - before
    return found | {"cpu_ms": round(1000 * spent_s / max(1, found["requests"]), 1)}


def _web_cpu_s(site: Site) -> float:
    """Return the seconds that gunicorn's processes have computed so far."""
    family = psutil.Process(site.process.pid).children(recursive=True)
    times = [one.cpu_times() for one in family if "gunicorn" in " ".join(one.cmdline())]
    return sum(time.user + time.system for time in times)


def _busy_phase(site: Site, folder: Path, pages: dict[str, list[str]], cookie: str) -> dict:
    """The same while the worker has songs to classify from the beginning to the end."""
    sender = Browser(site.url)
    encoded = (folder / "song.mp3").read_bytes()
    for i in range(BUSY_FILES):
        path = folder / f"song-{i}.mp3"
        path.write_bytes(encoded + bytes(i))  # other files of the same sound
        if (sent := sender.upload(path)).status != 200:
            raise RuntimeError(f"an upload was answered {sent.status}")
    wait_for(lambda: _waiting(site) < BUSY_FILES, 60, "the worker to begin")
    found = _phase(site, pages, cookie)
    if not _waiting(site):
        raise RuntimeError("the worker had nothing left to do before the end")
    return found


def _waiting(site: Site) -> int:
    return site.health().get("waiting", 0)


@contextlib.contextmanager
def _new_database(server: str) -> Iterator[str]:
    """A database of a random name on a server, dropped in the end; gives its URL."""
    import psycopg

    name = f"genresite_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _filled(site: Site, n: int) -> str:
    """Fill the database, in a process with the site's settings; gives the visitor's cookie."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.web", str(n)],
        cwd=ROOT,
        env=site.env,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def _main(n: int) -> None:
    import django

    django.setup()
    from importlib import import_module

    from django.conf import settings
    from django.utils import timezone

    from classifier.models import HistoryEntry, Spectrogram
    from classifier.visitors.identity import SESSION_KEY
    from ml.registry.bundles import SHIPPED

    songs.fill(n)
    for segments in (10, 300):
        row = songs.song(
            4, timezone.now(), random.Random(segments),
            model_id=SHIPPED.card().model_id, segments=segments,
        )  # fmt: skip
        row.public_id, row.source_id = f"bench-{segments}", f"bench{segments:06}"
        row.save()
        Spectrogram.objects.create(
            classification=row, png=os.urandom(8_000), columns=[10 * segments]
        )
        HistoryEntry.objects.create(visitor=songs.VISITOR, classification=row)
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = songs.VISITOR
    session.save()
    print(f"{settings.SESSION_COOKIE_NAME}={session.session_key}")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
