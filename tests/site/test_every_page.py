"""Every page: by axe-core's rules, at three widths, light and dark; and with the keyboard alone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from classifier.sources import library

pytestmark = pytest.mark.browser
WIDTHS = (320, 768, 1440)
PATIENCE_MS = 60_000
PAGES = (
    "/", "/search/?q=blues", "/search/", "/history/", "/how-it-works/", "/about/", "/privacy/",
    "/models/", "/models/musicnn-gtzan-2/", "/models/mel-cnn-gtzan-1/",
    "/models/musicnn-gtzan-2-full/", "/compare/",
    "/nowhere-at-all/",
)  # fmt: skip


def check(page, what: str) -> None:
    found = Axe().run(page).response["violations"]
    serious = [
        f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:200]}"
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == [], what
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"


def look(page, what: str) -> None:
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            # Colours that fade into each other would be read half-way.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": 900})
            check(page, f"{what}, {width} px, {scheme}")


@pytest.mark.parametrize("path", PAGES)
def test_a_page(visit, path):
    look(visit(path), path)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_javascript_has_its_title_and_its_words(visit, path):
    page = visit(path, java_script_enabled=False)
    expect(page.locator("h1")).to_have_count(1)
    assert len(page.locator("main").inner_text()) > 100


@pytest.fixture
def result(visit):
    """The page of an answer, reached with the keyboard alone."""
    page = visit("/")
    track = library.tracks()[0]
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "search":
            break
    page.keyboard.type(track.title)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/search/"))
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.card-form button')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/song/"))
    expect(page.locator("table").first).to_be_visible(timeout=PATIENCE_MS)
    return page


def test_the_keyboard_alone_leads_to_a_result_that_everybody_can_read(result):
    look(result, "the result")


def test_a_result_weighs_little_and_asks_nobody_else(visit, site, result):
    url, sizes, hosts = result.url, [], set()

    def count(response):
        hosts.add(response.url.split("/")[2])
        sizes.append(response.request.sizes()["responseBodySize"])

    fresh = visit("/about/").context.browser.new_context()
    try:
        page = fresh.new_page()
        page.on("requestfinished", lambda request: count(request.response()))
        page.goto(url)
        page.wait_for_load_state("networkidle")
    finally:
        fresh.close()
    assert hosts == {site.url.partition("//")[2]}
    assert 10_000 < sum(sizes) <= 150_000
