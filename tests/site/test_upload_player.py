"""A file that was sent is saved by its sender's browser, and played from there."""

from __future__ import annotations

import re

import pytest
import soundfile
from playwright.sync_api import expect

from classifier.sources import library
from scripts.testbed import sound
from scripts.testbed.site import wait_for
from tests.site.test_every_page import look

pytestmark = pytest.mark.browser
PATIENCE_MS = 60_000
RESULT = re.compile(r"/song/[\w-]+/$")
REMOVE = "Remove it from this browser"

# [[song or null, size]] of what the browser has saved, newest first; null without a database.
CACHED = """async () => {
  if (!(await indexedDB.databases()).some(({ name }) => name === "sent-files")) return null;
  const request = indexedDB.open("sent-files");
  await new Promise((resolve) => { request.onsuccess = resolve; });
  const all = request.result.transaction("files").objectStore("files").getAll();
  await new Promise((resolve) => { all.onsuccess = resolve; });
  request.result.close();
  return all.result.sort((a, b) => b.at - a.at).map(({ song, file }) => [song ?? null, file.size]);
}"""


def cached(page) -> list | None:
    return page.evaluate(CACHED)


def song_of(page) -> str:
    return page.url.rstrip("/").rpartition("/")[2]


def send(page, file) -> None:
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_role("button", name="Send the file").click()


def expect_result(page) -> None:
    expect(page.get_by_role("heading", name="The odds")).to_be_visible(timeout=PATIENCE_MS)
    expect(page).to_have_url(RESULT)  # the token is off the address


def until(page, state: str) -> None:
    # Not wait_for_function: to ask twice it evaluates text, which the page's policy forbids.
    wait_for(lambda: page.evaluate(f"document.querySelector('audio').{state}"), 10, state)


def audio_of(page):
    audio = page.locator("audio")
    expect(audio).to_be_visible()
    until(page, "readyState >= 1")
    return audio


@pytest.fixture
def make(tmp_path):
    """Files that sound different at each level: an equal one is known to the server already."""

    def write(name: str, seconds: float = 9.0, level: float = 0.2):
        return sound.write(tmp_path / name, sound.chord(seconds, level=level))

    return write


@pytest.mark.parametrize("n", [0, 1])  # the second time the answer is there at once
def test_its_sender_hears_it_from_a_blob_and_seeks_in_it(visit, site, n):
    mp3 = library.FOLDER / "hay-bale-hop.mp3"
    page = visit()
    send(page, mp3)
    expect_result(page)
    audio = audio_of(page)
    assert audio.get_attribute("src").startswith(f"blob:{site.url}/")
    assert cached(page) == [[song_of(page), mp3.stat().st_size]]
    length = audio.evaluate("audio => audio.duration")
    assert length == pytest.approx(library.catalog()["hay-bale-hop"]["duration_s"], abs=0.2)
    expect(page.get_by_text("The site has no copy of it.")).to_be_visible()
    page.locator(".strip-times").get_by_role("link", name="0:09").click()
    until(page, "currentTime >= 9")
    expect(page.locator("[data-seek-status]")).to_contain_text("Playing from 0:09")
    page.get_by_text("The same as a table").click()
    page.locator("[data-segments]").get_by_role("link", name="0:15").press("Enter")
    until(page, "currentTime >= 15")
    slider = page.get_by_role("slider", name="Moment of the song")
    slider.focus()
    slider.press("Home")
    until(page, "currentTime < 9")
    expect(page).to_have_url(RESULT)
    assert RESULT.search(page.get_by_label("Link to this answer").input_value())
    page.reload()
    audio_of(page)
    page.go_back()
    page.get_by_role("button", name="Send the file").wait_for()
    page.go_forward()
    audio_of(page)


def test_who_is_given_the_link_hears_nothing_and_keeps_nothing(visit, make):
    page = visit()
    send(page, make("mine.wav"))
    expect_result(page)
    audio_of(page)
    stranger = visit(f"/song/{song_of(page)}/")
    expect(stranger.get_by_role("heading", name="The odds")).to_be_visible()
    stranger.wait_for_load_state("networkidle")
    assert stranger.locator("audio, [data-player]").count() == 0
    assert stranger.locator(".strip-times a").count() == 0
    assert cached(stranger) is None


def test_the_button_removes_it_for_good(visit, make):
    page = visit()
    send(page, make("gone.mp3", level=0.11))
    expect_result(page)
    audio_of(page)
    page.get_by_role("button", name=REMOVE).press("Enter")
    expect(page.get_by_text("Removed from this browser.")).to_be_focused()
    assert page.locator("audio").count() == 0
    assert page.locator("[data-seek][href]").count() == 0
    assert cached(page) == []
    page.reload()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-player]")).to_be_hidden()
    assert page.get_by_role("button", name=REMOVE).count() == 0


