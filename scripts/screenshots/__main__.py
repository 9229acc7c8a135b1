"""Remake the README's pictures from the running site: python -m scripts.screenshots

Needs what the tests need, and Chromium.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from scripts.testbed.site import Site

FOLDER = Path(__file__).parent
DESKTOP = {"width": 1200, "height": 900}
PHONE = {"width": 390, "height": 844}


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        print("No Chromium was found (on Debian: apt-get install chromium).", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Site(Path(folder), YOUTUBE_ENABLED="0").start().wait_until_ready()
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport=DESKTOP)
            page.goto(site.url)
            save(page, "home")
            ask(page, site, "blues")
            save(page, "result")
            ask(page, site, "pop")
            save(page.locator("[data-timeline]"), "timeline")
            page.goto(f"{site.url}/how-it-works/#sound")
            save(page, "how-it-works")
            phone = browser.new_page(viewport=PHONE, color_scheme="dark")
            ask(phone, site, "metal")
            save(phone, "result-phone-dark")
        finally:
            browser.close()
            site.stop()
    return 0


def ask(page: Page, site: Site, words: str) -> None:
    """Search the library and wait for the genre of the first track found."""
    page.goto(f"{site.url}/search/?q={words}")
    page.locator('form[action="/classify/"] button').first.click()
    page.locator("table").first.wait_for(timeout=60_000)


def save(shown: Page | Locator, name: str) -> None:
    page = shown if isinstance(shown, Page) else shown.page
    page.wait_for_load_state("networkidle")
    shown.screenshot(path=FOLDER / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
