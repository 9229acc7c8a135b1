"""A test that lacks what it needs is skipped, or fails where it is required."""

from __future__ import annotations

import pytest

from ml.sandbox import trial
from scripts.testbed import postgres
from tests import needs
from tests.needs import NEEDS, need


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    for name in NEEDS:
        monkeypatch.delenv(f"REQUIRE_{name.upper()}", raising=False)
    monkeypatch.setattr(trial, "measures", tuple)
    monkeypatch.setattr(needs, "find_spec", lambda module: None)
    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.delenv("TEST_REDIS_URL", raising=False)


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_missing_is_a_reason_to_skip(name):
    with pytest.raises(pytest.skip.Exception) as skipped:
        need(name)
    assert skipped.value.msg == NEEDS[name].missing


@pytest.mark.parametrize("name", NEEDS)
def test_what_is_missing_and_required_is_a_failure(monkeypatch, name):
    monkeypatch.setenv(f"REQUIRE_{name.upper()}", "1")
    with pytest.raises(pytest.fail.Exception, match=f"REQUIRE_{name.upper()} is set, but"):
        need(name)


def test_what_is_there_is_told(monkeypatch, tmp_path):
    program = tmp_path / "chromium"
    program.touch(mode=0o755)
    monkeypatch.setenv("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
    assert need("browser") == str(program)
    assert need("redis") == "redis://127.0.0.1:6379/9"
