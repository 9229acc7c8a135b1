"""What the light installation leaves out says so in a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# A Python that has none of these, whatever is installed.
WITHOUT = """
import runpy, sys
for name in {names!r}:
    sys.modules[name] = None
sys.argv = ["manage.py", *{arguments!r}]
runpy.run_path("manage.py", run_name="__main__")
"""


def manage(tmp_path, *arguments: str, names: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(names=names, arguments=arguments)],
        cwd=ROOT,
        env={"PATH": os.defpath, "DATA_DIR": str(tmp_path), "SECRET_KEY": "only-for-tests"},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("command", ["evaluate_model", "compare_models", "measure_robustness"])
def test_a_command_for_training_is_one_line_and_exit_code_2(tmp_path, command):
    told = manage(tmp_path, command, "--help", names=["sklearn", "scipy"])
    assert told.returncode == 2
    assert "requirements-training.txt" in told.stderr
    assert told.stderr.count("\n") == 1


def test_another_missing_module_is_no_such_thing(tmp_path):
    told = manage(tmp_path, "classify", "--help", names=["tqdm"])
    assert "Traceback" in told.stderr


def test_a_command_for_serving_is_not_concerned(tmp_path):
    told = manage(tmp_path, "classify", "--help", names=["sklearn", "scipy", "librosa", "keras"])
    assert told.returncode == 0, told.stderr
