"""Moved to scripts.testbed.fake_youtube. This name of version 0.1 goes with 0.3."""

import sys

from scripts.testbed.fake_youtube.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
