"""A browser without scripts: it keeps cookies, follows redirects, sends forms with their tokens."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.cookiejar import Cookie, CookieJar
from pathlib import Path
from typing import NamedTuple

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
TIMEOUT_S = 30


class Unexpected(OSError):
    """A page was not as it should be."""

    def __init__(self, page: Page, expected: str):
        super().__init__(f"{page.url} answered {page.status}, and {expected} was expected")
        self.status = page.status


class Page(NamedTuple):
    status: int
    url: str
    body: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """One visitor's browser; `at` is the same at another address of the site.

    Cookies know no ports, so that those of two processes of one machine are the same visitor's.
    """

    handlers: tuple[urllib.request.BaseHandler, ...] = ()

    def __init__(self, url: str, cookies: CookieJar | None = None):
        self.url = url
        self.cookies = CookieJar() if cookies is None else cookies
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPCookieProcessor(self.cookies),
            *self.handlers,
        )

    def at(self, url: str) -> Browser:
        return Browser(url, self.cookies)

    def cookie(self, name: str) -> Cookie | None:
        return next((cookie for cookie in self.cookies if cookie.name == name), None)

    def get(self, path: str = "/") -> Page:
        return self._open(urllib.request.Request(self._address(path)))

    def post(self, path: str, **fields: str) -> Page:
        """Send a form, with the token that the start page's forms have."""
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": self._token(), **fields}).encode()
        return self._open(self._request(path, data, "application/x-www-form-urlencoded"))

    def upload(self, path: Path) -> Page:
        """Send a file; gives the page of its answer."""
        boundary = uuid.uuid4().hex
        body = (
            f"--{boundary}\r\n"
            'Content-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f"{self._token()}\r\n--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        body += path.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        return self._open(
            self._request("/upload/", body, f"multipart/form-data; boundary={boundary}")
        )

    def _token(self) -> str:
        page = self.get()
        found = TOKEN.search(page.text)
        if not found:
            raise Unexpected(page, "a form")
        return found[1]

    def _request(self, path: str, data: bytes, content_type: str) -> urllib.request.Request:
        headers = {"Content-Type": content_type, "Referer": f"{self.url}/"}
        return urllib.request.Request(self._address(path), data, headers)

    def _address(self, path: str) -> str:
        return urllib.parse.urljoin(self.url, path)

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            response = self._opener.open(request, timeout=TIMEOUT_S)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Page(response.status, response.url, response.read(), dict(response.headers))
