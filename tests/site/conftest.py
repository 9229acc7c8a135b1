from __future__ import annotations

import contextlib

import pytest

from scripts.testbed.site import Site
from tests.needs import need
from tests.sharing import shared

# All sites are asked from one address, and quicker than people ask. What is limited, and how, is
# tested without a browser.
UNLIMITED = dict.fromkeys(
    (
        "SEARCHES_PER_MINUTE", "SEARCHES_PER_MINUTE_IN_ALL",
        "JOBS_PER_HOUR", "JOBS_PER_HOUR_IN_ALL", "JOBS_AT_ONCE",
    ),
    "0",
)  # fmt: skip


@pytest.fixture(scope="session")
def prepared(run_folder):
    """A site's folder with its database and its static files, to be taken over and not used."""
    folder = run_folder / "prepared-site"

    def make() -> dict:
        Site(folder).prepare()
        return {}

    with shared(folder, make):
        yield folder


@pytest.fixture(scope="session")
def new_site(prepared):
    """Run a site of one's own, with other settings; it is yielded with its worker warm."""

    @contextlib.contextmanager
    def run(folder, **env: str):
        running = Site(folder, **UNLIMITED | env).prepare_like(prepared).start()
        try:
            yield running.wait_until_ready()
        finally:
            running.stop()

    return run


@pytest.fixture(scope="session")
def site(run_folder, new_site):
    """The running site: gunicorn, a worker with the real model, no YouTube. There is one, whatever
    the number of processes that run tests: others' songs may be in its queue and in its admin.
    """
    folder = run_folder / "site"
    running = contextlib.ExitStack()

    def make() -> dict:
        return {"PORT": str(running.enter_context(new_site(folder)).port)}

    with shared(folder, make, running.close) as env:
        here = Site(folder, **env)
        yield here
        here.close_shell()


@pytest.fixture(scope="module")
def browser_arguments():
    """Further arguments of Chromium; a module may have its own."""
    return []


# Not for the whole session: while Playwright's loop runs, Django refuses to use the database.
@pytest.fixture(scope="module")
def browser(browser_arguments):
    """Headless Chromium."""
    executable = need("browser")
    from playwright.sync_api import sync_playwright

    arguments = [
        "--no-sandbox",  # Chromium's own sandbox cannot start for root, as in most CI containers
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        *browser_arguments,
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
