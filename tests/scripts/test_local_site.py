import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from scripts import healthcheck, local_site


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]"), ("10.0.0.7", "10.0.0.7")],
)
def test_a_site_is_reached_from_here_wherever_it_listens(monkeypatch, host, shown):
    monkeypatch.setenv("HOST", host)
    monkeypatch.setenv("PORT", "81")
    assert local_site.url("livez") == f"http://{shown}:81/livez"


@pytest.mark.parametrize(
    ("allowed", "name"),
    [
        ("", "localhost"),
        ("*", "localhost"),
        ("genre.example.org,localhost", "genre.example.org"),
        (".example.org", "example.org"),
    ],
)
def test_it_is_asked_by_a_name_that_it_answers_to(monkeypatch, allowed, name):
    monkeypatch.setenv("ALLOWED_HOSTS", allowed)
    assert local_site.host_name() == name


@pytest.fixture
def server(monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            self.send_response(self.status if self.path == "/livez" else 404)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("HOST", "0.0.0.0")
        monkeypatch.setenv("PORT", str(server.server_port))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # which it must not ask
        yield Handler
        server.shutdown()


def test_a_site_that_answers_is_healthy(server):
    assert healthcheck.main() == 0


def test_one_that_answers_with_an_error_is_not(server, capsys):
    server.status = 503
    assert healthcheck.main() == 1
    assert "503" in capsys.readouterr().err


def test_one_that_does_not_answer_is_not(server, monkeypatch):
    monkeypatch.setenv("PORT", "9")
    assert healthcheck.main() == 1
