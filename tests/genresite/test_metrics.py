"""/metrics: for whom, and right with several processes of gunicorn."""

from __future__ import annotations

import os
import shutil
import threading
import urllib.error
import urllib.request

import pytest
from django.core.exceptions import ImproperlyConfigured
from prometheus_client.parser import text_string_to_metric_families

from genresite.metrics import set_up
from scripts.testbed.site import Site, wait_for

TOKEN = "a-token-for-the-tests"
PROCESSES, ASKED = 2, 40


def test_without_the_setting_there_is_no_such_page(client, db, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", "Bearer \u00e9"])
def test_without_the_token_it_says_that_it_needs_one(client, db, settings, sent):
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"authorization": sent} if sent else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert "genresite_" not in response.content.decode()


def test_with_the_token_it_tells_the_state_of_the_site(client, db, settings):
    settings.METRICS_TOKEN = TOKEN
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert "genresite_database_up 1.0" in response.content.decode()


def test_a_short_token_stops_the_start(tmp_path):
    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN is short"):
        set_up("short", tmp_path)


def test_what_others_may_have_put_there_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")
    set_up(TOKEN, tmp_path)
    folder = os.environ["PROMETHEUS_MULTIPROC_DIR"]
    assert os.stat(folder).st_mode & 0o077 == 0
    os.rmdir(folder)
    os.symlink(tmp_path, folder)
    try:
        with pytest.raises(ImproperlyConfigured, match="is not this user's own"):
            set_up(TOKEN, tmp_path)
    finally:
        os.unlink(folder)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(
        tmp_path_factory.mktemp("metrics"),
        METRICS_TOKEN=TOKEN,
        WEB_WORKERS=str(PROCESSES),
        LOG_LEVEL="INFO",
    )
    site.prepare().start("web")
    try:
        wait_for(site.health, 60, f"the web process ({site.tail()})")
        yield site
    finally:
        memory = site.shell("import os; print(os.environ['PROMETHEUS_MULTIPROC_DIR'])")
        site.stop()
        shutil.rmtree(memory)


def get(site, path: str, **headers: str) -> tuple[int, str]:
    try:
        request = urllib.request.Request(site.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def counted(site, view: str, status: int) -> float:
    text = get(site, "/metrics", Authorization=f"Bearer {TOKEN}")[1]
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "genresite_request_seconds_count"
        and (sample.labels["view"], sample.labels["status"]) == (view, str(status))
    )


def test_requests_of_all_processes_are_counted(site):
    threads = [
        threading.Thread(target=lambda: [get(site, "/about/") for _ in range(ASKED // 4)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    get(site, "/nothing/here/")
    # Whichever process is asked.
    assert {counted(site, "about", 200) for _ in range(6)} == {float(ASKED)}
    assert counted(site, "none", 404) == 1
