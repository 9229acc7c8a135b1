"""The player in a browser: what is loaded when, and that times lead there."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from scripts.testbed.site import wait_for

pytestmark = pytest.mark.browser

# In the place of YouTube's player: it says what it was told, and that it has come to 0:07.
EMBED = """<!doctype html><title>player</title><script>
const told = [];
addEventListener("message", (event) => {
  told.push(JSON.parse(event.data));
  document.title = JSON.stringify(told);
  const at = JSON.stringify({ event: "infoDelivery", info: { currentTime: 7 } });
  if (told.at(-1).event === "listening") parent.postMessage(at, "*");
});
</script>"""

SEED = """
from classifier.models import Classification
from ml.registry.bundles import SHIPPED
card = SHIPPED.card()
rows = [[0.91 if j == i % 10 else 0.01 for j in range(10)] for i in range({n})]
print(Classification.objects.update_or_create(
    source="{source}", source_id="{source_id}", model_id=card.model_id, extent="{extent}",
    defaults=dict(
        title="Seeded", state="done", genre="blues", confidence=0.91, duration_s=3.0 * {n},
        probabilities=dict(zip(card.labels, rows[0])), windows=[[0, 3.0 * {n}]],
        segments=[
            dict(start_s=3.0 * i, end_s=3.0 * i + 3, probabilities=row)
            for i, row in enumerate(rows)
        ],
    ),
)[0].public_id)
"""


@pytest.fixture
def seed(site):
    def make(source: str, source_id: str, n: int = 6, extent: str = "usual") -> str:
        script = SEED.format(source=source, source_id=source_id, n=n, extent=extent)
        return f"/song/{site.shell(script)}/"

    return make


@pytest.fixture
def youtube(browser, visit, site, seed):
    """A result from YouTube, and a list of every request that left for elsewhere."""

    def open_page(n: int = 6, **options):
        page = visit("/health/", **options)
        foreign = []

        def answer(route):
            foreign.append(route.request.url)
            route.fulfill(body=EMBED, content_type="text/html")

        page.context.route(lambda url: not url.startswith(site.url), answer)
        page.goto(site.url + seed("youtube", "dQw4w9WgXcQ", n, "whole" if n > 12 else "usual"))
        return page, foreign

    return open_page


def told(frame) -> list[dict]:
    return json.loads(frame.title() or "[]") if frame.title().startswith("[") else []


def at_s(page) -> float:
    # Not wait_for_function: to ask twice it evaluates text, which the page's policy forbids.
    return page.evaluate("document.querySelector('[data-audio]').currentTime")


def embed_of(page):
    expect(page.locator("iframe")).to_be_visible()
    expect(page.locator("[data-now]")).to_have_text(re.compile("^0:06"))
    return page.frames[-1]


def test_nothing_leaves_for_youtube_before_the_button_is_pressed(youtube):
    page, foreign = youtube()
    page.get_by_role("slider", name="Moment of the song").press("ArrowRight")
    page.mouse.wheel(0, 3000)
    page.wait_for_load_state("networkidle")
    assert foreign == []
    page.get_by_role("button", name=re.compile("Play here")).click()
    embed_of(page)
    assert len(foreign) == 1
    assert foreign[0].startswith("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?enablejsapi=1")
    assert "start=3" in foreign[0]  # where the slider was


def test_the_page_follows_the_player_and_the_player_the_page(youtube):
    page, _ = youtube()
    page.get_by_role("button", name=re.compile("Play here")).click()
    embed = embed_of(page)  # it said 0:07, which is in the piece from 0:06
    page.locator(".strip-times").get_by_role("link", name="0:12").click()
    expect(page.locator("[data-now]")).to_have_text(re.compile(r"^0:12: hip-hop 91\.0\s%"))
    expect(page.locator("[data-seek-status]")).to_contain_text("Playing from 0:12")
    page.wait_for_timeout(200)
    assert {"event": "command", "func": "seekTo", "args": [12, True]} in told(embed)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext").startswith("0:15: jazz")
    page.wait_for_timeout(200)
    assert {"event": "command", "func": "seekTo", "args": [15, True]} in told(embed)


def test_before_youtube_is_here_a_time_leads_to_the_button_that_plays_from_it(youtube):
    page, foreign = youtube()
    address = page.url
    page.locator(".strip-times").get_by_role("link", name="0:12").click()
    button = page.get_by_role("button", name="Play here from 0:12 (loads YouTube)")
    expect(button).to_be_focused()
    expect(button).to_be_in_viewport()
    assert (page.url, foreign) == (address, [])
    page.keyboard.press("Enter")
    embed_of(page)
    assert "start=12" in foreign[0]


def test_the_knob_of_the_slider_stands_below_its_column(youtube):
    page, _ = youtube(n=6)
    columns, slider = (page.locator(s).bounding_box() for s in ("[data-cursor]", "[data-slider]"))
    column = columns["width"] / 6
    for edge, middle in (
        (slider["x"] + 8, columns["x"] + column / 2),
        (slider["x"] + slider["width"] - 8, columns["x"] + columns["width"] - column / 2),
    ):
        assert edge == pytest.approx(middle, abs=1.5)


def test_a_press_on_the_strips_chooses_the_piece(youtube):
    page, foreign = youtube()
    strips = page.locator("[data-cursor]")
    box = strips.bounding_box()
    strips.click(position={"x": box["width"] * 0.55, "y": 20})
    expect(page.locator("[data-now]")).to_have_text(re.compile("^0:09: disco"))
    expect(page.get_by_role("button", name="Play here from 0:09 (loads YouTube)")).to_be_visible()
    assert foreign == []
    assert page.locator(".strip").count() == 11  # all together, and each of the ten
    first, last = (page.locator(".strip").nth(i).bounding_box() for i in (0, 10))
    box = strips.bounding_box()
    assert (box["x"], box["y"], box["width"]) == (first["x"], first["y"], first["width"])
    assert box["y"] + box["height"] == last["y"] + last["height"]


def test_without_scripts_there_are_links_and_no_dead_buttons(youtube):
    page, foreign = youtube(java_script_enabled=False)
    expect(page.get_by_role("link", name="Play it on YouTube")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("Play here")).count() == 0
    assert page.get_by_role("slider").count() == 0
    expect(page.locator(".strip-times").get_by_role("link", name="0:12")).to_be_visible()
    assert foreign == []


def test_a_track_of_the_library_is_played_from_a_time(visit, seed):
    page = visit(seed("library", "hay-bale-hop"))
    page.locator(".strip-times").get_by_role("link", name="0:09").click()
    wait_for(lambda: at_s(page) >= 9, 10, "the player to be there")
    assert "/song/" in page.url


def test_the_table_holds_the_same_links(visit, seed):
    page = visit(seed("library", "hay-bale-hop"))
    page.get_by_text("The same as a table").click()
    page.locator("[data-segments]").get_by_role("link", name="0:15").press("Enter")
    wait_for(lambda: at_s(page) >= 15, 10, "the player to be there")


def test_a_whole_song_is_one_stop_for_the_keyboard(youtube):
    page, _ = youtube(n=300)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(page.locator("[data-now]")).to_have_text(re.compile(r"^14:57: rock 91\.0\s%"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("n", [6, 300])
@pytest.mark.parametrize("width", [320, 1440])
def test_it_does_not_scroll_sideways(youtube, n, width):
    page, _ = youtube(n=n, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
