"""What the result page says of why and how sure, computed from a stored row and the card."""

from __future__ import annotations

import html
import re

import numpy as np
import pytest
from django.urls import reverse

from classifier.results import explanations
from ml.heads.linear_head import LinearHead
from ml.metrics.intervals import wilson_interval
from ml.probabilities import to_probabilities
from ml.registry.bundles import SHIPPED
from tests.card_data import card_data

pytestmark = pytest.mark.django_db
CARD = SHIPPED.card()
HEAD = LinearHead.from_card(CARD.head)


def words_of(response) -> str:
    """What a page says, without tags and line breaks."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", response.content.decode())).split())


@pytest.fixture
def answer(make_classification):
    """A row as the worker stores it: two segments of made-up tags, really multiplied."""

    def make(tags=None, **values):
        rng = np.random.default_rng(3)
        patches = rng.uniform(0.01, 0.3, (4, len(CARD.tags))) if tags is None else tags
        features = HEAD.features(patches)
        logits = HEAD.logits(features)
        probabilities = to_probabilities(logits.mean(axis=0), CARD.calibration)
        genre = CARD.labels[int(probabilities.argmax())]
        return make_classification(
            genre=genre,
            confidence=float(probabilities.max()),
            probabilities=dict(zip(CARD.labels, map(float, probabilities), strict=True)),
            tags=dict(zip(CARD.tags, map(float, patches.mean(axis=0)), strict=True)),
            features=[float(value) for value in features.mean(axis=0)],
            segments=[
                {
                    "start_s": i * 3.0,
                    "end_s": i * 3.0 + 2.99,
                    "probabilities": [0.1] * 10,
                    "logits": [float(value) for value in row],
                }
                for i, row in enumerate(logits)
            ],
            **values,
        )

    return make


def test_the_voices_are_parts_of_the_very_sum(answer):
    row = answer()
    told = explanations.explain(row, CARD)
    genre = CARD.labels.index(row.genre)
    parts = HEAD.kernel[:, genre] * (np.array(row.features) - HEAD.baseline)
    heaviest = CARD.tags[int(parts.argmax())]
    assert told.tags_for[0].tag == heaviest
    assert told.tags_for[0].logit_contribution == pytest.approx(parts.max())
    assert told.tags_against[0].logit_contribution == pytest.approx(parts.min())
    voices = told.tags_for + told.tags_against
    assert all(0 < voice.share <= 1 for voice in voices)
    for voice in voices:
        i = CARD.tags.index(voice.tag)
        log_odds = [np.log(level / (1 - level)) for level in (voice.heard, voice.usual)]
        assert log_odds == pytest.approx([row.features[i], HEAD.baseline[i]])
        # What is marked as less is what the sum took for less.
        assert voice.is_less == ((voice.logit_contribution > 0) != (HEAD.kernel[i, genre] > 0))


def test_a_tag_that_counts_by_its_absence_is_marked(client, answer):
    # Fainter than usual, each tag by its own network's measure: YAMNet's scores are small numbers.
    faint = [0.0005] * 50 + [1e-7] * (len(CARD.tags) - 50)
    row = answer(np.tile(faint, (2, 1)))
    told = explanations.explain(row, CARD)
    assert told.by_absence
    voices = told.tags_for + told.tags_against
    assert all(voice.is_less for voice in voices)
    text = words_of(client.get(row.get_absolute_url()))
    assert "A tag can count by being absent" in text
    for voice in voices:
        assert f"{voice.tag} less" in text


def test_what_is_heard_more_than_usual_is_not_marked(client, answer):
    row = answer(np.full((2, len(CARD.tags)), 0.9))
    assert not explanations.explain(row, CARD).by_absence
    text = words_of(client.get(row.get_absolute_url()))
    assert "Spoke for it" in text
    assert "being absent" not in text


def test_the_moments_are_the_segments_with_most_points_in_order_of_time(answer):
    row = answer()
    told = explanations.explain(row, CARD)
    genre = CARD.labels.index(row.genre)
    points = [segment["logits"][genre] for segment in row.segments]
    best = row.segments[int(np.argmax(points))]["start_s"]
    assert best in [moment.start_s for moment in told.strongest_segments]
    assert [moment.start_s for moment in told.strongest_segments] == sorted(
        moment.start_s for moment in told.strongest_segments
    )


def test_the_least_moment_is_named_and_what_it_sounded_like(client, answer):
    row = answer(source="library", source_id="one-needle-shuffle")
    genre = CARD.labels.index(row.genre)
    usual = HEAD.logits(HEAD.baseline)
    # The last segment is plainly something else.
    other = CARD.labels[genre - 1]
    row.segments[-1]["logits"] = [float(usual.min()) - 9.0] * 10
    row.segments[-1]["logits"][genre - 1] = float(usual.max()) + 9.0
    row.save()
    least = explanations.explain(row, CARD).weakest_segment
    assert (least.start_s, least.genre, least.is_against) == (9.0, other, True)
    response = client.get(row.get_absolute_url())
    assert "What spoke most against it was 0:09 to 0:12, where it" in words_of(response)
    assert 'one-needle-shuffle.mp3#t=9" rel="noreferrer" data-seek="9"' in response.content.decode()


def test_a_moment_that_is_among_the_loudest_is_not_the_least(answer):
    row = answer()
    row.segments = row.segments[:2]
    genre = CARD.labels.index(row.genre)
    for segment in row.segments:
        segment["logits"][genre] = float(HEAD.logits(HEAD.baseline)[genre]) + 5.0
    told = explanations.explain(row, CARD)
    assert len(told.strongest_segments) == 2
    assert told.weakest_segment is None


def test_a_row_of_other_weights_is_not_explained(client, answer):
    row = answer(bundle_sha256="0" * 64)
    told = explanations.explain(row, CARD)
    assert told.tags_for == told.tags_against == told.strongest_segments == []
    assert told.weakest_segment is None
    assert "trained anew since this answer" in words_of(client.get(row.get_absolute_url()))


def test_a_model_without_tags_says_that_it_cannot_tell(client, make_classification):
    card = SHIPPED.card("mel-cnn-gtzan-1")
    row = make_classification(model_id=card.model_id, bundle_sha256=card.sha256, tags={})
    response = client.get(row.get_absolute_url())
    assert "This model hears no tags" in words_of(response)
    # The page is of this answer's model, its footer of the site's.
    assert f'{reverse("model", args=[card.model_id])}#scores"' in response.content.decode()
    footer = response.content.decode().split("<footer")[1]
    assert CARD.model_id in footer
    assert card.model_id not in footer


def test_a_row_from_before_has_less_to_tell(make_classification):
    row = make_classification()
    told = explanations.explain(row, CARD)
    assert told.tags_for == told.strongest_segments == []
    assert told.sure is not None


@pytest.mark.parametrize("word", ["quite_sure", "leaning", "torn", "not_sure"])
def test_the_words_follow_from_measured_frequencies(client, make_classification, word):
    rows = {row["word"]: row for row in card_data(CARD)["confidence_words"]}
    first, second = {
        "quite_sure": (rows["quite_sure"]["from"] + 0.01, 0.1),
        "leaning": (rows["leaning"]["from"] + 0.01, 0.1),
        "torn": (0.4, 0.4 - rows["torn"]["margin_up_to"] + 0.01),
        "not_sure": (0.5, 0.5 - rows["torn"]["margin_up_to"] - 0.05),
    }[word]
    others = (1 - first - second) / 8
    row = make_classification(
        genre="metal",
        confidence=first,
        probabilities={"metal": first, "rock": second} | dict.fromkeys(CARD.labels[:6], others),
    )
    text = client.get(row.get_absolute_url()).content.decode()
    said = {
        "quite_sure": "quite sure", "leaning": "leans towards",
        "torn": "torn between", "not_sure": "not sure",
    }  # fmt: skip
    assert f"<strong>{said[word]}</strong>" in text
    said = " ".join(text.split())
    assert f"place or its artist, about {rows[word]['n']} a round got such an answer" in said
    bounds = wilson_interval(rows[word]["right"] * rows[word]["n"], rows[word]["n"])
    low, high = (round(bound, 4) for bound in bounds)
    assert (
        f"right for {rows[word]['right'] * 100:.1f} % of them, places weighed so that the largest "
        f"do not decide alone (95 % interval {low * 100:.1f} % to {high * 100:.1f} %)" in said
    )


def test_none_of_the_ten_is_said_first_and_what_it_sounds_like(client, answer):
    tags = np.full((3, len(CARD.tags)), 0.01)
    tags[:, CARD.tags.index("ambient")] = 0.8
    row = answer(tags, is_outside=True)
    text = " ".join(client.get(row.get_absolute_url()).content.decode().split())
    assert '<span class="answer-genre">none of the ten</span>' in text
    assert "<em>ambient</em>" in text
    assert "its percentage means little here" in text
    assert "if it must be one of them" in text
    assert "quite sure" not in text


def test_the_answer_itself_is_not_what_it_also_sounds_like(answer):
    tags = np.full((3, len(CARD.tags)), 0.01)
    tags[:, CARD.tags.index("Hip-Hop")] = 0.9
    row = answer(tags)
    assert row.genre == "hiphop"
    assert "Hip-Hop" not in explanations.explain(row, CARD).also


@pytest.mark.parametrize(("genre", "is_weak"), [("reggae", True), ("disco", True), ("pop", False)])
def test_a_genre_that_it_is_often_wrong_about_is_told_in_counts(
    client, make_classification, genre, is_weak
):
    test = card_data(CARD)["metrics"]["test_filtered"]
    i = CARD.labels.index(genre)
    right, said = test["confusion"][i][i], sum(row[i] for row in test["confusion"])
    # Each was right less often than sure answers are, there or in the wild; pop's may be luck, and
    # in the wild disco and reggae were right less often than other answers.
    promised = card_data(CARD)["confidence_words"][0]["right"]
    assert min(right / said, CARD.in_the_wild.per_genre[genre].precision) < promised
    text = words_of(client.get(make_classification(genre=genre).get_absolute_url()))
    assert f"it gave that answer, sure or not, {said} times and was right {right} times" in text
    wild = CARD.in_the_wild.per_genre[genre]
    wild_right = round(wild.precision * wild.named)
    assert f"gave it {wild.named} times and was right {wild_right} times" in text
    assert (f"But {genre} is one of its weak words" in text) is is_weak


def test_what_was_measured_on_a_sibling_is_said_of_the_sibling(client, make_classification):
    card = SHIPPED.card("musicnn-gtzan-2-full")
    page = client.get(make_classification(model_id=card.model_id).get_absolute_url())
    text = words_of(page)
    assert "in the test of its sibling musicnn-gtzan-2 , trained by the same recipe" in text
    assert "kept out of its training" not in text
    row = make_classification(model_id=card.model_id, is_outside=True)
    text = words_of(client.get(row.get_absolute_url()))
    assert "in the test of its sibling musicnn-gtzan-2" in text


def test_a_refusal_says_how_often_refusals_are_wrong(client, make_classification):
    outside = card_data(CARD)["metrics"]["test_filtered"]["outside"]
    response = client.get(make_classification(is_outside=True).get_absolute_url())
    text = words_of(response)
    assert f"which all belong to one of the ten, it took {outside['refused']} for none" in text
    assert f"its test on {outside['n']} recordings" in text
    assert "The nearest of the ten, if it had to choose" in text


def test_it_says_which_weights_and_to_staff_which_versions_answered(
    admin_client, make_classification
):
    row = make_classification(versions={"tensorflow": "2.21.0", "av": "18.1.0"})
    response = admin_client.get(row.get_absolute_url())
    text = words_of(response)
    assert f"SHA-256 of the weights {CARD.sha256} " in text
    assert "av 18.1.0, tensorflow 2.21.0" in text
    assert f'<a href="{reverse("model", args=[CARD.model_id])}"><code>' in response.content.decode()
