"""The form of a video's id, which is all of a pasted link that reaches YouTube."""

from __future__ import annotations

import re

VIDEO_ID = re.compile(r"[\w-]{11}", re.ASCII)
