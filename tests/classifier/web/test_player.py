"""The player and the timeline as they are sent; tests/site/test_player.py presses the buttons."""

from __future__ import annotations

import gzip
import re

import numpy as np
import pytest
from django.template.loader import render_to_string

from classifier.results.timeline import strip_paths
from classifier.templatetags.timeline import play_time


def player_of(row, **context) -> str:
    return render_to_string(
        "result/_player.html", {"classification": row, "start_s": 0, "title": "T", **context}
    )


def segments(n: int, sharpness: float = 0.3) -> list[dict]:
    """As a worker stores them: three seconds each, probabilities in label order."""
    rows = np.random.default_rng(n).dirichlet([sharpness] * 10, n)
    return [
        {
            "start_s": round(i * 2.992, 3),
            "end_s": round((i + 1) * 2.992, 3),
            "probabilities": [round(float(p), 4) for p in row],
            "logits": [0.0] * 10,
        }
        for i, row in enumerate(rows)
    ]


def test_a_video_is_a_link_until_a_script_makes_the_button_work(make_classification):
    html = player_of(make_classification(source_id="dQw4w9WgXcQ"), start_s=42)
    assert "https://www.youtube.com/watch?v=dQw4w9WgXcQ&amp;t=42s" in html
    assert re.search(r"<button[^>]* hidden data-play>Play here \(loads YouTube\)", html)
    assert "<iframe" not in html
    assert "nocookie" not in html


def test_a_track_of_the_library_plays_from_this_site(make_classification):
    html = player_of(make_classification(source="library", source_id="hay-bale-hop"))
    assert re.search(r'<audio[^>]* controls [^>]*src="/static/library/hay-bale-hop\.mp3"', html)


def test_an_upload_cannot_be_played(make_classification):
    row = make_classification(source="upload", source_id="0" * 64)
    assert not player_of(row).strip()
    assert play_time(row, 63.2) == '<span data-seek="63.2">1:03</span>'


def test_the_policy_lets_in_one_frame_and_no_more(client, db):
    policy = client.get("/")["Content-Security-Policy"]
    assert "frame-src https://www.youtube-nocookie.com;" in f"{policy};"
    assert "default-src 'self'" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("source", "link"),
    [
        ("youtube", "https://www.youtube.com/watch?v=the-song&amp;t=3s"),
        ("library", "/static/library/the-song.mp3#t=3"),
    ],
)
@pytest.mark.parametrize("n", [3, 40])
def test_every_time_is_a_link_without_a_script(client, make_classification, source, link, n):
    row = make_classification(source=source, source_id="the-song", segments=segments(n))
    page = client.get(row.get_absolute_url()).content.decode()
    assert f'<a href="{link}" rel="noreferrer" data-seek="2.992">0:03</a></th>' in page
    # A few stand under the strips, too; many would be no row of links but a thicket.
    assert page.count('rel="noreferrer" data-seek="2.992"') == (2 if n == 3 else 1)


def test_the_strips_draw_each_probability_that_can_be_seen(make_classification):
    rows = [{"probabilities": [p] + [0.0] * 9} for p in (0.9, 0.01, 0.9, 0.5)]
    assert strip_paths(rows, 0) == [("0.5", "M35 0v1"), ("0.9", "M5 0v1M25 0v1")]
    assert strip_paths(rows, 1) == []


def test_a_whole_song_weighs_little(client, make_classification, settings):
    row = make_classification(segments=segments(300), extent="whole", duration_s=900.0)
    html = client.get(row.get_absolute_url()).content
    assert b"style=" not in html
    assert html.count(b"</tr>") > 300
    packed = len(gzip.compress(html))
    static = settings.BASE_DIR / "static"
    names = set(re.findall(r"/static/((?:css|js)/[\w-]+\.(?:css|js))", html.decode()))
    assert "css/player.css" in names
    others = sum(
        len(gzip.compress((static / name).read_bytes())) for name in names | {"js/player.js"}
    )
    fonts = sum(path.stat().st_size for path in (static / "fonts").glob("*.woff2"))
    print(f"html {len(html)} B, gzip {packed} B, css and js gzip {others} B, fonts {fonts} B")
    assert len(html) < 130_000
    assert packed + others + fonts <= 150_000
