"""A visitor with a browser, from the first page to the answer, with the real model."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from classifier.sources import library
from ml.registry.bundles import SHIPPED

pytestmark = pytest.mark.browser
LABELS = SHIPPED.card().labels
ANSWER = re.compile(r"/song/[\w-]+/$")
# The model is warm, so an answer takes a second or two; a loaded machine may take longer.
PATIENCE_MS = 60_000


def expect_answer(page) -> None:
    expect(page).to_have_url(ANSWER)
    expect(page.locator("table").first).to_be_visible(timeout=PATIENCE_MS)
    heading = page.locator("h1").inner_text().lower().replace("-", "")
    assert any(label in heading for label in LABELS), heading
    assert page.locator("table").first.locator("tbody tr").count() == 5


@pytest.fixture
def mp3(tmp_path):
    """A piece of music: made tones are none to the model."""
    return Path(shutil.copyfile(min(library.FOLDER.glob("*.mp3")), tmp_path / "my tune.mp3"))


@pytest.mark.parametrize("javascript", [True, False])
def test_search_the_library_pick_and_read_the_answer(visit, javascript):
    page = visit(java_script_enabled=javascript)
    page.get_by_role("searchbox").first.fill("blues")
    page.get_by_role("searchbox").first.press("Enter")
    track = library.search("blues")[0]
    expect(page.get_by_text(track.title).first).to_be_visible()
    expect(page.get_by_text("does not let it reach YouTube").first).to_be_visible()
    tile = page.locator("li, article").filter(has_text=track.title).first
    tile.get_by_role("button").or_(tile.get_by_role("link")).first.click()
    expect_answer(page)
    expect(page.get_by_text(track.title).first).to_be_visible()


def test_upload_watch_read_and_find_it_again(visit, mp3, site):
    page = visit()
    page.locator('input[type="file"]').first.set_input_files(mp3)
    page.locator('form[action="/upload/"] button').first.click()
    expect_answer(page)
    link = page.url
    expect(page.get_by_text("my tune.mp3").first).to_be_visible()
    page.goto(f"{site.url}/history/")
    page.get_by_role("link", name="my tune.mp3").first.click()
    expect(page).to_have_url(link)
    stranger = visit("/history/")
    assert "my tune.mp3" not in stranger.content()


def test_a_file_without_sound_gets_a_sentence_and_another_chance(visit, tmp_path):
    page = visit()
    nonsense = tmp_path / "notes.mp3"
    nonsense.write_text("these are only words")
    page.locator('input[type="file"]').first.set_input_files(nonsense)
    page.locator('form[action="/upload/"] button').first.click()
    expect(page.get_by_text("not audio that can be decoded").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(page.locator('input[type="file"]').first).to_be_visible()


def test_the_keyboard_alone_reaches_the_answer(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert "skip" in page.evaluate("document.activeElement.textContent").lower()
    page.get_by_role("searchbox").first.focus()
    page.keyboard.type("classical")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/**")
    for _ in range(60):
        page.keyboard.press("Tab")
        target = page.evaluate(
            "document.activeElement.closest('form')?.action?.endsWith('/classify/')"
            " || /song/.test(document.activeElement.href || '')"
        )
        if target:
            break
    page.keyboard.press("Enter")
    expect_answer(page)
