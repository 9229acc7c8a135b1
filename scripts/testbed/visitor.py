"""A visitor without a browser: sends a file, or chooses a track of the library."""

from __future__ import annotations

import html
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

TIMEOUT_S = 30


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Stop at a redirect: where it leads is the answer."""

    def redirect_request(self, *args, **kwargs):
        return None


class Visitor:
    """Has a session of their own. What they ask for is answered by the id of its page."""

    def __init__(self, url: str):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor()
        self._opener = urllib.request.build_opener(cookies, _Redirect)

    def get(self, path: str = "/") -> str:
        with self._opener.open(f"{self.url}{path}", timeout=TIMEOUT_S) as response:
            return response.read().decode()

    def send(self, path: Path) -> str:
        """Send a file as a browser does: the form's token and cookie, then the file."""
        boundary = uuid.uuid4().hex
        body = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f"{_field(self.get(), 'csrfmiddlewaretoken')}\r\n--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        return self._post("/upload/", body, f"multipart/form-data; boundary={boundary}")

    def choose(self, number: int) -> str:
        """Ask for one of the tracks of the library that the home page offers."""
        page = self.get()
        choices = re.findall(r'name="choice"[^>]*value="([^"]+)"', page)
        fields = {
            "csrfmiddlewaretoken": _field(page, "csrfmiddlewaretoken"),
            "choice": html.unescape(choices[number % len(choices)]),
        }
        body = urllib.parse.urlencode(fields).encode()
        return self._post("/classify/", body, "application/x-www-form-urlencoded")

    def _post(self, path: str, body: bytes, content_type: str) -> str:
        headers = {"Content-Type": content_type, "Referer": f"{self.url}/"}
        request = urllib.request.Request(f"{self.url}{path}", body, headers)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as response:
                raise OSError(f"{path} answered {response.status} where a redirect was expected")
        except urllib.error.HTTPError as answer:
            with answer:
                if answer.code != 302:
                    raise
                return answer.headers["Location"].strip("/").rpartition("/")[2]


def _field(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]
