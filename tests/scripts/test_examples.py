"""The example of the API, where the site does not answer as the API does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scripts.examples import classify_folder


@pytest.fixture
def proxy(monkeypatch):
    """Answers each request with the next of some errors, in pages of HTML, then with a song."""
    statuses: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            status = statuses.pop(0) if statuses else 200
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"state": "done"}' if status == 200 else b"<html>nginx</html>")

        def log_message(self, *arguments):
            """Say nothing."""

    monkeypatch.setattr(classify_folder.time, "sleep", lambda seconds: None)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", statuses
    server.shutdown()
    server.server_close()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"sound")
    return path


def test_what_a_proxy_refuses_is_told_in_a_line(proxy, file):
    url, statuses = proxy
    statuses.append(413)
    with pytest.raises(classify_folder.Refused, match="status 413"):
        classify_folder.send(url, "gs_x", file)


def test_a_site_that_starts_again_is_waited_for(proxy, file):
    url, statuses = proxy
    statuses += [502, 504]
    assert classify_folder.send(url, "gs_x", file) == {"state": "done"}
    assert statuses == []
