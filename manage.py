#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# What training and measuring need, and serving does not: the light installation is without them.
FOR_TRAINING = {
    "joblib",
    "keras",
    "librosa",
    "matplotlib",
    "onnx",
    "scipy",
    "sklearn",
    "tensorflow",
}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "genresite.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting that cannot be: one line, no traceback
        print(error, file=sys.stderr)
        sys.exit(2)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in FOR_TRAINING:
            raise
        print(
            f"This command needs {package}, which is not installed here: "
            "pip install -r requirements-training.txt",
            file=sys.stderr,
        )
        sys.exit(2)
