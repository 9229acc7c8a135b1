"""What all processes of a run share is made once, and ended after its last user."""

from __future__ import annotations

import threading

import pytest

from tests.sharing import shared


def test_it_is_made_once_and_ended_after_the_last_user(tmp_path):
    told = []
    first_is_in, second_is_in = threading.Event(), threading.Event()

    def make() -> dict:
        told.append("made")
        return {"port": 8000}

    def first() -> None:
        with shared(tmp_path, make, lambda: told.append("ended")) as value:
            told.append(value)
            first_is_in.set()
            assert second_is_in.wait(20)

    running = threading.Thread(target=first)
    running.start()
    assert first_is_in.wait(20)
    with shared(tmp_path, make, lambda: told.append("never")) as value:
        told.append(value)
        second_is_in.set()
        running.join(0.3)
        assert running.is_alive()  # it waits for this user before it ends it
        told.append("left")
    running.join(20)
    assert told == ["made", {"port": 8000}, {"port": 8000}, "left", "ended"]


def test_what_could_not_be_made_is_tried_again_by_the_next(tmp_path):
    def fail() -> dict:
        raise OSError

    with pytest.raises(OSError), shared(tmp_path, fail):  # noqa: PT011
        pass
    with shared(tmp_path, lambda: {"n": 1}) as value:
        assert value == {"n": 1}
