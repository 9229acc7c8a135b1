"""Every page: by axe-core's rules, at three widths, light and dark; and with the keyboard alone."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from classifier.sources import library
from scripts.testbed import sound

pytestmark = pytest.mark.browser
WIDTHS = (320, 768, 1440)
PATIENCE_MS = 60_000
PAGES = (
    "/", "/search/?q=blues", "/search/?q=nothing-like-it", "/search/", "/listen/", "/history/",
    "/about/", "/privacy/", "/how-it-works/", "/how-it-works/?track=chaos-god-muldjord",
    "/playlist/?list=WL",
    "/models/", "/models/musicnn-yamnet-1/", "/models/musicnn-gtzan-2/", "/models/mel-cnn-gtzan-1/",
    "/models/musicnn-gtzan-2-full/", "/compare/", "/api/v1/docs",
    "/nowhere-at-all/",
)  # fmt: skip


TAKE_IN = """
from django.core.management import call_command
from classifier import serving
from classifier.models import Classification, CollectionTrack
from classifier.similar import vectors

try:
    call_command("index", {folder!r}, "--no-listening")
except SystemExit:
    pass  # with 1, as one file is broken
tracks = CollectionTrack.objects.filter(error="")
tracks.update(album="An album", album_key="k", artist="Somebody")
card = serving.card()
said = dict.fromkeys(card.labels, 0.04) | dict(jazz=0.64)
for n, track in enumerate(tracks):
    x = list(card.head.baseline)
    x[n] += 1
    row = Classification.objects.create(
        source="collection", source_id=track.audio, state="done", model_id=card.model_id,
        genre="jazz", confidence=0.64, probabilities=said, features=x, title=track.title,
        is_outside=n == 2,
    )
    vectors.keep(row, x, card)