@pytest.mark.parametrize(
    "broken",
    [
        "IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }",
        # Nothing ever comes of it.
        "const open = IDBFactory.prototype.open; IDBFactory.prototype.open = function (...given) {"
        " const request = open.apply(this, given); request.addEventListener = () => {};"
        " return request; }",
        "IDBObjectStore.prototype.put = () => { throw new DOMException('no', 'DataCloneError'); }",
        "Object.defineProperty(window, 'indexedDB', { value: undefined })",
    ],
)
def test_where_nothing_can_be_kept_the_file_is_sent_all_the_same(visit, site, make, broken):
    page = visit("/about/")
    page.add_init_script(broken)
    page.goto(site.url)
    send(page, make("private.wav", level=0.12))
    expect_result(page)
    expect(page.locator("[data-player]")).to_be_hidden()
    expect(page.get_by_role("slider")).to_be_visible()


@pytest.mark.parametrize("script", ["sent-files", "vendor/idb"])
def test_where_the_script_does_not_arrive_the_file_is_sent_all_the_same(visit, site, make, script):
    page = visit("/about/")
    page.route(f"**/{script}*.js", lambda route: route.abort())
    page.goto(site.url)
    send(page, make("alone.wav", level=0.12))
    expect_result(page)
    expect(page.locator("[data-player]")).to_be_hidden()
    expect(page.get_by_role("slider")).to_be_visible()


def test_where_the_script_never_ends_arriving_the_file_is_sent_all_the_same(visit, site, make):
    page = visit("/about/")
    page.route("**/sent-files*.js", lambda route: None)
    page.goto(site.url)
    send(page, make("patient.wav", level=0.12))
    expect_result(page)


# As it was stored before idb came into use.
STORE = """async (song) => {
  const request = indexedDB.open("sent-files", 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("files", { keyPath: "token" });
  };
  await new Promise((resolve) => { request.onsuccess = resolve; });
  const bytes = await (await fetch("/static/library/hay-bale-hop.mp3")).blob();
  const file = new File([bytes], "old.mp3", { type: "audio/mpeg" });
  const transaction = request.result.transaction("files", "readwrite");
  transaction.objectStore("files").put({ token: "a".repeat(32), file, at: Date.now(), song });
  await new Promise((resolve) => { transaction.oncomplete = resolve; });
  request.result.close();
}"""


def test_a_file_saved_by_an_earlier_version_is_played(visit, site, make):
    page = visit()
    send(page, make("earlier.wav", level=0.28))
    expect_result(page)
    audio_of(page)
    page.get_by_role("button", name=REMOVE).click()
    expect(page.get_by_text("Removed from this browser.")).to_be_visible()
    page.evaluate(STORE, song_of(page))
    page.reload()
    assert audio_of(page).get_attribute("src").startswith("blob:")


def test_what_the_browser_cannot_play_is_said_in_a_sentence(visit, tmp_path):
    path = tmp_path / "studio.aiff"
    soundfile.write(path, sound.chord(9.0, level=0.13), sound.RATE_HZ, subtype="PCM_16")
    page = visit()
    send(page, path)
    expect_result(page)
    expect(page.get_by_text("which cannot play this kind of file")).to_be_visible()
    assert page.locator("audio").count() == 0
    assert page.locator("[data-seek][href]").count() == 0
    page.get_by_role("button", name=REMOVE).click()
    expect(page.get_by_text("Removed from this browser.")).to_be_visible()
    assert cached(page) == []


def test_what_is_forgotten_leaves_the_browser_too(visit, site, make):
    page = visit()
    songs = []
    for name, level in (("first.wav", 0.14), ("second.wav", 0.15), ("third.wav", 0.16)):
        page.goto(site.url)
        send(page, make(name, level=level))
        expect_result(page)
        audio_of(page)
        songs.insert(0, song_of(page))
    assert [song for song, _ in cached(page)] == songs
    page.goto(f"{site.url}/history/")
    page.get_by_text("Forget second.wav").click()
    page.get_by_role("button", name="Yes, forget it").click()
    expect(page.get_by_text("no longer in your history")).to_be_visible()
    assert [song for song, _ in cached(page)] == [songs[0], songs[2]]
    page.get_by_text("Forget everything", exact=True).click()
    page.get_by_role("button", name="Yes, forget everything").click()
    expect(page.get_by_text("Your history is empty")).to_be_visible()
    assert cached(page) == []


