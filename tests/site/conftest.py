from __future__ import annotations

import os
import shutil

import pytest

from scripts.testbed.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The running site: gunicorn, a worker with the real model, no YouTube."""
    running = Site(tmp_path_factory.mktemp("site")).start()
    try:
        yield running.wait_until_ready()
    finally:
        running.stop()


# Not for the whole session: while Playwright's loop runs, Django refuses to use the database.
@pytest.fixture(scope="module")
def browser():
    """Headless Chromium; the test is skipped where there is none, unless REQUIRE_BROWSER is set."""
    executable = shutil.which("chromium") or shutil.which("google-chrome")
    if executable is None:
        reason = "no Chromium was found (on Debian: apt-get install chromium)"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(f"REQUIRE_BROWSER is set, but {reason}")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox",  # Chromium's own sandbox cannot start for root, as in most CI containers
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, site):
    """Open a page as a new visitor. Fails if the page breaks its own security policy."""
    contexts = []
    complaints = []

    def open_page(path: str = "/", **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if "Content Security Policy" in message.text
                else None
            ),
        )
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
