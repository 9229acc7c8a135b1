"""Similar songs: the nearest, exactly, and only what the viewer may see."""

from __future__ import annotations

import numpy as np
import pytest
from django.db.models import F
from django.urls import reverse

from classifier.models import HistoryEntry, SongVector
from classifier.similar import nearest, vectors
from classifier.similar.map import principal_two, song_map
from classifier.similar.nearest import Space
from classifier.similar.songs import Viewer, similar_songs
from classifier.visitors.identity import SESSION_KEY
from ml.registry.bundles import SHIPPED


def titles(song, viewer=None, n=6) -> list[str]:
    return [one.classification.title for one in similar_songs(song, viewer or Viewer("me"), n)]


@pytest.fixture
def own():
    def add(*songs) -> None:
        for row in songs:
            HistoryEntry.objects.create(visitor="me", classification=row)

    return add


def test_the_nearest_come_first_and_never_the_song_itself(song, own):
    asked = song(0.0, title="asked")
    own(asked, song(2.0, title="far"), song(0.3, title="near"), song(-0.1, title="nearer"))
    assert titles(asked) == ["nearer", "near", "far"]
    assert titles(asked, n=1) == ["nearer"]
    likeness = [one.likeness for one in similar_songs(asked, Viewer("me"))]
    assert likeness == pytest.approx(np.cos([0.1, 0.3, 2.0]), abs=1e-5)


def test_what_others_asked_for_is_not_shown_unless_the_operator_says_so(song, own, settings):
    asked = song(0.0, title="asked")
    own(asked)
    song(0.1, title="another's video")
    song(0.1, title="another's file", source="upload")
    song(0.2, title="demo", source="library", source_id="demo")
    song(0.3, title="collected", source="collection")
    assert titles(asked) == ["demo"]
    assert titles(asked, Viewer("")) == ["demo"]
    assert titles(asked, Viewer("me", sees_collection=True)) == ["demo", "collected"]
    settings.SIMILAR_FROM_ALL = True
    assert titles(asked) == ["another's video", "demo"]


def test_a_recording_counts_once_and_a_deleted_song_is_gone(song, own):
    asked = song(0.0, title="asked")
    twice = song(0.1, title="whole", source_id="x", extent="whole")
    own(asked, twice, song(0.1, title="excerpts", source_id="x"), song(0.5, title="gone"))
    assert len(titles(asked)) == 2
    twice.__class__.objects.filter(title="gone").delete()
    assert "gone" not in titles(asked)


def test_songs_that_come_later_are_found(song, own):
    asked = song(0.0, title="asked")
    own(asked)
    assert titles(asked) == []
    own(song(0.1, title="later"))
    assert titles(asked) == ["later"]
    # Stored by two at once, the lower number may be seen last.
    last = song(0.2, title="last")
    SongVector.objects.filter(classification=last).update(id=F("id") + 10)
    own(last)
    assert titles(asked) == ["later", "last"]
    late = song(0.05, title="late")
    SongVector.objects.filter(classification=late).update(id=F("id") - 5)
    own(late)
    assert titles(asked) == ["late", "later", "last"]


def test_an_answer_without_numbers_has_no_similar_ones(make_classification, song):
    song(0.1, source="library")
    assert titles(make_classification()) == []
    assert titles(make_classification(state="failed")) == []
    other = SHIPPED.card("musicnn-gtzan-2")
    features = [value + 1 for value in other.head.baseline]
    assert titles(make_classification(model_id=other.model_id, features=features)) == []


def test_all_vectors_are_compared():
    """The same as one by one, for any that may be seen."""
    rng = np.random.default_rng(1)
    found = rng.normal(size=(500, 20)).astype(np.float32)
    numbers = np.arange(500)
    space = Space("x", numbers, numbers + 7, np.zeros(500, np.uint8), found)
    visible = rng.random(500) < 0.5
    near = space.nearest(found[3], visible, 12)
    by_hand = sorted((-float(v @ found[3]), i + 7) for i, v in enumerate(found) if visible[i])
    assert [one.pk for one in near] == [pk for _, pk in by_hand[:12]]
    assert space.nearest(found[3], np.zeros(500, bool), 12) == []
    assert len(space.nearest(found[3], visible, 9999)) == visible.sum()


