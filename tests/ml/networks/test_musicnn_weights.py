import subprocess

import pytest

from ml.errors import BundleError
from ml.networks.musicnn_weights import (
    CONVOLUTIONS,
    DENSES,
    NORMS,
    TAGS,
    download_wheel,
    find_wheel,
    verify_wheel,
)


def test_a_wheel_with_other_bytes_is_refused(tmp_path):
    wheel = tmp_path / "musicnn-0.1.0-py3-none-any.whl"
    wheel.write_bytes(b"not the wheel")
    assert find_wheel(tmp_path) == wheel
    with pytest.raises(BundleError, match="expected f38a4890"):
        verify_wheel(wheel)


def test_nothing_is_built_before_its_checksum_is_looked_at(tmp_path, monkeypatch):
    commands = []

    def run(command, **options):
        commands.append(command)
        (tmp_path / "musicnn-0.1.0-py3-none-any.whl").write_bytes(b"x")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    download_wheel(tmp_path)
    assert "--only-binary=:all:" in commands[0]


def test_a_missing_wheel_says_which_command_gets_it(tmp_path):
    with pytest.raises(BundleError, match="fetch_backbone"):
        find_wheel(tmp_path)


@pytest.mark.full
def test_every_weight_of_the_network_is_named_in_the_map():
    from ml.networks.musicnn import build_musicnn  # TensorFlow: only where it is used

    model = build_musicnn()
    assert model.count_params() == 792_079  # what the published checkpoint holds
    with_weights = {layer.name for layer in model.layers if layer.weights}
    named = {f"{name}_{part}" for name in CONVOLUTIONS for part in ("conv", "norm")}
    assert with_weights == named | set(NORMS) | set(DENSES)
    assert len(set(TAGS)) == 50
