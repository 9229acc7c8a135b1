"""The spectrogram that the worker draws, and the image that other sites show."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from PIL import Image

from classifier import jobs, palette, sources
from classifier.models import Classification, Spectrogram
from classifier.results import share_image
from classifier.results.spectrogram import MAX_BYTES, MAX_COLUMNS, N_MELS, SpectrogramBuilder
from classifier.results.timeline import columns_of, excerpts, slices, stack_paths, ticks
from classifier.sources import Audio, Track
from scripts.testbed import sound
from tests.requesters import Someone

RATE_HZ = 16_000


def builder_of(windows, rate_hz=RATE_HZ) -> SpectrogramBuilder:
    builder = SpectrogramBuilder(rate_hz)
    list(builder.watching(windows))
    return builder


def ink_of(png: bytes) -> np.ndarray:
    """[shape=(height, width)]: how much ink there is, 0 to 255."""
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))[:, :, 3].astype(float)


def tone(seconds: float, hz: float, level: float = 0.3) -> np.ndarray:
    return sound.tone(seconds, hz, RATE_HZ, level)


def test_the_windows_reach_the_model_as_they_were():
    windows = [(5.0, tone(2, 440)), (20.0, tone(3, 880))]
    assert list(SpectrogramBuilder(RATE_HZ).watching(windows)) == windows


def test_each_window_gets_columns_by_its_length():
    builder = builder_of([(0.0, tone(10, 440)), (60.0, tone(20, 440))])
    first, second = builder.columns()
    assert first + second == MAX_COLUMNS
    assert second == pytest.approx(2 * first, abs=1)
    assert ink_of(builder.png()).shape == (N_MELS, MAX_COLUMNS)


def test_a_short_recording_is_not_stretched():
    builder = builder_of([(0.0, tone(2, 440))])
    assert sum(builder.columns()) == 63  # one for 32 ms


def test_low_notes_are_at_the_bottom_and_time_runs_to_the_right():
    builder = builder_of([(0.0, np.concatenate([tone(5, 220), tone(5, 4000)]))])
    ink = ink_of(builder.png())
    half = ink.shape[1] // 2
    low, high = ink[:, : half - 5].sum(axis=1).argmax(), ink[:, half + 5 :].sum(axis=1).argmax()
    assert low > 0.8 * N_MELS
    assert high < 0.4 * N_MELS


def test_loud_is_more_ink_than_soft():
    builder = builder_of([(0.0, tone(3, 440, level=0.001)), (30.0, tone(3, 440, level=0.5))])
    soft, loud = np.split(ink_of(builder.png()), [builder.columns()[0]], axis=1)
    assert loud.max() == 255
    assert 0 < soft.max() < 128


def test_a_whole_song_takes_no_more_room_than_an_excerpt():
    noise = np.random.default_rng(0).normal(0, 0.2, 30 * 8000).astype(np.float32)
    builder = SpectrogramBuilder(8000)
    held = []
    for _ in builder.watching((i * 30.0, noise) for i in range(40)):
        held.append(sum(part.size for part in builder._parts))
    assert max(held) <= 2 * MAX_COLUMNS * N_MELS
    assert sum(builder.columns()) <= MAX_COLUMNS
    assert len(builder.png()) <= MAX_BYTES


def test_even_the_worst_to_pack_fits():
    rng = np.random.default_rng(1)
    # Each moment and each note as loud as chance will have it.
    samples = rng.normal(0, 1, 30 * RATE_HZ) * np.exp(rng.normal(0, 3, 30 * RATE_HZ))
    assert len(builder_of([(0.0, samples.astype(np.float32))]).png()) <= MAX_BYTES


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, -1e30])
def test_broken_sound_gives_a_picture_all_the_same(value):
    builder = builder_of([(0.0, np.full(2 * RATE_HZ, value, np.float32))])
    assert ink_of(builder.png()).shape == (N_MELS, 63)


@pytest.fixture
def heard(work, monkeypatch):
    """A classification for which the stub was given two excerpts of real sound."""

    def fetch(source, source_id, rate_hz, **options):
        return Audio([(10.0, tone(6, 220)), (100.0, tone(3, 880))], rate_hz, 200.0)

    monkeypatch.setattr(sources, "fetch", fetch)
    row = jobs.submit(
        Track("youtube", "abcdefghijk", "Song"), "musicnn-gtzan-2", requester=Someone()
    ).classification
    work()
    row.refresh_from_db()
    return row


def test_the_worker_keeps_it_with_the_answer(heard):
    assert heard.is_done
    assert len(heard.spectrogram.columns) == len(heard.windows) == 2
    assert ink_of(bytes(heard.spectrogram.png)).shape == (N_MELS, heard.spectrogram.width)


def test_a_job_that_runs_twice_leaves_one_picture(heard, work):
    Classification.objects.update(state=Classification.State.QUEUED)
    assert work() == 1
    assert Spectrogram.objects.count() == 1
    heard.delete()
    assert Spectrogram.objects.count() == 0


def test_it_is_served_to_be_kept(client, heard):
    response = client.get(reverse("spectrogram", args=[heard.public_id]))
    assert response["Content-Type"] == "image/png"
    assert "immutable" in response["Cache-Control"]
    assert response.content == bytes(heard.spectrogram.png)


def test_what_has_no_picture_is_not_found(client, make_classification):
    row = make_classification()
    assert client.get(reverse("spectrogram", args=[row.public_id])).status_code == 404
    assert client.get(reverse("spectrogram", args=["nonsense"])).status_code == 404
    context = {"classification": row, "segments": row.segments}
    assert not render_to_string("timeline/_spectrogram.html", context).strip()


def test_the_page_says_in_words_what_is_seen_and_marks_the_moments(heard):
    last = heard.segments[-1]
    moment = SimpleNamespace(start_s=last["start_s"], end_s=last["end_s"], points=1.0)
    html = render_to_string(
        "timeline/_spectrogram.html",
        {
            "classification": heard,
            "segments": heard.segments,
            "explanation": SimpleNamespace(strongest_segments=[moment]),
        },
    )
    words = re.search(r'aria-label="([^"]+)"', html)[1]
    assert words.startswith("Spectrogram: time runs to the right")
    assert words.endswith("Marked are 1:40 to 1:43.")
    assert f'width="{heard.spectrogram.width}" height="96"' in html
    assert html.count('class="mark"') == html.count('class="seam"') == 1
    assert f'class="mark" x="{10 * (len(heard.segments) - 1)}"' in html
    assert "style=" not in html


def test_the_spectrogram_and_the_timeline_share_one_axis(heard):
    columns = heard.spectrogram.columns
    early, late = slices(heard.spectrogram, heard.segments)
    assert (early.x, early.width, early.first, early.after_gap) == (0, 20, 0, False)
    assert (late.x, late.width, late.first, late.after_gap) == (20, 10, columns[0], True)
    assert early.shown == columns[0]  # the stub's segments fill the windows
    for segment in heard.segments:  # as of a real model: a little remains at each window's end
        segment["end_s"] -= 0.3
    assert slices(heard.spectrogram, heard.segments)[0].shown == round(columns[0] * 5.7 / 6, 1)
    assert slices(heard.spectrogram, []) == []


def test_windows_that_touch_have_no_seam(heard):
    heard.windows = [[10.0, 16.0], [16.0, 19.0]]
    for segment, start_s in zip(heard.segments, (10.0, 13.0, 16.0), strict=True):
        segment["start_s"], segment["end_s"] = start_s, start_s + 3
    picture = heard.spectrogram
    picture.classification = heard
    assert [s.after_gap for s in slices(picture, heard.segments)] == [False, False]


def test_moments_stand_in_the_columns_of_their_segments(heard):
    starts = [segment["start_s"] for segment in heard.segments]
    moments = [SimpleNamespace(start_s=starts[2]), SimpleNamespace(start_s=starts[0])]
    assert columns_of(moments, heard.segments) == [20, 0]
    assert columns_of(None, heard.segments) == columns_of(moments, []) == []


def test_the_stack_adds_up_with_the_strongest_at_the_bottom():
    segments = [{"probabilities": [0.3, 0.69, 0.01]}, {"probabilities": [0.1, 0.9, 0.0]}]
    assert stack_paths(segments, ["blues", "jazz", "rock"]) == [
        ("blues", "M0 100V1h10V0h10V100"),
        ("jazz", "M0 100V31h10V10h10V100"),
    ]
    assert stack_paths([], ["blues"]) == []


def test_a_long_song_s_stack_has_fewer_columns_of_the_same_length_in_all():
    segments = [
        {"probabilities": [1.0 if i % 2 else 0.0, 0.0 if i % 2 else 1.0]} for i in range(301)
    ]
    (_, above), (_, path) = stack_paths(segments, ["blues", "jazz"])
    widths = [int(width) for width in re.findall(r"h(\d+)", path)]
    assert len(widths) <= 80
    assert sum(widths) == 3010
    assert re.search(r"V(\d+)", path)[1] == "50"  # two of four are jazz
    assert re.search(r"V(\d+)", above)[1] == "0"


def test_a_long_song_has_a_few_times_below_it():
    segments = [{"start_s": 3.0 * i} for i in range(80)]
    found = ticks(segments)
    assert found[0] == ("0.0", 0.0)
    assert 4 <= len(found) <= 6
    assert all(float(percent) < 90 for percent, _ in found)
    assert [start_s for _, start_s in found] == [42.0 * i for i in range(len(found))]


def test_windows_that_touch_are_one_excerpt():
    assert excerpts([[0, 30], [30.01, 60], [90, 100]]) == 2
    assert excerpts([]) == 0


def share(client, row):
    return client.get(reverse("share_image", args=[row.public_id]))


def has_colour(png: bytes, colour: str) -> bool:
    rgb = tuple(bytes.fromhex(colour[1:]))
    return rgb in {found for _, found in Image.open(io.BytesIO(png)).getcolors(1 << 20)}


def test_the_share_image_has_the_size_that_sites_want_and_the_genres_colours(
    client, make_classification
):
    row = make_classification(genre="reggae")
    response = share(client, row)
    image = Image.open(io.BytesIO(response.content))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    for genre, _ in row.ranked[:2]:
        assert has_colour(response.content, palette.GENRES[genre].light)
    assert not has_colour(response.content, palette.GENRES["pop"].light)


def test_its_title_is_on_it_unless_it_was_an_upload(client, make_classification):
    def drawn(source, title):
        return share(client, make_classification(source=source, title=title)).content

    assert drawn("youtube", "One") != drawn("youtube", "Other")
    assert drawn("upload", "my secret.mp3") == drawn("upload", "another.mp3")


def test_none_of_the_ten_is_not_drawn_as_a_genre(client, make_classification):
    row = make_classification(genre="jazz")
    before = share(client, row).content
    row.is_outside = True
    row.save()
    after = share(client, row).content

    def in_colour(png: bytes) -> int:
        rgb = tuple(bytes.fromhex(palette.GENRES["jazz"].light[1:]))
        big = Image.open(io.BytesIO(png)).crop((0, 160, 1200, 380))
        return sum(n for n, found in big.getcolors(1 << 20) if found == rgb)

    assert in_colour(before) > 1000
    assert in_colour(after) == 0


def test_it_is_not_sent_again_while_the_answer_is_the_same(client, make_classification):
    row = make_classification()
    address = reverse("share_image", args=[row.public_id])
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    row.title = "Renamed"
    row.save()
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_whoever_asks_again_has_nothing_drawn(client, make_classification, monkeypatch):
    row = make_classification()
    first = share(client, row).content

    def draw(**what):
        raise AssertionError("drawn twice")

    monkeypatch.setattr("classifier.web.views.images.draw_share_image", draw)
    assert share(client, row).content == first
    row.title = "Renamed"
    row.save()
    with pytest.raises(AssertionError, match="drawn twice"):
        share(client, row)


def test_without_an_answer_there_is_no_share_image(client, make_classification):
    row = make_classification(state=Classification.State.QUEUED)
    assert share(client, row).status_code == 404
    assert client.get(reverse("share_image", args=["nonsense"])).status_code == 404


@pytest.mark.parametrize(
    ("title", "drawn"),
    [
        ("Für Elise \N{EM DASH} live", "Für Elise \N{EM DASH} live"),
        ("Hey \N{MULTIPLE MUSICAL NOTES} you", "Hey you"),
        ("\N{HIRAGANA LETTER A}\N{HIRAGANA LETTER I}\N{HIRAGANA LETTER U} x", ""),
        ("", ""),
    ],
)
def test_of_a_title_only_what_the_font_has_is_drawn(title, drawn):
    assert share_image.drawable(title) == drawn


def test_its_colours_are_those_of_the_pages(settings):
    css = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text()
    light = css[: css.index("@media")]
    for name, colour in {
        "paper": share_image.PAPER,
        "ink": share_image.INK,
        "ink-soft": share_image.SOFT,
        "shade": share_image.REST,
        "spot": share_image.SPOT,
    }.items():
        assert f"--{name}: {colour};" in light


@pytest.mark.parametrize("title", ["x" * 300, "", "W" * 40, "a\nb"])
def test_any_title_and_any_answer_can_be_drawn(title):
    png = share_image.draw(
        name="N", headline="none", answer="none of the ten", beside="sounds like drum and bass",
        ranked=[], colours={}, title=title,
    )  # fmt: skip
    assert Image.open(io.BytesIO(png)).size == (1200, 630)


def test_other_sites_are_told_where_it_is(rf, make_classification):
    def tags(row):
        context = {"classification": row, "request": rf.get("/", headers={"host": "localhost"})}
        html = render_to_string("result/_open_graph.html", context)
        return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', html))

    row = make_classification(title="Tune & more")
    told = tags(row)
    assert told["og:image"] == f"http://localhost/song/{row.public_id}/share.png"
    assert told["og:title"] == "Metal, 91.0\N{NO-BREAK SPACE}%: Tune &amp; more"
    assert told["twitter:card"] == "summary_large_image"
    upload = make_classification(source="upload", title="my secret.mp3")
    assert "secret" not in " ".join(tags(upload).values())
    outside = make_classification(is_outside=True)
    assert tags(outside)["og:title"].startswith("None of the ten: ")


def test_a_real_chord_is_drawn_from_the_samples_the_model_hears():
    ink = ink_of(builder_of([(0.0, sound.chord(5.0, RATE_HZ))]).png())
    # Three low notes and nothing above them, but where it begins and ends.
    assert ink[: N_MELS // 2, 2:-2].max() == 0
    assert ink[-20:].max() == 255
