"""GET /search."""

from __future__ import annotations

import pytest

from classifier.sources import library
from classifier.sources.youtube import cooldown

from .conftest import problem


def test_tracks_of_the_site_are_found_with_their_answers(program, make_classification):
    track = library.search("blues")[0]
    row = make_classification(source="library", source_id=track.source_id, genre="blues")
    (found, *_) = program.get("/search", {"q": "blues"}).json()["items"]
    assert (found["source"], found["source_id"]) == ("library", track.source_id)
    assert found["song"] == {
        "id": row.public_id,
        "genre": "blues",
        "confidence": row.confidence,
        "none_of_the_ten": False,
    }


def test_videos_are_found_and_searches_counted(program, another, world, settings):
    settings.SEARCHES_PER_MINUTE = 1
    items = program.get("/search", {"q": "minor chord", "n": 5}).json()["items"]
    video = next(item for item in items if item["source"] == "youtube")
    assert video["source_id"] == world.songs[0].id
    assert video["title"] == world.songs[0].title
    problem(program.get("/search", {"q": "minor chord"}), 429, "rate_limited")
    # A link is opened without a request, so it is not counted; another's searches are theirs.
    link = f"https://youtu.be/{world.songs[0].id}"
    assert program.get("/search", {"q": link}).json()["items"][0]["source_id"] == video["source_id"]
    assert another.get("/search", {"q": "minor chord"}).status_code == 200


def test_while_youtube_is_left_alone_it_is_503(program, settings):
    settings.YOUTUBE_ENABLED = True
    cooldown.begin("youtube", "rate_limit", 5)
    problem(program.get("/search", {"q": "words"}), 503, "rate_limit")


@pytest.mark.parametrize(
    "query",
    [{}, {"q": ""}, {"q": " "}, {"q": "\0"}, {"q": "x" * 201}, {"q": "a", "n": 0},
     {"q": "a", "n": 49}, {"q": "a", "n": "x"}],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_422(program, query):
    problem(program.get("/search", query), 422, "invalid")


def test_a_link_elsewhere_is_422(program, settings):
    settings.YOUTUBE_ENABLED = True
    problem(program.get("/search", {"q": "https://vimeo.com/1"}), 422, "link_elsewhere")
