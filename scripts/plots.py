"""Moved to scripts.experiments.plots. This name of version 0.1 goes with 0.3."""

import sys

from scripts.experiments.plots import main

if __name__ == "__main__":
    sys.exit(main())