def test_three_are_kept_and_none_for_longer_than_a_day(visit, site, make):
    page = visit()
    songs = []
    for level in (0.21, 0.22, 0.23, 0.24):
        page.goto(site.url)
        send(page, make(f"song {level}.wav", level=level))
        expect_result(page)
        audio_of(page)
        songs.insert(0, song_of(page))
    assert [song for song, _ in cached(page)] == songs[:3]
    now_s = page.evaluate("Date.now() / 1000")
    page.clock.set_fixed_time(now_s + 23.9 * 3600)
    page.goto(f"{site.url}/history/")
    page.wait_for_load_state("networkidle")
    assert len(cached(page)) == 3
    page.clock.set_fixed_time(now_s + 24.1 * 3600)
    page.goto(f"{site.url}/song/{songs[0]}/")
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-player]")).to_be_hidden()
    assert cached(page) == []


def test_a_file_that_gets_no_answer_is_not_cached(visit, tmp_path):
    nonsense = tmp_path / "words.mp3"
    nonsense.write_text("no music, only words")
    page = visit()
    send(page, nonsense)
    expect(page.get_by_text("not audio that can be decoded").first).to_be_visible(
        timeout=PATIENCE_MS
    )
    expect(page).to_have_url(RESULT)
    page.wait_for_load_state("networkidle")
    assert cached(page) == []


def test_a_form_that_is_refused_drops_its_file(visit, site, make):
    page = visit()

    def lose_the_file(route):
        body = route.request.post_data_buffer.replace(b'name="file"', b'name="other"')
        route.continue_(post_data=body)

    page.route("**/upload/", lose_the_file)
    send(page, make("refused.wav", level=0.17))
    expect(page.get_by_text("Choose an audio file first.")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert cached(page) == []


def test_a_made_up_link_moves_no_file_to_another_song(visit, site, make):
    page = visit()
    send(page, make("mine too.wav", level=0.18))
    expect_result(page)
    audio_of(page)
    mine = cached(page)
    token = page.evaluate(
        """async () => {
          const request = indexedDB.open("sent-files");
          await new Promise((resolve) => { request.onsuccess = resolve; });
          const keys = request.result.transaction("files").objectStore("files").getAllKeys();
          await new Promise((resolve) => { keys.onsuccess = resolve; });
          request.result.close();
          return keys.result[0];
        }"""
    )
    link = page.url
    page.goto(site.url)
    send(page, make("another.wav", level=0.19))
    expect_result(page)
    other = page.url
    page.get_by_role("button", name=REMOVE).click()
    expect(page.get_by_text("Removed from this browser.")).to_be_visible()
    for forged in (token, song_of(page), "x" * 32):
        page.goto("about:blank")
        page.goto(f"{other}#upload={forged}")
        expect(page).to_have_url(other)
        expect(page.locator("[data-player]")).to_be_hidden()
    assert cached(page) == mine
    page.goto(link)
    audio_of(page)


def test_who_never_sent_anything_gets_no_database(visit, site):
    page = visit()
    for path in ("/history/", "/search/?q=blues"):
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
    assert cached(page) is None


def test_without_scripts_it_is_sent_and_answered(visit, make):
    page = visit(java_script_enabled=False)
    send(page, make("plain.wav", level=0.2))
    expect_result(page)
    assert page.locator("audio").is_hidden()


def test_the_page_weighs_little_with_its_player(visit, site, make):
    page = visit()
    send(page, make("light.wav", level=0.26))
    expect_result(page)
    fresh = visit("/health/", storage_state=page.context.storage_state())  # nothing is cached yet
    sizes = {}

    def count(request):
        sizes[request.url.rpartition("/")[2]] = request.sizes()["responseBodySize"]

    fresh.on("requestfinished", count)
    fresh.goto(page.url)
    fresh.wait_for_load_state("networkidle")
    assert any(name.startswith("sent-files.") for name in sizes)
    assert 10_000 < sum(sizes.values()) <= 150_000


def test_everybody_can_read_and_use_it(visit, make):
    page = visit()
    send(page, make("for all.wav", level=0.25))
    expect_result(page)
    audio_of(page)
    look(page, "the result of a file")


def test_who_leaves_while_it_is_listened_to_finds_the_player_later(visit, site, make):
    page = visit()
    page.route("**/status/", lambda route: route.abort())  # the waiting page never sees an end
    send(page, make("later.wav", seconds=60.0, level=0.27))
    expect(page).to_have_url(RESULT)
    link = page.url
    page.goto(f"{site.url}/about/")
    page.unroute("**/status/")
    page.goto(link)
    expect_result(page)
    audio_of(page)
