"""A visitor with a browser and a song on YouTube: yt-dlp's own code asks the fake, by its proxy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from scripts.testbed.fake_youtube import songs
from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.world import World

pytestmark = [pytest.mark.browser, pytest.mark.worker]
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def world():
    slow = songs.melody(60, id="melody-0001", title="Slow Melody")
    hidden = songs.melody(60, id="melody-0002", title="Hidden Melody")
    world = World([songs.demo_songs()[0], slow, hidden])
    with FakeYouTubeProxy(world) as proxy:
        world.environment = proxy.environment
        yield world


@pytest.fixture(scope="module")
def site(world, new_site, tmp_path_factory):
    """As the site of the other tests, with a YouTube behind its proxy setting."""
    with new_site(tmp_path_factory.mktemp("site"), **world.environment) as running:
        yield running


@pytest.fixture(autouse=True)
def well(world):
    world.mode = "ok"
    world.delay_s = 0


def search(page, site, query: str):
    """The cover of the first video found, and the addresses that the browser asked for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}/search/?q={query}")
    cover = page.get_by_role("region", name="On YouTube").locator(".tile-cover").first
    cover.scroll_into_view_if_needed()
    return cover, asked


@pytest.mark.parametrize("javascript", [True, False])
def test_the_pictures_of_a_search_come_from_this_site(visit, world, site, javascript):
    page = visit(java_script_enabled=javascript)
    cover, asked = search(page, site, world.songs[1].title)
    picture = cover.locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("img => [img.naturalWidth, img.naturalHeight]") == [320, 180]
    seen, room = picture.bounding_box(), cover.bounding_box()
    assert seen == pytest.approx(room, abs=1)
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert any("/thumbnail/" in url for url in asked)
    assert world.foreign == []


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("mode", ["missing", "html", "hang"])
def test_where_there_is_no_picture_the_sleeve_is_seen(visit, world, site, javascript, mode):
    song = songs.melody(60, id=f"sleeve-{len(world.songs):04}", title=f"Sleeve{len(world.songs)}")
    world.songs.append(song)
    world.mode = f"thumbnail_{mode}"
    page = visit(java_script_enabled=javascript)
    cover, _ = search(page, site, song.title)
    picture = cover.locator("img")
    expect(picture).to_have_js_property("complete", True, timeout=PATIENCE_MS)
    assert picture.evaluate("img => img.naturalWidth") == 0
    expect(cover.locator(".sleeve")).to_be_visible()
    shown = cover.screenshot()
    picture.evaluate("img => { img.style.visibility = 'hidden' }")
    assert cover.screenshot() == shown  # no sign of a broken picture either
    assert site.health()


@pytest.mark.parametrize("javascript", [True, False])
def test_type_see_tiles_pick_one_watch_the_steps_read_the_result(visit, world, javascript):
    world.log.clear()
    world.delay_s = 0.6 if javascript else 0  # slow enough to read the steps
    page = visit(java_script_enabled=javascript)
    song = world.songs[0] if javascript else world.songs[1]
    page.get_by_role("searchbox").first.fill(song.title)
    page.get_by_role("searchbox").first.press("Enter")
    shelf = page.get_by_role("region", name="On YouTube")
    tile = shelf.locator("article").filter(has_text=song.title).first
    expect(tile).to_contain_text(song.channel)
    expect(tile).to_contain_text("views")
    tile.get_by_role("button").click()
    if javascript:
        expect(page.locator("#status")).to_contain_text("Asking YouTube for the song")
        expect(page.locator("#status")).to_contain_text("Fetching 3 excerpts", timeout=PATIENCE_MS)
    expect(page.locator("table").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Listen to the whole song")).to_be_visible()
    expect(page.get_by_text(song.title).first).to_be_visible()
    assert world.foreign == []
    sent = sum(request.sent for request in world.media_log)
    assert 0 < sent < len(song.content()) / 2


def test_the_whole_song_is_heard_on_demand(visit, world):
    page = visit("/search/?q=slow")
    page.get_by_role("region", name="On YouTube").get_by_role("button").first.click()
    page.get_by_role("button", name="Listen to the whole song").click(timeout=PATIENCE_MS)
    expect(page.locator("table").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Listen to the whole song")).to_have_count(0)
    assert world.foreign == []


def test_a_refusal_is_read_and_the_way_out_is_there(visit, world, site):
    page = visit("/search/?q=https://youtu.be/melody-0002")
    world.mode = "private"
    page.get_by_role("region", name="On YouTube").get_by_role("button").first.click()
    expect(page.get_by_text("This video is private.")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Choose another video, or upload the song as a file.")).to_be_visible()
    assert re.search(r'type="file"', page.content())
    assert "googlevideo" not in site.tail()
