"""What the home page shows without scrolling, and what can be dropped and pasted on it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
SCREENS = {
    "laptop": {"viewport": {"width": 1366, "height": 768}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
DROP_OR_PASTE = """([kind, name, type, text]) => {
  const data = new DataTransfer();
  if (name) data.items.add(new File(["sound"], name, { type }));
  if (text) data.setData("text/plain", text);
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...options, clipboardData: data })
    : new DragEvent("drop", { ...options, dataTransfer: data });
  document.querySelector("h1").dispatchEvent(event);
  return event.defaultPrevented;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_all_ways_to_ask_are_in_sight(visit, screen, scheme):
    page = visit(color_scheme=scheme, **SCREENS[screen])
    search = page.get_by_role("searchbox", name="Name a song, or paste a YouTube link")
    for way in (
        search,
        page.get_by_role("button", name="Search"),
        page.get_by_label("Or send a file of your own"),
        page.get_by_role("button", name="Send the file"),
        page.get_by_role("link", name="Use the microphone"),
    ):
        expect(way).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0
    for control in (search, page.get_by_label("Or send a file of your own")):
        control.click(trial=True)  # nothing lies over it


def test_a_genre_starts_a_search(visit):
    page = visit()
    page.get_by_role("navigation", name="Or look for a genre").get_by_text("hip-hop").click()
    expect(page.get_by_role("searchbox")).to_have_value("hip-hop")
    expect(page.get_by_text("Written as hip-hop").first).to_be_visible()


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_file_may_be_dropped_or_pasted_anywhere(visit, kind):
    page = visit()
    assert page.evaluate(DROP_OR_PASTE, [kind, "song.mp3", "audio/mpeg", ""])
    expect(page.get_by_text("song.mp3, 5 bytes")).to_be_visible()
    expect(page.get_by_role("button", name="Send the file")).to_be_focused()


def test_a_picture_that_is_pasted_is_no_song(visit):
    page = visit()
    assert not page.evaluate(DROP_OR_PASTE, ["paste", "words.png", "image/png", ""])
    assert page.evaluate("document.getElementById('id_file').files.length") == 0


def test_a_link_may_be_pasted_anywhere(visit):
    page = visit()
    link = "https://youtu.be/dQw4w9WgXcQ"
    assert page.evaluate(DROP_OR_PASTE, ["paste", "", "", f" {link}\n"])
    expect(page.get_by_role("searchbox")).to_have_value(link)
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert not page.evaluate(DROP_OR_PASTE, ["paste", "", "", "only words"])
    expect(page.get_by_role("searchbox")).to_have_value(link)
