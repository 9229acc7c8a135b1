"""The compose files, and the proxy that one of them starts."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from scripts.testbed.site import ROOT, free_port, wait_for
from tests.needs import need

FILES = ["compose.yaml", "compose.scale.yaml"]
OWN = {"site", "web", "worker", "migrate"}  # services that run the site's image


def read(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def settings() -> set[str]:
    code = "".join((ROOT / "genresite" / name).read_text() for name in ("settings.py", "env.py"))
    read = set(re.findall(r'env_(?!secret)\w+\(\s*"([A-Z0-9_]+)"', code))
    secrets = set(re.findall(r'env_secret\(\s*"([A-Z0-9_]+)"', code))
    return read | secrets | {f"{name}_FILE" for name in secrets}


@pytest.mark.parametrize("name", FILES)
def test_services_are_confined_and_start_what_there_is(name):
    roles = set(
        re.findall(r"^ {2}(\w+)(?: \| (\w+))?\)$", (ROOT / "scripts/entry").read_text(), re.M)
    )
    known = {role for pair in roles for role in pair if role}
    assert {"site", "web", "worker", "manage"} <= known
    services = read(name)["services"]
    for service in OWN & services.keys():
        found = services[service]
        assert found["read_only"] is True
        assert found["cap_drop"] == ["ALL"]
        assert found["security_opt"] == ["no-new-privileges:true"]
        assert found.get("command", ["site"])[0] in known
        assert set(found.get("environment", {})) <= settings()


@pytest.mark.parametrize("name", FILES)
def test_volumes_and_secrets_are_declared(name):
    whole = read(name)
    for service in whole["services"].values():
        assert set(service.get("secrets", ())) <= set(whole.get("secrets", ()))
        named = {volume.split(":")[0] for volume in service.get("volumes", ())}
        assert {name for name in named if not name.startswith(".")} <= set(whole["volumes"])
    for secret in whole.get("secrets", {}).values():
        ignored = (ROOT / ".gitignore").read_text().splitlines()
        assert secret["file"].startswith("secrets/")
        assert "secrets/" in ignored


def test_the_larger_one_has_two_of_each():
    services = read("compose.scale.yaml")["services"]
    assert {s for s in services if services[s].get("deploy", {}).get("replicas") == 2} == {
        "web",
        "worker",
    }
    assert services["web"]["depends_on"]["migrate"]["condition"].endswith("completed_successfully")


class Stub(BaseHTTPRequestHandler):
    """A web process that tells what it was asked."""

    def do_GET(self):
        told = f"{self.server.server_port} {self.headers['X-Forwarded-For']} {self.headers['Host']}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told.encode())

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def proxy(tmp_path):
    """nginx as compose.scale.yaml has it, before two stubs; gives its port."""
    nginx = need("nginx")
    webs = [ThreadingHTTPServer(("127.0.0.1", 0), Stub) for _ in range(2)]
    for web in webs:
        threading.Thread(target=web.serve_forever, daemon=True).start()
    port = free_port()
    servers = "\n".join(f"server 127.0.0.1:{web.server_port};" for web in webs)
    text = (ROOT / "scripts/nginx.conf").read_text()
    for was, now in (
        ("server web:8000;", servers),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("/tmp/", f"{tmp_path}/"),
    ):
        assert was in text
        text = text.replace(was, now)
    path = tmp_path / "nginx.conf"
    # Its processes are this user's: in the container they are those of nginx, who owns /tmp there.
    user = "user root;" if os.getuid() == 0 else ""
    path.write_text(f"daemon off; {user}\n{text}")
    process = subprocess.Popen([nginx, "-c", str(path)])
    try:
        wait_for(lambda: ask(port) is not None, 10, "nginx")
        yield port
    finally:
        process.terminate()
        process.wait()
        for web in webs:
            web.shutdown()
            web.server_close()


def ask(port: int, method: str = "GET", body: bytes = b"", **headers: str) -> tuple | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        connection.request(method, "/", body, named)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.mark.nginx
def test_the_proxy_shares_out_and_adds_the_address_it_was_asked_from(proxy):
    answers = [ask(proxy, X_Forwarded_For="6.6.6.6")[1].split(" ", 1) for _ in range(4)]
    assert len({port for port, _ in answers}) == 2
    assert {told for _, told in answers} == {f"6.6.6.6, 127.0.0.1 127.0.0.1:{proxy}"}


@pytest.mark.nginx
def test_the_proxy_refuses_what_the_site_would_and_takes_the_rest(proxy):
    assert ask(proxy, "POST", bytes(1024 * 1024))[0] == 200
    assert ask(proxy, "POST", b"", Content_Length=str(52 * 1024 * 1024))[0] == 413
