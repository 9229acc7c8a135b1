"""What the result page says of why and how sure, computed from a stored row and the card."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import explanations
from ml.card import read_card
from ml.head import LinearHead, to_probabilities

pytestmark = pytest.mark.django_db
CARD = read_card()
HEAD = LinearHead.from_dict(CARD.data["head"])


@pytest.fixture
def answer(make_classification):
    """A row as the worker stores it: two segments of made-up tags, really multiplied."""

    def make(tags=None, **values):
        rng = np.random.default_rng(3)
        patches = rng.uniform(0.01, 0.3, (4, len(CARD.tags))) if tags is None else tags
        features = HEAD.features(patches)
        logits = HEAD.logits(features)
        probabilities = to_probabilities(logits.mean(axis=0), CARD.data["calibration"])
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
    told = explanations.account(row, CARD)
    genre = CARD.labels.index(row.genre)
    parts = HEAD.kernel[:, genre] * (np.array(row.features) - HEAD.baseline)
    heaviest = CARD.tags[int(parts.argmax())]
    assert told.voices_for[0].tag == heaviest
    assert told.voices_for[0].points == pytest.approx(parts.max())
    assert told.voices_against[0].points == pytest.approx(parts.min())
    assert told.voices_for[0].usual == pytest.approx(
        CARD.data["tag_means"][CARD.tags.index(heaviest)]
    )
    assert all(0 < voice.share <= 1 for voice in told.voices_for + told.voices_against)


def test_the_moments_are_the_segments_with_most_points_in_order_of_time(answer):
    row = answer()
    told = explanations.account(row, CARD)
    genre = CARD.labels.index(row.genre)
    points = [segment["logits"][genre] for segment in row.segments]
    best = row.segments[int(np.argmax(points))]["start_s"]
    assert best in [moment.start_s for moment in told.moments]
    assert [moment.start_s for moment in told.moments] == sorted(
        moment.start_s for moment in told.moments
    )


def test_a_row_of_other_weights_is_not_explained(answer):
    told = explanations.account(answer(bundle_sha256="0" * 64), CARD)
    assert told.voices_for == told.voices_against == told.moments == []


def test_a_row_from_before_has_less_to_tell(make_classification):
    row = make_classification()
    told = explanations.account(row, CARD)
    assert told.voices_for == told.moments == []
    assert told.sure is not None


@pytest.mark.parametrize("word", ["quite_sure", "leaning", "torn", "not_sure"])
def test_the_words_follow_from_measured_frequencies(client, make_classification, word):
    rows = {row["word"]: row for row in CARD.data["confidence_words"]}
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
    assert f"Of {rows[word]['n']} songs" in text
    assert f"{rows[word]['right'] * 100:.1f} %" in text


def test_none_of_the_ten_is_said_first_and_what_it_sounds_like(client, answer):
    tags = np.full((3, len(CARD.tags)), 0.01)
    tags[:, CARD.tags.index("ambient")] = 0.8
    row = answer(tags, is_outside=True)
    text = client.get(row.get_absolute_url()).content.decode()
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
    assert "Hip-Hop" not in explanations.account(row, CARD).also
