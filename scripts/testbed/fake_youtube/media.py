"""The media host: one file, served whole or in ranges, with the moods of the real one."""

from __future__ import annotations

import random
import re

from scripts.testbed.fake_youtube.http import Response

STRICT_MAX_BYTES = 1024 * 1024
ELSEWHERE = "http://169.254.169.254/latest/"  # where a cloud machine's secrets are


def answer(content: bytes, media_type: str, range_header: str | None, mode: str) -> Response:
    """200 with everything, 206 with the range asked for, or a refusal."""
    if mode == "redirect":
        return Response(302, {"Location": ELSEWHERE})
    if mode == "corrupt":
        content = random.Random(7).randbytes(len(content))
    span = _span(range_header, len(content))
    if mode == "strict_ranges" and not _is_modest(range_header, span):
        return Response(403)
    headers = {"Content-Type": media_type.partition(";")[0], "Accept-Ranges": "bytes"}
    if span is None or mode == "ignore_ranges":
        return Response(200, headers, content)
    first, last = span
    if first >= len(content) or last < first:
        return Response(416, {"Content-Range": f"bytes */{len(content)}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(206, headers, content[first : last + 1])


def _span(header: str | None, size: int) -> tuple[int, int] | None:
    """First and last byte that a Range header asks for; None without one."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header or "")
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def _is_modest(header: str | None, span: tuple[int, int] | None) -> bool:
    bounded = re.fullmatch(r"bytes=(\d+)-(\d+)", header or "")
    if span is None or bounded is None:
        return False
    return int(bounded[2]) - int(bounded[1]) < STRICT_MAX_BYTES
