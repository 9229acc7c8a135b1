"""The page that records: what it says without a microphone, and what it states of its cost."""

from __future__ import annotations

from django.urls import reverse

from classifier import serving
from ml.evaluation.phone_recording import AS_IT_IS, PHONE_RECORDING, read_phone_recording


def test_it_offers_the_other_ways_and_may_play_what_was_recorded(client, db):
    response = client.get(reverse("listen"))
    text = response.content.decode()
    assert f'action="{reverse("upload")}"' in text
    assert f'action="{reverse("search")}"' in text
    assert "Recording needs JavaScript" in text
    assert "media-src 'self' blob:" in response["Content-Security-Policy"]
    assert "sessionid" not in response.cookies


def test_its_numbers_are_those_that_were_measured(client, db):
    measured = read_phone_recording()
    text = " ".join(client.get(reverse("listen")).content.decode().split())
    assert f"Of {measured.n} excerpts of ten seconds" in text
    assert f"{measured.n_tracks} demo tracks, {measured.same} kept their answer" in text
    assert f"{measured.moved * 100:.1f} % of the probability" in text  # split() takes NBSP too
    robustness = serving.card().robustness
    plain, recorded = (robustness.changes[name] for name in (AS_IT_IS, PHONE_RECORDING))
    assert f"The same was done to {robustness.n} clips of GTZAN" in text
    assert f"{recorded.right} were told right, where {plain.right} had been" in text
    assert f"{recorded.accuracy * 100:.1f} % of the clips" in text


def test_of_another_model_it_states_no_numbers(client, db, settings):
    settings.MODEL_ID = "musicnn-gtzan-2"
    text = client.get(reverse("listen")).content.decode()
    assert "excerpts of ten seconds" not in text
    assert "data-listen-start" in text
