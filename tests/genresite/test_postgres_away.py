"""A site whose PostgreSQL stops or freezes says so, and goes on when it is back."""

from __future__ import annotations

import http.client
import threading
import time

import pytest

from scripts.testbed.postgres import Cluster
from scripts.testbed.site import Site, wait_for

pytestmark = pytest.mark.postgres_programs
THREADS = 4
LONG_S = 30  # nobody waits as long for a page


@pytest.fixture(scope="module")
def cluster():
    cluster = Cluster()
    try:
        yield cluster.make().start()
    finally:
        cluster.remove()


@pytest.fixture(scope="module")
def site(cluster, tmp_path_factory):
    site = Site(
        tmp_path_factory.mktemp("away"),
        DATABASE_URL=cluster.url,
        DATABASE_TIMEOUT_S="3",
        WEB_THREADS=str(THREADS),
    )
    site.prepare().start("web")
    try:
        wait_for(site.health, 60, f"the web process ({site.tail()})")
        yield site
    finally:
        site.stop()


def get(site, path: str, **headers: str) -> tuple[int, str, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=LONG_S)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body, dict(response.getheaders())


def statuses(site, path: str, n: int) -> list[int]:
    """Ask at once, as several visitors do."""
    found = []
    threads = [threading.Thread(target=lambda: found.append(get(site, path)[0])) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    return found


def test_a_database_that_is_stopped_is_a_page_and_what_needs_none_goes_on(site, cluster):
    assert statuses(site, "/", THREADS) == [200] * THREADS
    cluster.stop()
    status, page, headers = get(site, "/")
    assert (status, headers["Retry-After"]) == (503, "30")
    assert "cannot reach its database" in page
    assert "Traceback" not in page
    status, text, _ = get(site, "/health/", Accept="application/json")
    assert status == 503
    assert '"cause": "database"' in text
    # With the cookie of a visitor too, whose session nobody can read now.
    for headers in ({}, {"Cookie": "sessionid=abcdefghijklmnopqrstuvwxyz012345; csrftoken=x"}):
        for path in ("/about/", "/how-it-works/"):
            assert get(site, path, **headers)[0] == 200
    cluster.start()
    # At once and for every thread: none keeps a connection of before.
    assert statuses(site, "/", 3 * THREADS) == [200] * 3 * THREADS


def test_connections_that_were_cut_are_not_met_by_visitors(site, cluster):
    statuses(site, "/", THREADS)
    cluster.stop("immediate")
    cluster.start()
    assert statuses(site, "/", 3 * THREADS) == [200] * 3 * THREADS


def test_a_database_that_is_frozen_keeps_no_page_from_being_answered(site, cluster):
    statuses(site, "/", THREADS)
    cluster.freeze()
    try:
        assert statuses(site, "/", 2 * THREADS) == [503] * 2 * THREADS
        # Now it is known, and no thread waits for it at all.
        assert get(site, "/")[0] == 503
        for path in ("/about/", "/how-it-works/"):
            assert get(site, path)[0] == 200
    finally:
        cluster.thaw()
    wait_for(lambda: get(site, "/")[0] == 200, LONG_S, "the database to be asked again")


def test_a_statement_that_takes_too_long_is_given_up_by_the_server(cluster, site):
    """The web's own settings, in another process."""
    script = (
        "from django.db import connection, OperationalError\n"
        "try:\n"
        "    connection.cursor().execute('SELECT pg_sleep(60)')\n"
        "except OperationalError as error:\n"
        "    print(error.__cause__.sqlstate)"
    )
    started = time.monotonic()
    assert site.shell(script) == "57014"
    assert time.monotonic() - started < LONG_S