"""


def check(page, what: str) -> None:
    check_rules(page, what)
    check_width(page, what)


def check_rules(page, what: str, within: str | None = None) -> None:
    if not page.evaluate("'axe' in window"):  # half a megabyte, to be read once a page
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        """async (within) => {
          const told = await axe.run(within ?? document, { resultTypes: ["violations"] });
          return told.violations;
        }""",
        within,
    )
    serious = [
        f"{v['id']} ({v['impact']}): {v['nodes'][0]['html'][:200]}"
        for v in found
        if v["impact"] in {"serious", "critical"}
    ]
    assert serious == [], what


def check_width(page, what: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{what} scrolls sideways by {wide} px"


def look(page, what: str, check=check) -> None:
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
    look(page, path, check_width)  # axe-core is JavaScript itself


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_what_a_visitor_comes_by(visit, site, scripts):
    """The pages that there are only after one has asked for something."""
    checks = check if scripts else check_width
    page = visit("/search/?q=blues", java_script_enabled=scripts)
    addresses = []
    for words in ("blues", "jazz"):
        page.goto(f"{site.url}/search/?q={words}")
        page.locator(".tile-form button").first.click()
        expect(page.locator("main table").first).to_be_visible(timeout=PATIENCE_MS)
        addresses.append(page.url)
    for more in page.locator("summary").all():
        more.click()
    look(page, "a result with all that it hides", checks)
    one, other = (address.rstrip("/").rpartition("/")[2] for address in addresses)
    page.goto(f"{site.url}/compare/?a={one}&b={other}")
    expect(page.locator(".compare-side")).to_have_count(2)
    look(page, "two results side by side", checks)
    page.goto(f"{site.url}/history/")
    expect(page.locator(".history-entry")).to_have_count(2)
    look(page, "a history", checks)
    page.goto(f"{addresses[0]}similar/")
    expect(page.locator(".similar li").first).to_be_visible()
    look(page, "similar songs", checks)


def test_similar_songs_come_onto_the_page_when_the_reader_is_near(visit, site):
    page = visit("/search/?q=blues")
    for words in ("blues", "jazz"):
        page.goto(f"{site.url}/search/?q={words}")
        page.locator(".tile-form button").first.click()
        expect(page.locator("main table").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".similar")).to_have_count(0)
    page.locator("[data-similar]").scroll_into_view_if_needed()
    expect(page.locator(".similar li").first).to_be_visible(timeout=PATIENCE_MS)
    look(page, "a result with its similar songs")


@pytest.fixture
def collection(site, tmp_path_factory):
    """A folder of music that the site has taken in, for everybody; gone with the test."""
    folder = tmp_path_factory.mktemp("music")
    for n, level in enumerate((0.1, 0.2, 0.3)):
        name = f"A long name of a song, number {n}.flac"
        sound.write(folder / name, sound.chord(4.0, level=level))
    (folder / "broken.mp3").write_bytes(b"no audio")
    site.shell(TAKE_IN.format(folder=str(folder)))
    yield
    site.shell(
        "from classifier.models import *\n"
        "CollectionTrack.objects.all().delete()\n"
        "Classification.objects.filter(source='collection').delete()"
    )


@pytest.mark.parametrize("path", ["/collection/", "/collection/album/k/", "/map/"])
def test_the_collection_for_staff(browser, site, collection, path):
    make = (
        "from django.contrib.auth.models import User\n"
        "User.objects.filter(username='c').delete()\n"
        "User.objects.create_superuser('c', '', 'c')"
    )
    site.shell(make)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site.url}/admin/login/")
    page.fill("[name=username]", "c")
    page.fill("[name=password]", "c")
    page.click("[type=submit]")
    page.goto(f"{site.url}{path}")
    expect(page.locator("h1")).to_have_count(1)
    assert len(page.locator("main").inner_text()) > 60
    look(page, path)
    context.close()


@pytest.fixture(params=["fetching", "failed"])
def unanswered(request, site):
    """A song without an answer; it goes with the test, for others would wait behind it."""
    made = (
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from classifier.models import Classification\n"
        f"row = Classification.objects.create(source='upload', source_id='{'0' * 64}',"
        f" model_id='m', state='{request.param}', error='Silent.', next_step='Send another.',"
        # Held, or the worker would take what is unfinished while the page is looked at.
        " held_by='nobody', held_until=timezone.now() + timedelta(hours=1))\n"
        "print(row.public_id)"
    )
    public_id = site.shell(made)
    yield f"/song/{public_id}/"
    site.shell(
        "from classifier.models import Classification\n"
        f"Classification.objects.filter(public_id='{public_id}').delete()"
    )


def test_a_song_without_an_answer(visit, unanswered):
    page = visit(unanswered)
    expect(page.locator("h1")).to_have_count(1)
    look(page, unanswered)


def ours(within: str):
    """A check of what this project put into the admin; the frame around it is Django's."""

    def check_part(page, what: str) -> None:
        page.wait_for_timeout(250)  # Django's links fade from one scheme's colour to the other's
        check_rules(page, what, within)
        check_width(page, what)

    return check_part


def test_the_admin(browser, site):
    # Not `visit`: scripts of the admin set inline styles, which the policy stops as it should.
    make = (
        "from django.contrib.auth.models import User; User.objects.create_superuser('s', '', 's')"
    )
    site.shell(make)
    page = browser.new_page()
    page.goto(f"{site.url}/search/?q=metal")
    page.locator(".tile-form button").first.click()
    expect(page.locator("main table").first).to_be_visible(timeout=PATIENCE_MS)
    song = page.url.rstrip("/").rpartition("/")[2]
    page.goto(f"{site.url}/admin/")
    page.get_by_label("Username").fill("s")
    page.get_by_label("Password").fill("s")
    page.keyboard.press("Enter")
    expect(page.get_by_text("What the site heard").first).to_be_visible()
    look(page, "the overview of staff", ours(".overview"))
    page.goto(f"{site.url}/admin/classifier/classification/")
    look(page, "the list of staff", ours("#result_list"))
    rows = page.locator("#result_list tbody tr")  # there may be others, without an answer yet
    rows.filter(has_text=library.search("metal")[0].title).locator("th a").first.click()
    page.locator(".strips").wait_for()
    look(page, "a song as staff see it", ours(".heard"))
    for path, what in (
        (f"review/doubtful/?song={song}", "the queue of staff"),
        ("how-good/", "how good it is"),
        ("learning/", "what it can learn"),
    ):
        page.goto(f"{site.url}/admin/classifier/classification/{path}")
        look(page, what, ours(".overview"))
    page.close()


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
        if page.evaluate("document.activeElement.matches('.tile-form button')"):
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
