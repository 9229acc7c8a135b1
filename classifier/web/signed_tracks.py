"""Sign tracks, so that what a page offered comes back unchanged.

The title of a tile is shown to everybody who asks for the same song; without the signature, anybody
could give a song another name.
"""

from __future__ import annotations

from dataclasses import asdict

from django.core import signing

from classifier.sources.base import Playlist, Track

SALT = "classifier.choice"
PLAYLIST_SALT = "classifier.playlist"
MAX_AGE_S = 24 * 3600
FIELDS = ("source", "source_id", "title", "artist", "duration_s", "start_s")


def sign(track: Track) -> str:
    values = asdict(track)
    return signing.dumps([values[field] for field in FIELDS], salt=SALT)


def unsign(choice: str) -> Track | None:
    """Return the track, or None if the signature is wrong or older than a day."""
    try:
        values = signing.loads(choice, salt=SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    return Track(**dict(zip(FIELDS, values, strict=True)))


def sign_playlist(playlist: Playlist) -> str:
    return signing.dumps([playlist.playlist_id, playlist.title[:300]], salt=PLAYLIST_SALT)


def unsign_playlist(signed: str) -> tuple[str, str] | None:
    """Return id and title of a playlist, or None as `unsign`."""
    try:
        playlist_id, title = signing.loads(signed, salt=PLAYLIST_SALT, max_age=MAX_AGE_S)
    except signing.BadSignature:
        return None
    return playlist_id, title
