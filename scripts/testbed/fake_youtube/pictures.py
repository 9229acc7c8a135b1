"""The host of the small pictures: one colour for each video, and the moods of a host."""

from __future__ import annotations

import hashlib
import io
import re

from PIL import Image, ImageDraw

from scripts.testbed.fake_youtube.http import Response
from scripts.testbed.fake_youtube.media import ELSEWHERE
from scripts.testbed.fake_youtube.song import Song

HOST = "i.ytimg.com"
PATH = re.compile(r"/vi/([\w-]{11})/mqdefault\.jpg", re.ASCII)
SIZE = (320, 180)
HUGE_BYTES = 5_000_000
BOMB_SIZE = (9_000, 8_000)


def jpeg(song_id: str, size: tuple[int, int] = SIZE) -> bytes:
    """A picture that differs from one id to the next."""
    colour = tuple(hashlib.sha256(song_id.encode()).digest()[:3])
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).text((12, 12), song_id, fill="white")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=85)
    return out.getvalue()


def bomb() -> bytes:
    """A few kilobytes whose head promises more pixels than is good, and fewer than Pillow bars."""
    data = bytearray(jpeg("bomb-bomb-1"))
    head = data.index(b"\xff\xc0")  # marker, length, precision, height, width
    data[head + 5 : head + 9] = BOMB_SIZE[1].to_bytes(2) + BOMB_SIZE[0].to_bytes(2)
    return bytes(data)


def answer(song: Song | None, mode: str) -> Response:
    """The picture of a video, or what the mood makes of it."""
    kind = {"Content-Type": "image/jpeg"}
    if mode == "thumbnail_redirect":
        return Response(302, {"Location": ELSEWHERE})
    if mode == "thumbnail_html":  # and the type tells a lie
        return Response(200, kind, b"<script>alert('x')</script>")
    if song is None or mode == "thumbnail_missing":
        return Response(404, kind, jpeg("-----------", (120, 90)))  # a grey one, as YouTube's
    picture = jpeg(song.id)
    if mode == "thumbnail_huge":
        return Response(200, kind, picture + bytes(HUGE_BYTES))
    if mode == "thumbnail_bomb":
        return Response(200, kind, bomb())
    if mode == "thumbnail_broken":
        return Response(200, kind, picture[: len(picture) // 2])
    if mode == "thumbnail_polyglot":
        return Response(200, kind, picture + b"<script>alert('x')</script>")
    return Response(200, kind, picture)
