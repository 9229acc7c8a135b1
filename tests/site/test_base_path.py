"""The whole site below a path of its host: straight, and behind nginx as the README sets it up."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from scripts.testbed import sound
from scripts.testbed.site import free_port, wait_for
from tests.needs import need

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_MS = 60_000
BASE_PATH = "/music/genre/"
MAKE_STAFF = (
    "from django.contrib.auth.models import User\n"
    "User.objects.filter(username='s').exists() or User.objects.create_superuser('s', '', 's')"
)
NGINX = """
daemon off; {user}
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        {locations}
    }}
}}
"""


@pytest.fixture(scope="module")
def below(tmp_path_factory, new_site):
    with new_site(tmp_path_factory.mktemp("below"), BASE_PATH=BASE_PATH) as running:
        yield running


def readme_locations(port: int) -> str:
    block = re.search(
        r"^    location /genre/ .+?(?=\n\n)", (ROOT / "README.md").read_text(), re.M | re.S
    )
    text = block[0].replace("/genre/", BASE_PATH)
    assert "proxy_pass http://127.0.0.1:8000;" in text
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{port}")


@contextlib.contextmanager
def nginx(folder: Path, locations: str):
    program, port = need("nginx"), free_port()
    user = "user root;" if os.getuid() == 0 else ""
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(user=user, folder=folder, port=port, locations=locations))
    process = subprocess.Popen([program, "-c", str(config)])
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}{BASE_PATH}livez"), 10, "nginx")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except OSError:
        return False


@pytest.fixture(params=["straight", "nginx", "nginx that takes the path off"])
def host(request, below, tmp_path):
    """The address of the host, without the path."""
    if request.param == "straight":
        yield f"http://127.0.0.1:{below.port}"
        return
    locations = readme_locations(below.port)
    if request.param != "nginx":
        locations = locations.replace(f":{below.port};", f":{below.port}/;", 1)
    with nginx(tmp_path, locations) as url:
        yield url


def test_no_page_and_nothing_it_asks_for_is_outside(browser, below, host, tmp_path):
    asked, failed = [], []
    context = browser.new_context()
    context.on("request", lambda request: asked.append(request.url))
    context.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
    page = context.new_page()
    page.goto(host + BASE_PATH)
    page.get_by_role("searchbox").fill("blues")
    page.get_by_role("button", name="Search").click()
    page.locator(".tile-form button").first.click()
    expect(page.locator("main table").first).to_be_visible(timeout=PATIENCE_MS)
    image = page.locator('meta[property="og:image"]').get_attribute("content")
    link = page.locator("[data-copy]").first.evaluate(
        "(button) => document.getElementById(button.dataset.copy).value"
    )
    assert image.startswith(f"{host}{BASE_PATH}song/")
    assert link == page.url == f"{host}{BASE_PATH}song/{page.url.split('/')[-2]}/"
    page.goto(image)

    page.goto(host + BASE_PATH)
    file = sound.write(tmp_path / "mine.wav", sound.chord(4.0, level=0.3))
    page.locator("#id_file").set_input_files(file)
    page.get_by_role("button", name="Send the file").click()
    page.wait_for_url("**/song/**")
    # Whatever it says of a chord: what counts is its page, and the file that this browser keeps.
    expect(page.locator("audio")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history-entry")).to_have_count(2)
    page.get_by_role("link", name="mine.wav").click()
    expect(page.locator("audio")).to_be_visible()
    for name in ("Home", "How it works", "About", "Privacy", "All models", "Compare"):
        page.get_by_role("link", name=name).first.click()
        page.wait_for_load_state("networkidle")
    page.goto(f"{host}{BASE_PATH}listen/")
    page.wait_for_load_state("networkidle")

    below.shell(MAKE_STAFF)
    page.goto(f"{host}{BASE_PATH}admin/")
    page.get_by_label("Username").fill("s")
    page.get_by_label("Password").fill("s")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What the site heard").first).to_be_visible()
    page.goto(f"{host}{BASE_PATH}admin/classifier/classification/")
    page.locator("#result_list tbody th a").first.click()
    page.locator(".heard").first.wait_for()
    page.get_by_role("link", name="View site").click()
    expect(page.get_by_role("searchbox")).to_be_visible()

    outside = {url for url in asked if not url.startswith((host + BASE_PATH, "blob:", "data:"))}
    # "View site" leads to the path itself, without its last slash.
    assert outside <= {host + BASE_PATH.rstrip("/")}
    assert len(asked) > 50
    assert failed == []
    cookies = {cookie["name"]: cookie["path"] for cookie in context.cookies()}
    names = ("sessionid", "csrftoken", "staff")
    assert cookies == {f"{name}-music-genre": BASE_PATH.rstrip("/") for name in names}
    context.close()


def test_service_addresses_answer_with_the_path_and_without(below):
    for address in ("/livez", "/readyz", "/health/"):
        assert answers(f"http://127.0.0.1:{below.port}{address}")
        assert answers(f"http://127.0.0.1:{below.port}{BASE_PATH.rstrip('/')}{address}")


def test_scripts_serve_says_where_it_is(below):
    said = subprocess.run(
        ["python", "-m", "scripts.announce"],
        cwd=ROOT, env=below.env, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert f"The site is up at http://127.0.0.1:{below.port}{BASE_PATH} " in said.stdout
