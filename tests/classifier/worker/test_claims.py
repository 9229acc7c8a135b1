"""Taking a job, holding it, giving it back."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from classifier import jobs, sources
from classifier.models import Classification, LeaseLost
from classifier.sources import Track
from classifier.worker import claims, tasks
from tests.requesters import Someone


def ask(source_id: str = "a", seconds: float = 200.0, who: str = "v", **values) -> Classification:
    track = Track("library", source_id, "", "", seconds)
    row = jobs.submit(track, "m", requester=Someone(who)).classification
    Classification.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()
    return row


def die(row: Classification) -> None:
    """Let the lease end, as it does some seconds after its worker was killed."""
    ended = timezone.now() - timedelta(seconds=1)
    Classification.objects.filter(pk=row.pk).update(held_until=ended)


def order() -> list[str]:
    return [row.source_id for row in Classification.objects.takeable()]


def test_a_job_is_taken_once_and_held(db):
    row = ask()
    taken = claims.take("w:1")
    assert taken == row
    assert (taken.state, taken.attempts, taken.held_by) == ("fetching", 1, "w:1")
    assert taken.place().is_held
    assert claims.take("w:2") is None


def test_what_a_dead_worker_held_is_taken_again_by_itself(db):
    row = ask()
    claims.take("w:1").mark_predicting()
    die(row)
    assert not row.place().is_held
    again = claims.take("w:2")
    assert (again.pk, again.state, again.attempts) == (row.pk, "fetching", 2)


def test_a_heartbeat_holds_it_for_longer(db):
    row = ask()
    claims.take("w:1")
    die(row)
    claims.renew("w:1")
    assert claims.take("w:2") is None


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
def test_what_is_given_back_can_be_taken_at_once(db, counted, attempts):
    row = ask()
    claims.take("w:1").set_progress("1 of 3")
    assert claims.give_back("w:1", counted=counted) == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.progress) == ("queued", attempts, "")
    assert claims.take("w:2") == row


def test_nothing_is_given_back_of_others_or_of_what_is_over(db):
    row = ask(state="done", held_by="w:1")
    ask("b")
    claims.take("w:2")
    assert claims.give_back("w:1", counted=True) == 0
    row.refresh_from_db()
    assert row.state == "done"


def test_a_job_that_was_ended_fails_with_its_reason_and_is_nobodys(db):
    row = ask()
    claims.take("w:1")
    claims.give_up("w:1")
    row.refresh_from_db()
    assert (row.state, row.error_kind, row.held_by, row.requester) == (
        "failed", "took_too_long", None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("write", "given"), [("mark_predicting", []), ("mark_done", [{}]), ("mark_failed", ["timeout"])]
)
def test_a_row_that_was_deleted_meanwhile_stays_deleted(db, write, given):
    ask()
    taken = claims.take("w:1")
    Classification.objects.all().delete()
    with pytest.raises(LeaseLost):
        getattr(taken, write)(*given)
    assert not Classification.objects.exists()


def test_who_lost_a_job_writes_nothing_over_what_another_does(db):
    row = ask()
    late = claims.take("w:1")
    die(row)
    claims.take("w:2").mark_done({})
    with pytest.raises(LeaseLost):
        late.mark_failed("timeout")
    row.refresh_from_db()
    assert (row.state, row.error) == ("done", "")


def test_a_row_deleted_in_mid_job_ends_it_quietly(db, work, monkeypatch):
    def fetch(*args, progress, **options):
        Classification.objects.all().delete()
        progress("1 of 3")

    monkeypatch.setattr(sources, "fetch", fetch)
    ask()
    assert work() == 1
    assert not Classification.objects.exists()


def test_a_database_that_is_away_is_no_failure_of_the_song(db, stub_classifier, monkeypatch):
    def fetch(*args, **options):
        raise OperationalError("terminating connection due to administrator command")

    monkeypatch.setattr(sources, "fetch", fetch)
    row = ask()
    with pytest.raises(OperationalError):
        tasks.perform(claims.take("w:1"))
    row.refresh_from_db()
    assert (row.state, row.error) == ("fetching", "")


def test_a_detail_with_nul_can_be_stored(db):
    row = ask()
    claims.take("w:1").mark_failed("timeout", detail="a\0b")
    row.refresh_from_db()
    assert row.error_detail == "ab"


@pytest.mark.django_db(transaction=True)
def test_workers_that_look_at_once_never_take_the_same_job():
    rows = {ask(f"song{i}").pk for i in range(12)}
    taken, barrier = [], threading.Barrier(4)

    def worker(name: str) -> None:
        barrier.wait()
        while job := claims.take(name):
            taken.append(job.pk)
        connection.close()

    threads = [threading.Thread(target=worker, args=(f"w:{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(taken) == sorted(rows)


# Fairness


def test_the_shortest_job_is_not_starved_by_the_longest(db):
    ask("long", seconds=1200, who="a")
    ask("longer", seconds=1200, who="b")
    short = ask("short", seconds=5, who="c")
    assert order() == ["short", "long", "longer"]
    assert short.place().ahead == 0


def test_the_first_song_of_one_goes_before_the_second_of_another(db):
    for i in range(3):
        ask(f"a{i}", who="a")
    ask("b0", who="b")
    assert order() == ["a0", "b0", "a1", "a2"]


def test_what_waits_long_is_overtaken_no_more(db):
    ask("long", seconds=1200, due_at=timezone.now() - timedelta(seconds=1))
    ask("short", seconds=5, who="b")
    assert order() == ["long", "short"]


def test_songs_of_the_same_length_go_in_the_order_they_came(db):
    for i in range(4):
        ask(f"song{i}", who=f"v{i}")
    assert order() == ["song0", "song1", "song2", "song3"]


def test_a_row_of_an_older_version_has_no_due_time_and_goes_first(db):
    ask("new")
    old = ask("old", who="b", due_at=None)
    assert order() == ["old", "new"]
    assert old.place().ahead == 0


def test_the_position_counts_what_is_under_way_and_what_is_due_before(db):
    ask("long", seconds=1200, who="a")
    claims.take("w:1")
    short = ask("short", seconds=5, who="b")
    other = ask("other", seconds=600, who="c")
    assert (short.place().ahead, other.place().ahead) == (1, 2)


def test_the_hash_of_who_asked_goes_when_the_job_is_over(db):
    row = ask(who="me")
    assert row.requester == "me"
    claims.take("w:1").mark_done({})
    row.refresh_from_db()
    assert row.requester is None
