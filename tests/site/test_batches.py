"""A playlist in a browser: chosen, heard by a real worker, and read on one page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from scripts.testbed.fake_youtube import songs
from scripts.testbed.fake_youtube.proxy import FakeYouTubeProxy
from scripts.testbed.fake_youtube.world import Playlist, World
from tests.site.test_every_page import check, check_width, look

pytestmark = [pytest.mark.browser, pytest.mark.worker]
PATIENCE_MS = 120_000
ID = "PL1234567890123456"
LINK = f"https://www.youtube.com/playlist?list={ID}"


@pytest.fixture(scope="module")
def world():
    found = [songs.melody(60, id=f"melody-{i:04}", title=f"Melody {i}") for i in range(4)]
    ids = [song.id for song in found]
    world = World(found, playlists=[Playlist(ID, "For the Road", [*ids, "deleted-000"])])
    with FakeYouTubeProxy(world) as proxy:
        world.environment = proxy.environment
        yield world


@pytest.fixture(scope="module")
def site(world, new_site, tmp_path_factory):
    """A site that hears two songs of an address at once, with a YouTube behind its proxy."""
    folder = tmp_path_factory.mktemp("site")
    with new_site(folder, JOBS_AT_ONCE="2", **world.environment) as running:
        yield running


def open_playlist(page):
    page.get_by_role("searchbox").first.fill(LINK)
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_role("heading", name="For the Road")).to_be_visible()


def test_with_scripts_all_are_heard_by_themselves(visit, world, site):
    page = visit()
    open_playlist(page)
    look(page, "a playlist")
    button = page.locator("[data-chosen]").first
    expect(button).to_have_text("Listen to 4 songs")
    page.get_by_role("button", name="Choose none").click()
    expect(button).to_be_disabled()
    page.get_by_role("button", name="Choose all").click()
    page.get_by_role("checkbox", name="Melody 0").uncheck()
    expect(button).to_have_text("Listen to 3 songs")
    gone = world.songs.pop()
    button.click()
    page.wait_for_url(re.compile("/batch/"))
    expect(page.get_by_text("songs from your network are heard at a time")).to_be_visible()
    look(page, "songs that wait")
    words = page.locator(".status-text")
    expect(words).to_have_text("2 of 3 answered, 1 failed.", timeout=PATIENCE_MS)
    expect(page.get_by_role("row").filter(has_text=gone.title)).to_contain_text("not available")
    expect(page.get_by_role("button", name="Ask for")).to_have_count(0)
    look(page, "songs that are answered")
    page.get_by_role("link", name="Melody 1").click()
    expect(page).to_have_url(re.compile("/song/"))
    page.goto(f"{site.url}/history/")
    expect(page.get_by_role("link", name="For the Road")).to_be_visible()
    look(page, "a history with a list")
    assert world.foreign == []
    world.songs.append(gone)


def test_without_scripts_the_page_renews_itself_and_has_a_button(visit, world):
    world.songs = [songs.melody(60, id=f"others-{i:04}", title=f"Other {i}") for i in range(3)]
    world.playlists = [Playlist(ID, "For the Road", [song.id for song in world.songs])]
    page = visit(java_script_enabled=False)
    open_playlist(page)
    look(page, "a playlist without scripts", check_width)
    page.get_by_role("button", name="Listen to the chosen songs").first.click()
    words = page.locator(".status-text")
    expect(words).to_have_text("2 of 3 answered, 1 not yet asked for.", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Ask for it now").click()
    expect(words).to_have_text("3 of 3 answered.", timeout=PATIENCE_MS)
    assert page.locator("tbody tr").count() == 3


def test_songs_that_another_page_holds_back_are_asked_for_by_themselves(visit, world):
    world.songs = [songs.melody(60, id=f"held-{i:06}", title=f"Held {i}") for i in range(3)]
    world.playlists = [Playlist(ID, "For the Road", [song.id for song in world.songs])]
    plain = visit(java_script_enabled=False)
    open_playlist(plain)
    plain.get_by_role("button", name="Listen to the chosen songs").first.click()
    words = plain.locator(".status-text")
    expect(words).to_have_text("2 of 3 answered, 1 not yet asked for.", timeout=PATIENCE_MS)
    page = visit(storage_state=plain.context.storage_state())
    page.clock.install()
    page.goto(plain.url)
    expect(page.get_by_text("the next are asked for by themselves")).to_be_visible()
    page.clock.fast_forward(20_000)
    words = page.locator(".status-text")
    expect(words).to_have_text("3 of 3 answered.", timeout=PATIENCE_MS)


def test_what_cannot_be_listed(visit):
    page = visit("/playlist/?list=WL")
    expect(page.get_by_text("This list can be opened by its owner alone.")).to_be_visible()
    look(page, "a refused playlist", check)
