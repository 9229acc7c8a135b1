"""A visitor who only asks: sends a file or chooses a track, and notes where the answer will be."""

from __future__ import annotations

import html
import re
import urllib.request
from pathlib import Path

from .browser import Browser, Page, Unexpected


class _StopAtRedirect(urllib.request.HTTPRedirectHandler):
    """Where a redirect leads is the answer: the page there may not be had while things break."""

    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


class Visitor(Browser):
    """Has a session of their own. What they ask for is answered by the id of its page."""

    handlers = (_StopAtRedirect(),)

    def send(self, path: Path) -> str:
        """Send a file. Raises Unexpected where the site does not take it."""
        return _id_of(self.upload(path))

    def choose(self, number: int) -> str:
        """Ask for one of the tracks of the library that the home page offers."""
        page = self.get()
        choices = re.findall(r'name="choice"[^>]*value="([^"]+)"', page.text)
        if not choices:
            raise Unexpected(page, "the library")
        return _id_of(self.post("/classify/", choice=html.unescape(choices[number % len(choices)])))


def _id_of(page: Page) -> str:
    if page.status != 302:
        raise Unexpected(page, "a redirect")
    return page.headers["Location"].partition("#")[0].strip("/").rpartition("/")[2]
