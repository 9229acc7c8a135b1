"""What a request may hold: an upload handler that stops at the limit, and a limit for the rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponse

from classifier.formatting import size_words

TOKEN = re.compile(r"[A-Za-z0-9]{8,40}")


# The form's other fields and the multipart boundaries, besides the file itself.
FORM_OVERHEAD_BYTES = 64 * 1024
BLOCK_BYTES = 64 * 1024
# A body this many times the limit is not even read to its end.
MUCH_TOO_LARGE = 10


def refuse_large_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answer 413 to a request that says it is far larger than any upload may be."""

    def middleware(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > MUCH_TOO_LARGE * settings.UPLOAD_MAX_BYTES:
            limit = size_words(settings.UPLOAD_MAX_BYTES)
            text = f"This file is too large: at most {limit}. A shorter excerpt does as well."
            response = HttpResponse(text, status=413, content_type="text/plain; charset=utf-8")
            response["Connection"] = "close"
            return response
        return get_response(request)

    return middleware


if TYPE_CHECKING:

    class LimitedRequest(HttpRequest):
        """A request as SizeLimitUploadHandler marks it."""

        upload_too_large: bool


class SizeLimitUploadHandler(FileUploadHandler):
    """Stop reading a request that is over the limit, so that it fills no disk.

    The form sees no file then and `request.upload_too_large` set, and says so in a sentence.
    """

    request: LimitedRequest

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        meta: dict[str, Any],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.input_data = input_data
        self.total = 0
        limit = settings.UPLOAD_MAX_BYTES + FORM_OVERHEAD_BYTES
        if content_length > limit:
            self.request.upload_too_large = True

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.total += len(raw_data)
        too_large = getattr(self.request, "upload_too_large", False)
        if too_large or self.total > settings.UPLOAD_MAX_BYTES:
            self.request.upload_too_large = True
            # To its end, so that the browser reads the answer. Django would read it by lines, and
            # a body without any is one line of all its size in memory.
            while self.input_data.read(BLOCK_BYTES):
                pass
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def token_of(request: HttpRequest) -> str:
    """Return the name under which the sender's browser saves the file (sent-files.js), or "".

    It goes back to that browser and is stored nowhere here.
    """
    token = request.POST.get("token", "")
    return token if TOKEN.fullmatch(token) else ""
