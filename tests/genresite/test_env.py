import errno
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from genresite.env import env_bool, env_choice, env_int, env_link, env_list, env_secret, secret_key


def test_good_values_are_read(monkeypatch):
    monkeypatch.setenv("X", " yes ")
    assert env_bool("X") is True
    monkeypatch.setenv("X", "0")
    assert env_bool("X", default=True) is False
    monkeypatch.setenv("X", "12")
    assert env_int("X", 3) == env_int("X", 3, minimum=12, maximum=12) == 12
    monkeypatch.setenv("X", "a, b,,c ")
    assert env_list("X") == ["a", "b", "c"]
    monkeypatch.setenv("X", "two")
    assert env_choice("X", ("one", "two")) == "two"
    monkeypatch.delenv("X")
    assert env_choice("X", ("one", "two")) == "one"
    assert (env_bool("X", True), env_int("X", 3), env_list("X", "d")) == (True, 3, ["d"])


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (env_bool, "maybe"),
        (lambda n: env_int(n, 1), "many"),
        (lambda n: env_int(n, 1), "-4"),
        (lambda n: env_int(n, 1, maximum=9), "10"),
        (lambda n: env_choice(n, ("one", "two")), "three"),
    ],
)
def test_bad_values_stop_the_start_and_name_themselves(monkeypatch, read, value):
    monkeypatch.setenv("SOME_SETTING", value)
    with pytest.raises(ImproperlyConfigured, match="SOME_SETTING"):
        read("SOME_SETTING")


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("https://example.org/me", "https://example.org/me"),
        ("me@example.org", "mailto:me@example.org"),
        ("mailto:me@example.org", "mailto:me@example.org"),
        ("", ""),
    ],
)
def test_a_way_to_the_operator_is_a_page_or_an_address(monkeypatch, value, link):
    monkeypatch.setenv("CONTACT", value)
    assert env_link("CONTACT", mail=True) == link


@pytest.mark.parametrize("value", ["javascript:alert(1)", "me", "ftp://example.org", "me@"])
def test_what_no_page_should_link_to_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("CONTACT", value)
    with pytest.raises(ImproperlyConfigured, match="CONTACT"):
        env_link("CONTACT", mail=True)


def test_an_address_of_e_mail_is_no_source(monkeypatch):
    monkeypatch.setenv("SOURCE_URL", "me@example.org")
    with pytest.raises(ImproperlyConfigured, match="is not an http"):
        env_link("SOURCE_URL")


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY")
    path = tmp_path / "new" / "secret_key"
    key = secret_key(path)
    assert len(key) > 50
    assert secret_key(path) == key
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["secret_key"]
    monkeypatch.setenv("SECRET_KEY", "from outside")
    assert secret_key(path) == "from outside"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("WORKERS", "many", "WORKERS='many' is not a whole number."),
        (
            "UPLOADS_S3_ENDPOINT",
            "minio:9000",
            "UPLOADS_S3_ENDPOINT begins with http:// or https://.",
        ),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_code_2(name, value, sentence):
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "genresite.settings", name: value},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stderr.strip() == sentence


@pytest.fixture
def no_key(monkeypatch):
    monkeypatch.delenv("SECRET_KEY", raising=False)


def full_disk(*args, **options):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_key_that_is_there_is_read_where_nothing_can_be_written(no_key, monkeypatch, tmp_path):
    """A full or read-only disk keeps no site from starting."""
    (tmp_path / "secret_key").write_text("made long ago")
    for name in ("link", "open", "mkdir"):
        monkeypatch.setattr(os, name, full_disk)
    monkeypatch.setattr(tempfile, "mkstemp", full_disk)
    assert secret_key(tmp_path / "secret_key") == "made long ago"


def test_what_a_killed_process_left_is_not_in_the_way(no_key, tmp_path):
    for name in ("secret_key.1", f"secret_key.{os.getpid()}"):
        (tmp_path / name).write_text("")
    assert len(secret_key(tmp_path / "secret_key")) > 50


def test_without_room_for_a_key_it_says_so_and_leaves_nothing(no_key, monkeypatch, tmp_path):
    monkeypatch.setattr(os, "link", full_disk)
    folder = tmp_path / "new"
    with pytest.raises(ImproperlyConfigured, match=r"Set SECRET_KEY, or let .* No space left"):
        secret_key(folder / "secret_key")
    assert list(folder.iterdir()) == []


def test_an_empty_key_signs_nothing(no_key, tmp_path):
    (tmp_path / "secret_key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        secret_key(tmp_path / "secret_key")


def test_processes_that_start_at_once_have_one_key(no_key, tmp_path):
    path = tmp_path / "new" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(secret_key, [path] * 16))
    assert len(keys) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_secret_may_be_in_a_file(tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("of a file\n")
    monkeypatch.setenv("TOKEN_FILE", str(file))
    assert env_secret("TOKEN") == "of a file"
    monkeypatch.delenv("TOKEN_FILE")
    assert env_secret("TOKEN", "default") == "default"
    monkeypatch.setenv("TOKEN", "of the environment")
    assert env_secret("TOKEN") == "of the environment"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read"), (b"\n", "is empty"), (b"\xff\xfe", "no text")]
)
def test_a_file_without_a_secret_stops_the_start(tmp_path, monkeypatch, content, said):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("TOKEN_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match=f"TOKEN_FILE.*{said}"):
        env_secret("TOKEN")


def test_a_secret_is_given_in_one_way(tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("TOKEN", "x")
    with pytest.raises(ImproperlyConfigured, match="TOKEN or TOKEN_FILE, not both"):
        env_secret("TOKEN")


def test_the_key_may_be_in_a_file_too(tmp_path, monkeypatch):
    (tmp_path / "key").write_text("from a file")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert secret_key(tmp_path / "made") == "from a file"
    assert not (tmp_path / "made").exists()
