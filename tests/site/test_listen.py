"""The microphone: Chromium's is made up and plays a file over and over."""

from __future__ import annotations

import re
import time

import pytest
import soundfile
from playwright.sync_api import expect

from classifier.sources import library
from ml.audio.decode import decode
from tests.site.test_every_page import look

pytestmark = pytest.mark.browser
ANSWER = re.compile(r"/song/[\w-]+/$")
PATIENCE_MS = 60_000
RATE_HZ = 48_000


@pytest.fixture(scope="module")
def browser_arguments(tmp_path_factory):
    heard = tmp_path_factory.mktemp("microphone") / "music.wav"
    track = library.FOLDER / "mid-band-stroll.mp3"
    soundfile.write(heard, decode(track, rate_hz=RATE_HZ)[: 15 * RATE_HZ], RATE_HZ, "PCM_16")
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={heard}",
    ]


@pytest.fixture
def open_with(visit, site):
    """Open the page in a browser that a script has changed first."""

    def open_page(script: str, **options):
        page = visit("/about/", **options)
        page.context.add_init_script(script)
        page.goto(f"{site.url}/listen/")
        return page

    return open_page


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def test_ten_seconds_are_recorded_played_sent_and_answered(visit):
    page = visit("/listen/")
    press(page, "Listen for 10 seconds")
    expect(page.get_by_role("status").first).to_have_text("Listening for 10 seconds.")
    expect(page.get_by_role("button", name="Stop here")).to_be_focused()
    expect(page.get_by_role("status").first).to_have_text("5 seconds left.", timeout=8_000)
    send = page.get_by_role("button", name="Send it")
    expect(send).to_be_visible(timeout=10_000)
    expect(send).to_be_focused()
    expect(page.get_by_text("10 seconds are recorded, not sent yet.")).to_be_visible()
    heard = page.locator("[data-listen-bars] rect:not(.is-ahead)")
    assert heard.count() > 30  # the level was seen all the time
    assert page.evaluate(
        "new Promise((resolve) => {"
        "  const audio = document.querySelector('[data-listen-audio]');"
        "  audio.onplaying = () => resolve(true); audio.onerror = () => resolve(false);"
        "  audio.play();"
        "})"
    )
    send.click()
    expect(page).to_have_url(ANSWER)
    expect(page.get_by_role("heading", name="The odds")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text(re.compile("^Microphone, ")).first).to_be_visible()
    expect(page.locator("h1")).to_contain_text("jazz")
    expect(page.locator("audio")).to_be_visible()  # this browser keeps it, as any file it sends


def test_less_may_be_sent_and_too_little_may_not(visit):
    page = visit("/listen/")
    press(page, "Listen for 10 seconds")
    page.wait_for_timeout(700)
    press(page, "Stop here")
    expect(page.get_by_role("alert").first).to_contain_text("too short to judge by")
    expect(page.get_by_role("button", name="Send it")).to_be_hidden()
    press(page, "Listen for 10 seconds")
    expect(page.get_by_role("alert").first).to_be_hidden()
    page.wait_for_timeout(3_600)
    press(page, "Stop here")
    expect(page.get_by_role("button", name="Send it")).to_be_visible()
    look(page, "what was recorded")


def test_cancelling_keeps_nothing_and_lets_the_microphone_go(open_with):
    page = open_with(
        "const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = async (wanted) => {"
        "  window.wanted = wanted; window.given = await ask(wanted); return window.given; };"
    )
    page.wait_for_load_state("networkidle")
    assert page.evaluate("!window.wanted")  # nothing is asked for before the press
    press(page, "Listen for 10 seconds")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    look(page, "while it records")
    press(page, "Cancel")
    expect(page.get_by_text("Cancelled. Nothing was kept.")).to_be_visible()
    expect(page.get_by_role("button", name="Listen for 10 seconds")).to_be_focused()
    assert page.evaluate("given.getTracks().map(({ readyState }) => readyState)") == ["ended"]
    assert page.evaluate("document.getElementById('id_file').files.length") == 0
    assert not any(page.evaluate("wanted.audio").values())  # music is not to be cleaned as speech


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("delete window.MediaRecorder", "This browser cannot record."),
        ("delete Navigator.prototype.mediaDevices", "This browser cannot record."),
        (
            "Object.defineProperty(window, 'isSecureContext', { value: false })",
            "gives the microphone only to pages that come by https",
        ),
    ],
    ids=["no recorder", "no devices", "no https"],
)
def test_where_it_cannot_record_it_says_so_and_offers_the_rest(open_with, script, sentence):
    page = open_with(script)
    expect(page.get_by_role("alert").first).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Listen for 10 seconds")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_be_visible()
    expect(page.get_by_role("button", name="Send the file")).to_be_visible()
    look(page, sentence)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("NotAllowedError", "The microphone was not allowed."),
        ("NotFoundError", "No microphone was found."),
        ("NotReadableError", "The microphone could not be used."),
    ],
)
def test_a_microphone_that_is_not_given_is_a_sentence(open_with, error, sentence):
    page = open_with(
        "navigator.mediaDevices.getUserMedia = () =>"
        f" Promise.reject(new DOMException('no', '{error}'))"
    )
    press(page, "Listen for 10 seconds")
    expect(page.get_by_role("alert").first).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Listen for 10 seconds")).to_be_enabled()


def test_silence_is_told_before_it_is_sent(open_with):
    page = open_with(
        "navigator.mediaDevices.getUserMedia = async () => {"
        "  const context = new AudioContext(); await context.resume();"
        "  return context.createMediaStreamDestination().stream; }"
    )
    press(page, "Listen for 10 seconds")
    page.wait_for_timeout(3_600)
    press(page, "Stop here")
    expect(page.get_by_role("alert").first).to_contain_text("Only silence was recorded.")


def test_without_scripts_it_says_what_to_do(visit):
    page = visit("/listen/", java_script_enabled=False)
    expect(page.get_by_text("Recording needs JavaScript")).to_be_visible()
    expect(page.get_by_role("button", name="Listen for 10 seconds")).to_be_hidden()
    expect(page.get_by_role("button", name="Send the file")).to_be_visible()


def test_where_motion_is_not_wanted_the_bars_come_once_a_second(visit):
    page = visit("/listen/", reduced_motion="reduce")
    press(page, "Listen for 10 seconds")
    page.wait_for_timeout(3_000)
    seen, began = set(), time.monotonic()
    for _ in range(15):
        seen.add(page.locator("[data-listen-bars] rect:not(.is-ahead)").count() // 4)
        page.wait_for_timeout(100)
    # On a busy machine it takes longer than one and a half seconds.
    assert len(seen) <= time.monotonic() - began + 2
    press(page, "Cancel")


def test_another_page_may_not_use_the_microphone(visit):
    page = visit("/about/")
    refused = page.evaluate(
        "navigator.mediaDevices.getUserMedia({ audio: true }).then(() => '', ({ name }) => name)"
    )
    assert refused == "NotAllowedError"
