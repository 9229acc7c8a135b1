import subprocess
import sys

import pytest

pytestmark = pytest.mark.full


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_it_brings_nothing_that_serving_does_not_need():
    told = run(
        "import sys; from ml.tensorflow_import import import_tensorflow, NEEDLESS\n"
        "import_tensorflow()\n"
        "print([name for name in NEEDLESS if name in sys.modules], 'keras' in sys.modules)"
    )
    assert told == "[] True\n"


def test_training_has_all_of_it_afterwards():
    run(
        "from ml.tensorflow_import import import_tensorflow\n"
        "import_tensorflow()\n"
        "import scipy.signal, sklearn.linear_model, matplotlib.figure\n"
        "sklearn.linear_model.LogisticRegression().fit([[0.0], [1.0]], [0, 1])"
    )


def test_what_was_imported_before_stays():
    run(
        "import scipy.signal, sys; from ml.tensorflow_import import import_tensorflow\n"
        "before = sys.modules['scipy']\n"
        "import_tensorflow()\n"
        "assert sys.modules['scipy'] is before"
    )
