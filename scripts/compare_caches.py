"""Moved to scripts.experiments.compare_caches. This name of version 0.1 goes with 0.3."""

import sys

from scripts.experiments.compare_caches import main

if __name__ == "__main__":
    sys.exit(main())
