"""How It Works follows a track of the library; its figures are the shipped model's."""

import html
import io
import re

import numpy as np
import pytest
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from classifier.sources import library
from classifier.walkthrough import arithmetic, store
from classifier.walkthrough import figures as tour_figures
from ml.errors import MLError
from ml.explanations.walkthrough import LEVELS, Walkthrough
from ml.explanations.walkthrough_maker import make_walkthrough
from ml.inference.classifier import get_classifier
from ml.registry.bundles import SHIPPED
from scripts.testbed import sound
from tests.card_data import card_data

SLUGS = list(library.catalog())


def words_of(response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def levels_of(slug: str, picture: str) -> np.ndarray:
    """A picture's levels as `make_walkthrough` gives them."""
    image = Image.open(store.FOLDER / store.picture_name(slug, picture))
    return np.flipud(np.array(image)).astype(int)


@pytest.mark.full
@pytest.mark.parametrize("slug", SLUGS)
def test_a_tour_is_what_the_shipped_model_makes_of_the_track(slug):
    classifier = get_classifier()
    ((_, samples),) = library.fetch(slug, classifier.rate_hz).windows
    made, pictures = make_walkthrough(samples, classifier)
    kept = store.read(slug)
    assert kept.backbone_sha256 == made.backbone_sha256
    assert kept.duration_s == pytest.approx(library.describe(slug).duration_s, abs=0.1)
    # Decoder, resampler and TensorFlow differ a little between versions.
    assert np.allclose(kept.tags, made.tags, atol=0.01)
    assert np.allclose(kept.envelope, made.envelope, atol=2)
    assert np.allclose(kept.mel_hz, made.mel_hz, atol=0.2)
    assert kept.patch == made.patch
    for name, levels in pictures.items():
        assert levels.max() == LEVELS - 1
        kept_levels = levels_of(slug, name)
        assert kept_levels.shape == levels.shape
        assert np.abs(kept_levels - levels).mean() < 0.1


def test_the_sum_on_the_page_is_the_answer_of_the_model():
    classifier = get_classifier()
    slug = SLUGS[0]
    ((_, samples),) = library.fetch(slug, classifier.rate_hz).windows
    prediction = classifier.predict(samples)
    added = arithmetic.add_up(store.read(slug), classifier.card)
    assert added.genre == prediction.genre
    assert added.total == pytest.approx(prediction.logits.max(), abs=0.02)
    assert np.mean(added.patch_logits) == pytest.approx(added.total)
    parts = [part.logit_contribution for part in added.parts]
    assert added.base + sum(parts) + added.rest == pytest.approx(added.total)
    assert len(added.parts) + added.n_rest == len(classifier.card.weighed_tags)
    for part in added.parts:
        assert part.weight * (part.heard - part.usual) == pytest.approx(part.logit_contribution)
    shares = {share.genre: share.probability for share in added.shares}
    for genre, probability in zip(prediction.labels, prediction.probabilities, strict=True):
        assert shares[genre] == pytest.approx(probability, abs=0.002)
    weight = card_data(classifier.card)["calibration"]["own_weight"]
    for share in added.shares:
        blend = weight * share.own + (1 - weight) * share.tempered
        assert blend == pytest.approx(share.probability)


@pytest.mark.full
def test_a_tour_of_a_tone_finds_the_tone():
    classifier = get_classifier()
    samples = sound.tone(7.0, hz=990, rate_hz=classifier.rate_hz)
    walkthrough, pictures = make_walkthrough(samples, classifier)
    assert walkthrough.half_below_hz == pytest.approx(990, abs=40)
    assert len(walkthrough.tags) == 2
    # Loudest where the tone is: 990 of 8000 Hz, and the band whose middle is nearest.
    assert pictures["spectrum"].mean(axis=1).argmax() == pytest.approx(256 * 990 / 8000, abs=1)
    band = pictures["patch"].mean(axis=1).argmax()
    assert walkthrough.mel_hz[band] < 990 < walkthrough.mel_hz[band + 2]
    crossings = np.diff(np.sign(walkthrough.wave)).astype(bool).sum()
    assert crossings == pytest.approx(2 * 990 * 0.02, abs=2)


def test_a_model_without_tags_gives_no_tour():
    classifier = get_classifier("mel-cnn-gtzan-1")
    with pytest.raises(MLError, match="has no tags"):
        make_walkthrough(sound.chord(7.0, rate_hz=16_000), classifier)


def test_what_is_no_tour_is_said_to_be_none():
    with pytest.raises(MLError, match="no walkthrough"):
        Walkthrough.from_dict({"patch": 1})


@pytest.mark.parametrize("slug", SLUGS)
def test_every_track_can_be_followed(client, db, slug):
    response = client.get(reverse("how_it_works"), {"track": slug})
    track, added = library.describe(slug), response.context["sum"]
    text = words_of(response)
    assert track.title in text
    assert f"How {added.genre} came by its points".replace("hiphop", "hip-hop") in text
    markup = response.content.decode()
    for name in ("spectrum", "patch", "strip"):
        assert f"library/walkthroughs/{slug}-{name}" in markup
    assert markup.count('aria-current="true"') == 2
    assert "style=" not in markup
    total = f"{added.total:+.2f}".replace("-", "\N{MINUS SIGN}")
    assert text.count(total) >= 2  # in the table, and as the mean of the patches


@pytest.mark.parametrize("asked", ["", "no-such-track", "../../etc/passwd", "\x00", "x" * 5000])
def test_another_track_is_followed_where_there_is_none_of_that_name(client, db, asked):
    response = client.get(reverse("how_it_works"), {"track": asked})
    assert response.status_code == 200
    assert response.context["track"].source_id == SLUGS[0]


def test_the_song_s_result_page_is_one_press_away(client, db):
    response = client.get(reverse("how_it_works"), {"track": SLUGS[1]})
    answer = client.post(reverse("classify"), {"choice": response.context["choice"]})
    assert answer.status_code == 302
    assert library.describe(SLUGS[1]).title in words_of(client.get(answer.url))


def test_the_essay_stands_without_tours(client, db, monkeypatch, tmp_path):
    monkeypatch.setattr(store, "FOLDER", tmp_path)
    store.read.cache_clear()
    try:
        response = client.get(reverse("how_it_works"))
    finally:
        store.read.cache_clear()
    assert response.status_code == 200
    assert "library/walkthroughs/" not in response.content.decode()
    assert len(SHIPPED.card().weighed_tags) == 99
    assert re.search(r"From (99|ninety-nine) tags to ten genres", words_of(response))


def test_another_kind_of_model_says_that_the_page_is_not_about_it(client, db, settings):
    settings.MODEL_ID = "mel-cnn-gtzan-1"
    response = client.get(reverse("how_it_works"))
    text = words_of(response)
    assert "On this server mel-cnn-gtzan-1 answers, a model of another kind" in text
    assert response.context["card"].model_id == SHIPPED.card().model_id
    assert response.context["walkthrough"]


def test_the_figures_lie_within_their_frames():
    for slug in SLUGS:
        figures = tour_figures.draw(store.read(slug))
        assert 0 <= figures.chosen.x <= figures.chosen.x + figures.chosen.width <= 720
        assert sum(box.chosen for box in figures.patches) == 1
        assert figures.patches[-1].x + figures.patches[-1].width == pytest.approx(720, abs=1)
        heights = [tick.y for tick in figures.band_ticks]
        assert heights == sorted(heights, reverse=True)
        assert all(0 < y <= tour_figures.HEIGHT for y in heights)
        ys = [float(y) for y in re.findall(r"[V ](-?[\d.]+)", figures.envelope)]
        assert min(ys) >= -1
        assert max(ys) <= tour_figures.WAVE_HEIGHT + 1


@pytest.mark.full
def test_the_command_makes_the_same_files(monkeypatch, tmp_path):
    slug = SLUGS[0]
    kept = store.read(slug)
    monkeypatch.setattr(store, "FOLDER", tmp_path / "walkthroughs")
    store.read.cache_clear()
    try:
        out = io.StringIO()
        call_command("make_walkthroughs", slug, stdout=out)
        assert out.getvalue().startswith("1 walkthroughs")
        assert np.allclose(store.read(slug).tags, kept.tags, atol=0.01)
        assert len(list((tmp_path / "walkthroughs").iterdir())) == 5  # numbers and four pictures
    finally:
        store.read.cache_clear()


@pytest.mark.parametrize("command", ["make_walkthroughs", "make_tours"])
def test_an_unknown_track_is_one_line_and_code_2(capsys, command):
    with pytest.raises(SystemExit) as stop:
        call_command(command, "no-such-track")
    assert stop.value.code == 2
    assert "There is no track 'no-such-track'" in capsys.readouterr().err
