"""A site below a path of its host: addresses, cookies, and what is no path."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string

from classifier.operations.checks import check_base_path
from genresite.base_path import below
from genresite.env import env_base_path

ROOT = Path(__file__).resolve().parents[2]
ABOUT_SETTINGS = """
import json
from genresite import settings
names = [name for name in dir(settings) if "COOKIE" in name or name == "SECURE_REDIRECT_EXEMPT"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("", "/"),
        ("/", "/"),
        ("genre", "/genre/"),
        ("/genre", "/genre/"),
        (" /music//genre/ ", "/music/genre/"),
    ],
)
def test_a_base_path_may_be_written_in_several_ways(monkeypatch, value, path):
    monkeypatch.setenv("BASE_PATH", value)
    assert env_base_path("BASE_PATH") == path


@pytest.mark.parametrize("value", ["https://example.org/genre/", "/a b/", "/../", "/ä/", "/a?b/"])
def test_what_is_no_path_stops_the_start_with_a_sentence(monkeypatch, value):
    monkeypatch.setenv("BASE_PATH", value)
    with pytest.raises(ImproperlyConfigured, match=r"as /genre/\.$"):
        env_base_path("BASE_PATH")


@pytest.mark.parametrize(
    ("path", "script_name", "path_info"),
    [
        ("/genre/search/", "/genre", "/search/"),  # passed on as it is
        ("/genre/", "/genre", "/"),
        ("/genre", "/genre", ""),
        ("/search/", "", "/search/"),  # the proxy has taken the path off
        ("/livez", "", "/livez"),
        ("/genres/", "", "/genres/"),
        ("/x/genre/", "", "/x/genre/"),
    ],
)
def test_the_base_path_is_taken_off_once(path, script_name, path_info):
    seen = {}
    asked = {"PATH_INFO": path, "SCRIPT_NAME": ""}
    list(below(lambda environ, _: seen.update(environ) or [], "/genre/")(asked, lambda *_: None))
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"]) == (script_name, path_info)
    assert asked["PATH_INFO"] == path  # the server's own log tells what it was asked


def test_without_one_nothing_is_between():
    def application(environ, start_response):
        return []

    assert below(application, "/") is application


def told(tmp_path, **env: str) -> dict:
    whole = os.environ | {"DATA_DIR": str(tmp_path), "SECRET_KEY": "x"} | env
    done = subprocess.run(
        [sys.executable, "-c", ABOUT_SETTINGS],
        cwd=ROOT, env=whole, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


NAMES = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MESSAGES_COOKIE_NAME", "STAFF_COOKIE_NAME")


@pytest.mark.parametrize(
    ("env", "names", "path"),
    [
        ({}, ["sessionid", "csrftoken", "messages", "staff"], "/"),
        (
            {"BASE_PATH": "/a/genre/"},
            ["sessionid-a-genre", "csrftoken-a-genre", "messages-a-genre", "staff-a-genre"],
            "/a/genre",
        ),
        # A browser refuses __Host- with any other path.
        (
            {"BASE_PATH": "/genre/", "HTTPS": "1"},
            [
                "__Host-sessionid-genre",
                "__Host-csrftoken-genre",
                "messages-genre",
                "__Host-staff-genre",
            ],
            "/",
        ),
    ],
)
def test_cookies_are_named_after_the_path(tmp_path, env, names, path):
    settings = told(tmp_path, **env)
    assert [settings[name] for name in NAMES] == names
    assert settings["SESSION_COOKIE_PATH"] == settings["CSRF_COOKIE_PATH"] == path


@pytest.mark.parametrize("base_path", ["/", "/genre/"])
def test_service_addresses_need_no_https_with_the_path_and_without(tmp_path, base_path):
    (exempt,) = told(tmp_path, BASE_PATH=base_path, HTTPS="1")["SECURE_REDIRECT_EXEMPT"]
    for path in ("livez", "readyz", "health/", "metrics"):
        assert re.search(exempt, path)
        assert re.search(exempt, base_path[1:] + path)
    for path in ("", "genre/", "about/", "other/livez"):
        assert not re.search(exempt, path)


@pytest.mark.parametrize("base_path", ["/search/", "/song/x/", "/admin/", "/static/", "/livez/"])
def test_a_path_that_is_a_page_is_refused(settings, base_path):
    settings.BASE_PATH = base_path
    (error,) = check_base_path(None)
    assert "begins like a page" in error.msg


@pytest.mark.parametrize("base_path", ["/", "/genre/", "/tools/search/"])
def test_another_path_is_not(settings, base_path):
    settings.BASE_PATH = base_path
    assert check_base_path(None) == []


def test_a_neighbours_session_is_left_alone(client, db, settings):
    settings.HTTPS, settings.SESSION_COOKIE_NAME = True, "__Host-sessionid-genre"
    settings.BASE_PATH = "/genre/"
    client.cookies["sessionid"] = "x" * 32
    assert "sessionid" not in client.get("/about/").cookies
    settings.BASE_PATH = "/"
    assert client.get("/about/").cookies["sessionid"].value == ""


def test_a_page_for_when_things_are_broken_leads_home(settings):
    settings.BASE_PATH = "/genre/"
    assert '<a class="button" href="/genre/">' in render_to_string("500.html")


def test_no_template_and_no_script_has_an_address_of_its_own():
    written = re.compile(r"""(?:href|src|action|formaction|content)=["']/|url\(["']?/(?!/)""")
    in_script = re.compile(r"""(?:fetch|import|open|assign)\(["'`]/|location\s*=\s*["'`]/""")
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "static").rglob("*.css")]
    found = [str(path) for path in files if written.search(path.read_text())]
    scripts = (ROOT / "static/js").glob("*.js")
    found += [str(path) for path in scripts if in_script.search(path.read_text())]
    assert found == []
