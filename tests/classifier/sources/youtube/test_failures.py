"""What a visitor reads when YouTube fails, for each way in which it can."""

from __future__ import annotations

import html
import re

import pytest
from django.urls import reverse

from classifier.models import Classification
from classifier.sources.youtube.ytdlp import about, failures
from scripts.testbed.fake_youtube import modes, songs
from tests.classifier.conftest import SONG

pytestmark = pytest.mark.django_db


def text_of(response) -> str:
    """The words of a page's main part, as they are read."""
    main = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def choose(client, page):
    choice = re.search(r'name="choice" value="([^"]+)"', page.content.decode())
    return client.post(reverse("classify"), {"choice": html.unescape(choice[1])}, follow=True)


@pytest.fixture
def search(client, world):
    def search(query: str = "chord"):
        return client.get(reverse("search"), {"q": query})

    return search


@pytest.fixture
def pick(client, search, work):
    """Find the song while all is well, choose it in `mode`, let the worker try, read the page."""

    def pick(world, mode: str) -> tuple[Classification, str]:
        found = search()
        world.mode = mode
        choose(client, found)
        work()
        classification = Classification.objects.get()
        return classification, text_of(client.get(classification.get_absolute_url()))

    return pick


# Each mode of the fake: the sentence, the next step, and whether "Try again" is offered.
READ = {
    "bot": ("YouTube takes this server for a robot and refuses it. It will not be asked again",
            "Upload the song as a file.", True),
    "rate429": ("YouTube asks this server to slow down. It will not be asked again before",
                "Try again in a while", True),
    "rate_limited": ("YouTube asks this server to slow down. It will not be asked again before",
                     "Try again in a while", True),
    "server500": ("YouTube has a problem of its own right now.", "Try again in a while", True),
    "private": ("This video is private.", "Choose another video", False),
    "removed": ("This video is not available any more.", "Choose another video", False),
    "age": ("This video is age-restricted, and this server is not signed in.",
            "Choose another video", False),
    "geo": ("This video is blocked in the country of this server.", "Choose another video", False),
    "members_only": ("This video is only for members of its channel.",
                     "Choose another video", False),
    "live": ("This is a live stream.", "Come back when it is over.", True),
    "premiere": ("This video has not been published yet.", "Come back when it is.", True),
    "no_formats": ("YouTube offers no sound of this video that can be fetched.",
                   "Choose another video", True),
    "forbidden_media": ("YouTube refused to hand out the sound, twice.",
                        "Try again in a while", True),
    "corrupt": ("The sound of this video could not be read.", "Choose another video", False),
    "hang": ("YouTube was too slow to answer.", "Try again in a while", True),
}  # fmt: skip


@pytest.mark.parametrize("mode", READ)
def test_the_visitor_reads_one_sentence_and_a_next_step(world, pick, mode):
    sentence, next_step, again = READ[mode]
    classification, page = pick(world, mode)
    assert sentence in page
    assert next_step in page
    assert ("Try again" in re.findall(r"Try again(?! in)", page)) is again
    for advice in ("--cookies", "http", "yt-dlp", "Traceback", "googlevideo"):
        assert advice not in page
    assert classification.error_kind in failures.FAILURES
    assert classification.error_detail  # what yt-dlp said, for the admin


def test_every_mode_that_fails_is_read_by_a_test():
    well = {"ok", "strict_ranges", "ignore_ranges", "forbidden_once", "html_titles"}
    elsewhere = {"empty", "redirect", "bomb", "drip"} | modes.THUMBNAIL_MODES  # in other tests
    assert set(modes.MODES) - well - elsewhere == set(READ)


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("rate429", "YouTube asks this server to slow down."),
        ("server500", "YouTube has a problem of its own right now."),
        ("hang", "YouTube was too slow to answer."),
        ("empty", "Nothing was found"),
    ],
)
def test_a_search_that_fails_leaves_the_other_ways_in(search, world, mode, sentence):
    world.mode = mode
    response = search("a song that nobody has")
    page = text_of(response)
    assert response.status_code == 200
    assert sentence in page
    assert 'type="file"' in response.content.decode()
    assert "From this site’s own shelf" in page


def test_the_admin_sees_the_original_message(admin_client, pick, world):
    classification, page = pick(world, "bot")
    shown = admin_client.get(
        reverse("admin:classifier_classification_change", args=[classification.pk])
    ).content.decode()
    assert "Sign in to confirm you’re not a bot" in html.unescape(shown)
    assert "Sign in to confirm" not in page


def test_trying_again_after_a_temporary_failure(client, pick, world, work):
    classification, _ = pick(world, "forbidden_media")
    world.mode = "ok"
    client.post(reverse("retry", args=[classification.public_id]))
    work()
    classification.refresh_from_db()
    assert classification.is_done
    assert (classification.error, classification.next_step, classification.error_kind) == (
        "", "", "",
    )  # fmt: skip


def test_trying_again_is_not_offered_for_what_lasts(client, pick, world, work):
    classification, _ = pick(world, "private")
    world.mode = "ok"
    client.post(reverse("retry", args=[classification.public_id]))
    assert work() == 0
    classification.refresh_from_db()
    assert classification.is_failed


