"""The form of a video's id. Nothing else of what a visitor types ever reaches YouTube."""

from __future__ import annotations

import re

VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