def test_answers_of_before_get_their_vectors(song, make_classification):
    rows = [song(i / 10) for i in range(5)]
    before = {row.classification_id: bytes(row.vector) for row in SongVector.objects.all()}
    SongVector.objects.filter(classification__in=rows[:3]).delete()
    SongVector.objects.filter(classification=rows[3]).update(space="of another")
    make_classification(answered_from=rows[0], features=rows[0].features, model_id="m-2")
    make_classification()  # from before numbers were stored
    assert vectors.fill_in() == 4
    after = {row.classification_id: bytes(row.vector) for row in SongVector.objects.all()}
    assert after == before
    assert vectors.fill_in() == 0


def test_what_another_worker_was_quicker_with_stays(song, monkeypatch):
    rows = [song(i / 10) for i in range(3)]
    SongVector.objects.filter(classification=rows[0]).delete()
    stored = vectors._store

    def both(*arguments):  # another one, between reading what is missing and storing it
        stored(*arguments)
        pks.extend(SongVector.objects.order_by("pk").values_list("pk", flat=True))
        return stored(*arguments)

    pks: list[int] = []
    monkeypatch.setattr(vectors, "_store", both)
    vectors.fill_in()
    assert list(SongVector.objects.order_by("pk").values_list("pk", flat=True)) == pks


def test_they_are_looked_for_once_a_day_and_in_each_space(song, monkeypatch):
    rows = [song(i / 10) for i in range(2)]
    SongVector.objects.filter(classification=rows[0]).delete()
    assert vectors.fill_in_daily() == 1
    assert vectors.fill_in_daily() is None
    monkeypatch.setattr(vectors, "space_of", lambda card: "another")
    assert vectors.fill_in_daily() == 2


def test_a_network_without_a_head_has_no_space():
    assert vectors.space_of(SHIPPED.card("mel-cnn-gtzan-1")) == ""
    assert vectors.space_of(SHIPPED.card()) != vectors.space_of(SHIPPED.card("musicnn-gtzan-2"))


def test_the_worker_stores_a_vector(work, make_classification, stub_classifier):
    card = SHIPPED.card()
    stub = stub_classifier.predict_windows

    def with_features(windows):
        found = stub(windows)
        object.__setattr__(found, "features", np.arange(len(card.head.features)) / 10)
        return found

    stub_classifier.predict_windows = with_features
    row = make_classification(
        state="queued", source="library", source_id="hay-bale-hop", title="Hay Bale Hop"
    )
    work()
    vector = np.frombuffer(bytes(SongVector.objects.get(classification=row).vector), "<f4")
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)
    assert vector.size == len(card.weighed_tags)


def test_the_page_and_its_part(client, song):
    asked = song(0.0, title="asked <one>")
    song(0.2, title="demo <b>", source="library", source_id="demo", artist="Ann")
    page = client.get(asked.get_absolute_url()).content.decode()
    assert 'href="similar/"' in page
    assert "js/similar.js" in page
    text = client.get(reverse("similar", args=[asked.public_id])).content.decode()
    assert "demo &lt;b&gt;" in text
    assert "asked &lt;one&gt;" in text
    part = client.get(reverse("similar", args=[asked.public_id]), {"part": "list"})
    assert part.content.decode().lstrip().startswith("<ol")
    assert "0.98" in part.content.decode()
    assert client.get(reverse("similar", args=["nothing"])).status_code == 404


def test_the_map_shows_what_the_visitor_may_see(client, song):
    rows = [song(i / 3, title=f"Song {i}") for i in range(6)]
    assert "too few songs" in client.get(reverse("map")).content.decode()
    session = client.session
    session[SESSION_KEY] = "me"
    session.save()
    for row in rows[:4]:
        HistoryEntry.objects.create(visitor="me", classification=row)
    text = client.get(reverse("map")).content.decode()
    assert text.count("<circle") == 4
    assert text.count(rows[0].get_absolute_url()) == 2  # in the picture and in the list
    assert "Song 5" not in text


def test_a_map_keeps_what_differs_most():
    rng = np.random.default_rng(0)
    spread = np.diag([9.0, 4.0, 0.1, 0.1])
    found, kept = principal_two(rng.normal(size=(300, 4)) @ spread)
    assert kept > 0.99
    assert found.std(axis=0) == pytest.approx([9, 4], rel=0.2)
    assert principal_two(np.zeros((5, 4)))[1] == 0.0


def test_pages_ask_as_often_for_many_songs_as_for_few(client, song, django_assert_max_num_queries):
    rows = [song(i / 30, source="library", source_id=f"demo {i}") for i in range(30)]
    nearest.forget_all()
    with django_assert_max_num_queries(4):
        client.get(reverse("similar", args=[rows[0].public_id]))
    with django_assert_max_num_queries(3):
        client.get(reverse("map"))
    assert len(song_map(Viewer()).points) == 30