def test_while_the_site_leaves_youtube_alone_nothing_is_asked(client, pick, world, work):
    classification, _ = pick(world, "bot")
    world.mode = "ok"
    world.log.clear()
    page = text_of(client.post(reverse("retry", args=[classification.public_id]), follow=True))
    assert "It will not be asked again before" in page
    assert "It will not be asked again before" in text_of(
        client.get(reverse("search"), {"q": "chord"})
    )
    assert work() == 0
    assert world.log == []
    # An answer that is known already is still there.
    assert client.get(classification.get_absolute_url()).status_code == 200


def test_too_long_to_choose_and_too_long_to_fetch(client, search, world, settings):
    world.songs = [songs.tiny_song(60, duration_s=4 * 3600)]
    found = search()
    assert "Too long" in text_of(found)
    assert 'name="choice"' not in found.content.decode()


def test_live_and_upcoming_cards_say_why_they_cannot_be_chosen(search, world):
    world.songs = [
        songs.tiny_song(id="tiny-song_3", live_status="is_live"),
        songs.tiny_song(id="tiny-song_4", live_status="is_upcoming"),
    ]
    found = search()
    assert "Live now" in text_of(found)
    assert "Not published yet" in text_of(found)
    assert 'name="choice"' not in found.content.decode()


def test_cards_tell_views_and_what_is_known_already(search, make_classification):
    make_classification(source_id=SONG.id, genre="jazz", confidence=0.77)
    found = search()
    assert "1 thousand views" in text_of(found)
    assert "Heard Song as jazz 77.0 %" in text_of(found)


def test_more_results_on_demand(client, search, world):
    world.songs = [songs.tiny_song(id=f"song-{i:06}", title=f"Number {i}") for i in range(40)]
    page = search("everything").content.decode()
    more = html.unescape(re.search(r'href="(\?q=everything[^"]+)"', page)[1])
    assert page.count('name="choice"') == 12
    assert client.get(reverse("search") + more).content.decode().count('name="choice"') == 24


@pytest.mark.parametrize("wrong", ["0", "-3", "9999", "many"])
def test_a_wrong_number_of_results_is_a_sentence(client, world, wrong):
    response = client.get(reverse("search"), {"q": "chord", "n": wrong})
    assert response.status_code == 400
    assert world.log == []


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ("https://www.youtube.com/playlist?list=PL123", "leads to no playlist that can be listed"),
        ("https://www.youtube.com/@somebody", "leads to no single video"),
        ("https://soundcloud.com/a/b", "Only links to YouTube videos"),
        ("file:///etc/passwd", "Only links to YouTube videos"),
        ("http://169.254.169.254/latest", "Only links to YouTube videos"),
    ],
)
def test_links_to_elsewhere_are_refused_with_a_sentence(search, world, link, sentence):
    assert sentence in text_of(search(link))
    assert world.log == []


def test_a_pasted_time_is_kept(client, search, work, world):
    choose(client, search(f"https://youtu.be/{SONG.id}?t=42"))
    work()
    classification = Classification.objects.get()
    page = client.get(classification.get_absolute_url()).content.decode()
    assert f"watch?v={SONG.id}&amp;t=42s" in page
    assert (classification.title, classification.artist) == (SONG.title, SONG.channel)


def test_the_whole_song_is_a_job_and_an_answer_of_its_own(client, search, work, world):
    choose(client, search())
    work()
    excerpts = Classification.objects.get()
    assert "Listen to the whole song" in client.get(excerpts.get_absolute_url()).content.decode()
    client.post(reverse("whole", args=[excerpts.public_id]))
    work()
    whole = Classification.objects.get(extent="whole")
    assert whole.is_done
    assert whole.windows[-1][1] == pytest.approx(60, abs=0.5)
    assert len(whole.segments) > len(excerpts.segments)
    page = text_of(client.get(whole.get_absolute_url()))
    assert "Only excerpts were heard" not in page
    # Asking again gives the same answer, without another job.
    client.post(reverse("whole", args=[excerpts.public_id]))
    assert work() == 0


def test_switched_off_the_site_speaks_of_no_youtube(client, settings, world):
    settings.YOUTUBE_ENABLED = False
    page = text_of(client.get(reverse("search"), {"q": "chord"}))
    assert "On YouTube" not in page
    assert world.log == []


def test_health_tells_staff_what_youtube_needs(client, admin_client, world, monkeypatch):
    monkeypatch.setattr(about, "ytdlp_version", lambda: "2020.01.15")
    monkeypatch.setattr(about, "javascript_runtime", lambda: "")
    stranger = client.get(reverse("health"))
    assert "2020.01.15" not in stranger.content.decode()
    assert stranger.json()["youtube"] == {
        "enabled": True,
        "paused_until": None,
        "needs_attention": True,
    }
    told = admin_client.get(reverse("health")).json()["youtube"]
    assert (told["enabled"], told["yt_dlp"], told["javascript"]) == (True, "2020.01.15", "")
    assert told["yt_dlp_age_days"] > 2000
    assert len(told["warnings"]) == 2
    assert told["paused_until"] is None


def test_health_tells_of_a_pause(client, pick, world):
    pick(world, "bot")
    assert client.get(reverse("health")).json()["youtube"]["paused_until"]
