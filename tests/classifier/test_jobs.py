import pytest
from django.db import transaction

from classifier import jobs, sources
from classifier.models import Classification, HistoryEntry
from classifier.sources import SourceError, Track, upload_store
from classifier.worker import claims, tasks
from ml.errors import AudioTooLong, BundleError, NotAudio
from ml.networks import runtimes
from tests.requesters import Someone

TRACK = Track("youtube", "abcdefghijk", "Title", "Channel", 200.0)


@pytest.fixture
def audio(monkeypatch):
    """Put something in the place of fetching."""
    import numpy as np

    from classifier.sources import Audio

    def fake(outcome=None):
        def fetch(source, source_id, rate_hz, **options):
            if isinstance(outcome, BaseException):
                raise outcome
            windows = [(10.0, np.zeros(rate_hz * 9, np.float32))]
            return Audio(windows, rate_hz, 200.0, "Fetched title", "Fetched artist")

        monkeypatch.setattr(sources, "fetch", fetch)

    fake()
    return fake


def request() -> Classification:
    return jobs.submit(TRACK, "musicnn-gtzan-1", requester=Someone("v")).classification


def test_a_request_is_a_row_and_a_job(db):
    classification = request()
    assert classification.state == "queued"
    assert classification.title == "Title"
    assert Classification.objects.takeable().get() == classification
    assert HistoryEntry.objects.get().visitor == "v"


def test_no_job_is_left_when_the_transaction_fails(db):
    with transaction.atomic():
        request()
        transaction.set_rollback(True)
    assert not Classification.objects.exists()


def test_what_is_stored_is_enough_to_reproduce_it(work, audio):
    classification = request()
    work()
    classification.refresh_from_db()
    assert classification.state == "done"
    assert classification.genre == "blues"
    assert classification.confidence == pytest.approx(0.64)
    assert sum(classification.probabilities.values()) == pytest.approx(1)
    assert classification.windows == [[10.0, 19.0]]
    assert [s["start_s"] for s in classification.segments] == [10.0, 13.0, 16.0]
    assert len(classification.bundle_sha256) == 64
    assert classification.versions.items() >= runtimes.versions(runtimes.chosen()).items()
    assert classification.title == "Title"  # what the visitor chose is not renamed
    assert classification.seconds is not None


def test_a_job_that_is_done_is_not_taken_again(work, audio, stub_classifier):
    request()
    work()
    before = Classification.objects.get()
    assert claims.take("test:2") is None
    assert stub_classifier.calls == 1
    assert Classification.objects.get().finished_at == before.finished_at


def test_a_job_left_half_done_by_a_dead_worker_starts_over(work, audio):
    classification = request()
    claims.take("dead:1").mark_predicting()
    claims.give_back("dead:1", counted=True)
    work()
    classification.refresh_from_db()
    assert classification.state == "done"
    assert classification.attempts == 2


def test_a_job_that_kills_its_worker_each_time_is_given_up(work, audio, stub_classifier):
    classification = request()
    for _ in range(tasks.MAX_ATTEMPTS):
        claims.take("dead:1")
        claims.give_back("dead:1", counted=True)
    work()
    classification.refresh_from_db()
    assert classification.state == "failed"
    assert "in 3 tries" in classification.error
    assert classification.error_kind == "worker_died"
    assert stub_classifier.calls == 0


@pytest.mark.parametrize(
    ("problem", "sentence", "retryable", "kind"),
    [
        (SourceError("private"), "This video is private.", False, "private"),
        (SourceError("track_gone"), "This track is not in the library", False, "track_gone"),
        (SourceError("timeout"), "YouTube was too slow to answer.", True, "timeout"),
        (NotAudio("no audio"), "This is not audio that can be decoded.", False, "not_audio"),
        (AudioTooLong("long", minutes=1.5), "the limit of 1.5 minutes.", False, "too_long"),
        (BundleError("No network."), "Something went wrong on this server", True, "model"),
        (ZeroDivisionError("oops"), "Something went wrong on this server", True, "server_error"),
    ],
)
def test_each_failure_is_one_sentence_and_has_a_kind(
    work, audio, problem, sentence, retryable, kind
):
    audio(problem)
    classification = request()
    work()
    classification.refresh_from_db()
    assert classification.state == "failed"
    assert sentence in classification.error
    assert classification.retryable is retryable
    assert classification.error_kind == kind
    if isinstance(problem, ZeroDivisionError):
        assert "oops" in classification.error_detail
        assert "oops" not in classification.error


def test_asking_again_after_a_failure_tries_again(work, audio):
    audio(SourceError("timeout"))
    first = request()
    work()
    audio()
    second = request()
    assert second.pk == first.pk
    work()
    second.refresh_from_db()
    assert second.state == "done"
    assert second.error == ""


def test_a_file_stays_while_another_model_has_yet_to_answer(db, audio, stub_classifier, audio_file):
    track = Track("upload", upload_store.keep(audio_file()), "", "", 4.0)
    first, second = (
        jobs.submit(track, model, requester=Someone("v")).classification
        for model in ("musicnn-gtzan-1", "musicnn-gtzan-2")
    )
    taken = claims.take("test:1")
    assert taken == first
    tasks.perform(taken)
    assert upload_store.exists(track.source_id)
    taken = claims.take("test:1")
    assert taken == second
    tasks.perform(taken)
    assert not upload_store.exists(track.source_id)
