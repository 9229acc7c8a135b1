"""The form of a playlist's id, which is all of a pasted link to one that reaches YouTube."""

from __future__ import annotations

import re

# Lists that people make, albums, and what a channel has uploaded or likes.
PLAYLIST_ID = re.compile(r"(?:PL|OLAK5uy_|UU|FL|EC|PU)[\w-]{10,62}", re.ASCII)
MIX = re.compile(r"RD[\w-]*", re.ASCII)  # made by YouTube for one listener, without an end
OWN = re.compile(r"WL|LM|HL|LL[\w-]*", re.ASCII)  # to watch later, liked, watched
