import pytest

from ml.errors import BundleError
from ml.networks import runtimes


@pytest.fixture
def installed(monkeypatch):
    def only(*names: str) -> None:
        modules = {runtimes.MODULES[name] for name in names}
        monkeypatch.setattr(runtimes, "find_spec", lambda module: module in modules or None)
        runtimes.is_installed.cache_clear()

    yield only
    runtimes.is_installed.cache_clear()


def test_auto_takes_keras_where_it_is_installed(installed):
    installed("keras", "light")
    assert runtimes.chosen() == "keras"
    assert runtimes.chosen("light") == "light"
    installed("light")
    assert runtimes.chosen() == "light"


def test_a_runtime_that_is_not_installed_says_what_installs_it(installed):
    installed("light")
    with pytest.raises(BundleError, match=r"pip install -r requirements\.txt"):
        runtimes.chosen("keras")
    installed()
    with pytest.raises(BundleError, match=r"pip install -r requirements-light\.txt"):
        runtimes.chosen()


def test_an_unknown_runtime_is_refused():
    with pytest.raises(BundleError, match=r"'onnx'.*auto, keras, light"):
        runtimes.chosen("onnx")


def test_versions_are_those_of_what_computes():
    assert set(runtimes.versions("light")) == {"openvino", "numpy", "av"}
