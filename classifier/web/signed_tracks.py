"""What a visitor may choose, signed, so that a page we made comes back unchanged.

A tile's title is shown to everybody who asks for the same song; without the signature, anybody
could give a song another name.
"""

from __future__ import annotations

from dataclasses import asdict

from django.core import signing

from classifier.sources.base import Track

SALT = "classifier.choice"
MAX_AGE_S = 24 * 3600
FIELDS = ("source", "source_id", "title", "artist", "duration_s", "start_s")


def sign(track: Track) -> str:
    values = asdict(track)
    return signing.dumps([values[field] for field in FIELDS], salt=SALT)


def unsign(choice: str) -> Track | None:
    """The track, or None if the choice is not ours or older than a day."""
    try:
        values = signing.loads(choice, salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    return Track(**dict(zip(FIELDS, values, strict=True)))
