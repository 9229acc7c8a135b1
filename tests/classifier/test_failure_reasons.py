"""Every kind of failure that can be raised has its words, and no words are left over."""

from __future__ import annotations

import ast
import string

import pytest
from django.conf import settings
from django.utils import timezone

from classifier.failure_reasons import REASONS, staff_words
from classifier.models import Classification
from classifier.sources import SourceError
from classifier.sources.youtube.ytdlp.failures import FAILURES, SIGNS
from ml.errors import AudioError

PARAMETERS = {"minutes": 0.25, "tries": 3, "until": timezone.now()}
# What is called with a kind, and the place of the kind: worker.endings.failed has the song first.
RAISING = {"SourceError": 0, "mark_failed": 0, "failed": 1}


def kinds_named_in(name: str, folder: str, place: int = 0) -> set[str]:
    """The arguments at one place of all calls of one name, where they are text."""
    found = set()
    for path in (settings.BASE_DIR / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and len(node.args) > place):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = node.args[place]
            if called == name and isinstance(given, ast.Constant) and isinstance(given.value, str):
                found.add(given.value)
    return found


def subclasses(of: type) -> set[type]:
    direct = set(of.__subclasses__())
    return direct.union(*(subclasses(each) for each in direct))


def kinds_of_sound() -> set[str]:
    return {error.kind for error in subclasses(AudioError) if error.__module__ == "ml.errors"}


def kinds_of_the_site() -> set[str]:
    found = (kinds_named_in(name, "classifier", place) for name, place in RAISING.items())
    return set().union(*found)


def test_every_kind_has_a_record_and_no_record_is_unused():
    assert len(kinds_of_sound()) == 9
    assert kinds_of_the_site() >= {"upload_gone", "disabled", "server_error", "took_too_long"}
    assert set(REASONS) == set(FAILURES) | kinds_of_sound() | kinds_of_the_site()


def test_the_child_process_sends_only_kinds_that_it_lists():
    raised = kinds_named_in("YouTubeFailure", "classifier")
    assert raised | {kind for _, kind in SIGNS} <= set(FAILURES)


@pytest.mark.parametrize("reason", REASONS.values(), ids=lambda reason: reason.kind)
def test_a_record_is_fit_for_its_readers(reason):
    sentence = reason.sentence_with(**PARAMETERS)
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert not reason.next_step or reason.next_step.endswith(".")
    assert "yt-dlp" not in sentence + reason.next_step
    assert reason.staff_words
    assert not reason.staff_words.endswith(".")
    assert len(reason.kind) <= Classification._meta.get_field("error_kind").max_length


@pytest.mark.parametrize("kind", sorted(set(FAILURES)))
def test_a_failure_of_youtube_has_a_next_step(kind):
    assert REASONS[kind].next_step


def test_sentences_state_only_what_the_errors_tell():
    fields = {
        name
        for reason in REASONS.values()
        for _, name, _, _ in string.Formatter().parse(reason.sentence)
        if name
    }
    assert fields == set(PARAMETERS)
    waiting = {kind for kind, failure in FAILURES.items() if failure.slow_down}
    assert waiting == {kind for kind, reason in REASONS.items() if "{until" in reason.sentence}


def test_an_error_of_a_source_says_its_sentence():
    error = SourceError("link_elsewhere")
    assert str(error) == "Only links to YouTube videos can be opened."
    assert error.words == f"{error} You can upload a file instead."
    assert SourceError("disabled").words == "YouTube is switched off on this server."


def test_old_and_missing_kinds_have_staff_words():
    assert staff_words("") == "cause not noted"
    assert staff_words("gone") == "the file or track is no longer here"
    assert staff_words("never heard of") == "never heard of"
