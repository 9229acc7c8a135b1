"""What a bundle's networks run on: Keras with TensorFlow, or OpenVINO with their light form.

The light form is an ONNX file a network, see `.onnx_export`. Neither library is imported here.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import Literal, get_args

from ml.errors import BundleError

Runtime = Literal["keras", "light"]
AUTO = "auto"
CHOICES = (AUTO, *get_args(Runtime))
# Of each, the module that it needs, and the packages whose versions an answer is stored with.
MODULES: dict[Runtime, str] = {"keras": "tensorflow", "light": "openvino"}
PACKAGES: dict[Runtime, tuple[str, ...]] = {
    "keras": ("tensorflow", "keras", "numpy", "av"),
    "light": ("openvino", "numpy", "av"),
}
INSTALLED_BY: dict[Runtime, str] = {"keras": "requirements.txt", "light": "requirements-light.txt"}


@cache
def is_installed(runtime: Runtime) -> bool:
    """Tell whether the library of a runtime is installed, without importing it."""
    return find_spec(MODULES[runtime]) is not None


def chosen(name: str = AUTO) -> Runtime:
    """Return the runtime that a setting names; "auto" is Keras where TensorFlow is installed.

    Raises
    ------
    BundleError : there is no such runtime, or its library is not installed
    """
    if name == AUTO:
        name = "keras" if is_installed("keras") else "light"
    if name not in get_args(Runtime):
        raise BundleError(f"There is no runtime {name!r}: there is {', '.join(CHOICES)}.")
    runtime: Runtime = "keras" if name == "keras" else "light"
    if not is_installed(runtime):
        raise BundleError(
            f"The runtime {runtime} needs {MODULES[runtime]}, which is not installed: "
            f"pip install -r {INSTALLED_BY[runtime]}"
        )
    return runtime


def versions(runtime: Runtime) -> dict[str, str]:
    """Return the versions of what an answer by a runtime depends on."""
    return {package: version(package) for package in PACKAGES[runtime]}
