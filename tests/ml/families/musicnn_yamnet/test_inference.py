"""A bundle with two networks, really run; see `tests.ml.two_networks`."""

from __future__ import annotations

import numpy as np
import pytest

from ml.audio.decode import decode
from ml.data.feature_cache import TAGS_CACHE, YAMNET_CACHE
from ml.errors import BundleError, DatasetError
from ml.explanations.contributions import segment_contributions, tag_contributions
from ml.families.musicnn_yamnet import features
from ml.families.musicnn_yamnet.family import front_end, linear_head, load
from ml.families.musicnn_yamnet.inference import BATCH, yamnet_logits
from ml.inference.classifier import Classifier
from ml.networks import shipped
from ml.registry.bundles import SHIPPED
from ml.registry.card import parse_card, read_card_data
from scripts.testbed import sound
from tests.ml.demo_tracks import DEMO_TRACKS
from tests.ml.two_networks import CLASSES, N_TAGS, NOISE, make_bundle

pytestmark = pytest.mark.full

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def card(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundles"))


@pytest.fixture(scope="module")
def classifier(card):
    return Classifier(card)


@pytest.fixture(scope="module")
def samples():
    return decode(DEMO_TRACKS[2], rate_hz=RATE_HZ)[: 10 * RATE_HZ]


def test_the_log_odds_of_yamnets_tags_are_its_mean_logits(classifier, samples):
    prediction = classifier.predict(samples)
    assert len(prediction.tags) == len(prediction.features) == N_TAGS == len(classifier.card.tags)
    patches, _ = classifier.front_end.patches(samples, hop_frames=187)
    logits = shipped.yamnet().predict_on_batch(np.ascontiguousarray(patches.yamnet))
    segments = [logits[first:last].mean(axis=0) for first, last in patches.spans]
    assert np.allclose(np.mean(segments, axis=0)[list(CLASSES)], prediction.features[50:], 1e-4)


def test_the_explanation_adds_up_to_the_answer(classifier, samples):
    prediction = classifier.predict(samples)
    head = linear_head(classifier.card)
    assert np.allclose(head.logits(prediction.features), prediction.logits, atol=1e-4)
    genre = int(prediction.logits.argmax())
    by_tag = tag_contributions(head, prediction.features, classifier.card.tags)
    assert by_tag.base + by_tag.parts.sum() == pytest.approx(prediction.logits[genre], abs=1e-4)
    of_segments = np.stack([segment.logits for segment in prediction.segments])
    by_segment = segment_contributions(head, of_segments)
    assert by_segment.base + by_segment.parts.sum() == pytest.approx(prediction.logits[genre])


def test_windows_share_one_axis_of_time(classifier, samples):
    half = 5 * RATE_HZ
    parts = [(20.0, samples[:half]), (80.0, samples[half:])]
    prediction = classifier.predict_windows(iter(parts))
    assert [s.start_s for s in prediction.segments] == pytest.approx([20, 80])
    alone = [classifier.predict(part).logits for _, part in parts]
    assert np.allclose(np.mean(alone, axis=0), prediction.logits, atol=1e-4)


def test_long_recordings_are_heard_in_batches(classifier, samples):
    patches, _ = classifier.front_end.yamnet.patches(np.tile(samples, 4))
    assert len(patches) > BATCH
    together = shipped.yamnet().predict_on_batch(np.ascontiguousarray(patches))
    assert np.allclose(yamnet_logits(shipped.yamnet(), patches), together, atol=1e-3)


def test_noise_and_silence_are_no_music(classifier, samples):
    noise = np.random.default_rng(0).normal(0, 0.1, 6 * RATE_HZ).astype(np.float32)
    for unmusical in (noise, np.zeros(6 * RATE_HZ, np.float32)):
        prediction = classifier.predict(unmusical)
        assert prediction.is_outside
        assert prediction.is_music is False
    prediction = classifier.predict(samples)
    assert not prediction.is_outside
    assert prediction.is_music is None  # nothing is said of what is not refused
    assert classifier.card.tags[-1] == "noise"
    assert CLASSES[-1] == NOISE


def test_broken_samples_still_give_an_answer(classifier):
    samples = sound.chord(4, rate_hz=RATE_HZ)
    samples[::1000] = np.nan
    samples[7] = 1e30
    assert np.isfinite(classifier.predict(samples).probabilities).all()


def test_cached_features_give_the_answer_of_the_audio(classifier, samples, tmp_path):
    path = sound.write(tmp_path / "clip.wav", samples, rate_hz=RATE_HZ)
    heard = decode(path, rate_hz=RATE_HZ)
    tags = classifier.patch_tags(heard)[:, :50]
    np.savez(tmp_path / TAGS_CACHE, tags=tags, track=np.repeat(["rock.00000"], len(tags)))
    arrays = features.combine(["rock.00000"], [features.extract(path)])
    np.savez(tmp_path / YAMNET_CACHE, **arrays)
    cached = classifier.predict_cached(tmp_path, ["rock.00000", "rock.00001"])
    prediction = classifier.predict(heard)
    assert cached.names == ["rock.00000"]
    assert np.allclose(cached.logits[0], prediction.logits, atol=5e-3)  # the cache is in float16
    assert cached.ood_scores[0] == pytest.approx(prediction.outside_score, abs=5e-3)
    with pytest.raises(DatasetError, match="none of the wanted tracks"):
        classifier.predict_cached(tmp_path, ["rock.00001"])


def test_the_bundle_is_whole_and_says_where_its_networks_are_from(card):
    assert {path.name for path in card.folder.iterdir()} == {
        "card.json", "model.keras", "outside.npz", "yamnet.npz",
    }  # fmt: skip
    assert sum(path.stat().st_size for path in card.folder.iterdir()) < 25e6
    assert card.yamnet.classes == CLASSES
    assert card.tags[49:52] == ("happy", "speech", "music")
    assert card.parameters > 4e6
    assert {"MusiCNN's weights", "YAMNet's weights", "genre head"} < set(card.licences)


def test_another_yamnet_than_the_cards_is_refused(card, tmp_path):
    data = read_card_data(card.folder)
    data["yamnet"]["sha256"] = "0" * 64
    with pytest.raises(BundleError, match="expected 000000"):
        load(parse_card(data, card.folder), "keras")


def test_a_card_that_does_not_tell_of_its_yamnet_is_refused():
    card = SHIPPED.card("musicnn-gtzan-2")
    for function, *runtime in ((front_end,), (load, "keras"), (load, "light")):
        with pytest.raises(BundleError, match="does not tell of its YAMNet"):
            function(card, *runtime)
