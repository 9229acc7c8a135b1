"""Many files: the same answers as one at a time, in their order, whatever some of them hold."""

from __future__ import annotations

import threading

import numpy as np
import psutil
import pytest

from ml.audio import confined
from ml.errors import DecoderDied, NotAudio, TooComplex
from ml.inference import batch
from ml.inference.classifier import get_classifier
from scripts.testbed import sound


@pytest.fixture(scope="module")
def classifier():
    return get_classifier()


@pytest.fixture
def files(tmp_path):
    return [
        sound.write(tmp_path / f"{i}.wav", sound.chord(3.5 + 0.5 * i, level=0.1 + 0.05 * i))
        for i in range(5)
    ]


def test_answers_are_those_of_one_file_at_a_time_and_in_order(classifier, files):
    results = list(batch.predict_files(classifier, files, max_duration_s=60))
    assert [result.path for result in results] == files
    for result, path in zip(results, files, strict=True):
        alone = classifier.predict(confined.decode(path, rate_hz=classifier.rate_hz))
        np.testing.assert_allclose(result.prediction.logits, alone.logits, atol=1e-4)
        assert result.error is None
        assert result.seconds > 0


def test_a_file_that_fails_stands_in_its_place(classifier, files, tmp_path):
    (tmp_path / "noise.mp3").write_bytes(bytes(range(256)) * 20)
    paths = [files[0], tmp_path / "noise.mp3", tmp_path / "missing.wav", files[1]]
    results = list(batch.predict_files(classifier, paths, max_duration_s=60))
    assert [result.path for result in results] == paths
    assert isinstance(results[1].error, NotAudio)
    assert isinstance(results[2].error, FileNotFoundError)
    assert results[0].prediction
    assert results[3].prediction


def test_a_decoder_serves_several_files_and_none_is_left(classifier, files, monkeypatch):
    monkeypatch.setattr(batch, "TASKS_EACH", 2)
    started = []
    start = confined._spare.take

    def counted():
        started.append(start())
        return started[-1]

    monkeypatch.setattr(confined._spare, "take", counted)
    results = list(batch.predict_files(classifier, files, max_duration_s=60, at_once=1))
    assert all(result.prediction for result in results)
    assert len(started) == 3
    assert not any(child.is_alive() for child in started)


def test_nobody_pays_for_what_the_files_before_took(classifier, files, monkeypatch):
    decode = confined.Decoders.decode
    used: dict[int, int] = {}

    def tired(self, source, **options):
        used[id(self)] = used.get(id(self), 0) + 1
        if used[id(self)] > 2:
            raise TooComplex("needs more memory or time to decode than a song may")
        return decode(self, source, **options)

    monkeypatch.setattr(confined.Decoders, "decode", tired)
    results = list(batch.predict_files(classifier, files, max_duration_s=60, at_once=1))
    assert all(result.prediction for result in results)


def test_a_file_that_is_too_complex_by_itself_is_refused(classifier, files, monkeypatch):
    def refuse(self, source, **options):
        raise TooComplex("needs more memory or time to decode than a song may")

    monkeypatch.setattr(confined.Decoders, "decode", refuse)
    results = list(batch.predict_files(classifier, files[:2], max_duration_s=60))
    assert [type(result.error) for result in results] == [TooComplex, TooComplex]


def test_a_decoder_that_is_killed_is_a_failure_of_its_file_alone(classifier, files, monkeypatch):
    decode = confined.Decoders.decode

    def killed(self, source, **options):
        if source.name.endswith("1.wav"):
            raise DecoderDied("ended from outside")
        return decode(self, source, **options)

    monkeypatch.setattr(confined.Decoders, "decode", killed)
    results = list(batch.predict_files(classifier, files, max_duration_s=60))
    assert [bool(result.error) for result in results] == [False, True, False, False, False]


def test_who_stops_in_the_middle_leaves_nothing(classifier, files):
    before = {child.pid for child in psutil.Process().children()}
    results = batch.predict_files(classifier, files, max_duration_s=60)
    assert next(results).prediction
    assert {child.pid for child in psutil.Process().children()} - before
    results.close()
    assert not {child.pid for child in psutil.Process().children()} - before
    assert not [thread for thread in threading.enumerate() if "classify" in thread.name]
