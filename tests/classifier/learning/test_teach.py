"""Teaching from a folder: each file is heard once, and a new genre is learned."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from django.urls import reverse

from classifier import serving
from classifier.learning import folders
from classifier.models import Classification, Verdict
from ml.errors import DatasetError
from scripts.testbed import sound
from tests.made_up_music import BASE_ID

RATE_HZ = 16_000


@pytest.fixture(autouse=True)
def light(settings):
    settings.MODEL_RUNTIME = "light"


@pytest.fixture
def collection(tmp_path):
    """Two dozen drones of twelve players, no two alike."""
    folder = tmp_path / "music"
    (folder / "Drone").mkdir(parents=True)
    for i in range(24):
        t = np.arange(3 * RATE_HZ) / RATE_HZ
        low = 60.0 + 4 * i
        wave = sum(np.sin(2 * np.pi * low * k * t) / k for k in (1, 2, 3, 5)) * 0.2
        wave *= 1 + 0.3 * np.sin(2 * np.pi * (0.5 + 0.1 * i) * t)
        sound.write(folder / "Drone" / f"Player {i // 2} - Drone {i}.wav", wave.astype(np.float32))
    return folder


@pytest.fixture
def heard(monkeypatch):
    """The files that are really heard."""
    paths, predict_files = [], folders.predict_files

    def predict(classifier, files, **options):
        for result in predict_files(classifier, files, **options):
            paths.append(result.path)
            yield result

    monkeypatch.setattr(folders, "predict_files", predict)
    return paths


def test_a_folder_becomes_a_new_genre(lesson, collection, heard, manage):
    said = manage("teach", str(collection), "--name", "with-drones")
    assert "24 files heard, 0 known before, 0 cannot be heard." in said
    assert "passed  Tells drone apart." in said
    card = serving.registry().card("with-drones")
    assert card.labels[10:] == ("drone",)
    assert (card.learned.said["drone"], card.learned.artists) == (24, 55 + 12)
    assert card.learned.drawn_at_random == 110  # a folder is not drawn
    assert set(Verdict.objects.filter(label="drone").values_list("stream", "source")) == {
        ("folder", "folder")
    }


def test_what_was_heard_is_not_heard_again(lesson, collection, heard, manage):
    manage("teach", str(collection))
    (collection / "Drone" / "Player 0 - Drone 0.wav").rename(collection / "Drone" / "moved.wav")
    shutil.copy(collection / "Drone" / "moved.wav", collection / "Drone" / "copied.wav")
    heard.clear()
    said = manage("teach", str(collection))
    assert "0 files heard, 24 known before, 0 cannot be heard." in said
    assert heard == []
    (collection / "Drone").rename(collection / "Hum")
    manage("teach", str(collection))
    assert heard == []
    assert Verdict.objects.filter(label="hum").count() == 24
    assert not Verdict.objects.filter(label="drone").exists()


def test_stopped_half_way_it_goes_on(lesson, collection, heard, manage, monkeypatch):
    predict = folders.predict_files

    def stopped(classifier, files, **options):
        for i, result in enumerate(predict(classifier, files, **options)):
            if i == 10:
                raise KeyboardInterrupt
            yield result

    with monkeypatch.context() as patch:
        patch.setattr(folders, "predict_files", stopped)
        with pytest.raises(KeyboardInterrupt):
            manage("teach", str(collection))
    assert Verdict.objects.filter(label="drone").count() == 10
    assert "14 files heard, 10 known before" in manage("teach", str(collection))


def test_broken_files_are_named_and_the_rest_is_learned(lesson, collection, manage, capsys):
    (collection / "Drone" / "broken.mp3").write_bytes(b"no sound at all")
    with pytest.raises(SystemExit) as stopped:
        manage("teach", str(collection), "--name", "ours")
    assert stopped.value.code == 1
    assert serving.registry().card("ours").labels[10:] == ("drone",)


def test_too_few_for_a_genre_are_kept_until_there_are_more(lesson, collection, manage):
    for path in sorted((collection / "Drone").iterdir())[15:]:
        path.unlink()
    manage("teach", str(collection))
    assert serving.registry().card(f"{BASE_ID}-site-1").labels[10:] == ()
    assert Verdict.objects.filter(label="drone").count() == 15


def test_a_genre_is_forgotten(lesson, collection, manage):
    manage("teach", str(collection))
    assert manage("teach", "--forget", "Drone") == "24 recordings of drone forgotten.\n"
    assert not Verdict.objects.filter(label="drone").exists()
    assert Verdict.objects.count() == 110


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ((), "has no folder with audio files: one for each genre is needed."),
        (("x" * 33,), "cannot name a genre: 32 letters are the most."),
        (("Unknown",), "cannot name a genre"),
    ],
)
def test_a_folder_that_is_none_is_refused_in_a_line(names, sentence, db, tmp_path, refused):
    for name in names:
        (tmp_path / "music" / name).mkdir(parents=True)
        sound.write(tmp_path / "music" / name / "a.wav", sound.tone(1.0, 330.0))
    (tmp_path / "music").mkdir(exist_ok=True)
    assert sentence in refused("teach", str(tmp_path / "music"))


def test_a_missing_folder_is_refused_in_a_line(db, tmp_path, refused):
    assert refused("teach", str(tmp_path / "no")).endswith("no is no folder.")
    assert refused("teach") == "Name the folder that has a sub-folder for each genre."


@pytest.mark.parametrize(
    ("name", "artist"),
    [
        ("jazz/Trio - Song.wav", "Trio"),
        ("jazz/Trio/Album/Song.wav", "Trio"),
        ("jazz/Song.wav", ""),
        ("Hip-Hop/MC - a - b.wav", "MC"),
    ],
)
def test_whose_a_recording_is_tells_a_folder_or_its_name(name, artist, tmp_path):
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.touch()
    (file,) = folders.labelled_files(tmp_path)
    assert file.artist == artist
    assert file.label in ("jazz", "hiphop")


def test_none_is_a_folder_too(tmp_path):
    for name in ("None", "rock"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.wav").touch()
    assert {file.label for file in folders.labelled_files(tmp_path)} == {"none", "rock"}
    with pytest.raises(DatasetError):
        folders.labelled_files(tmp_path / "rock")


@pytest.fixture
def two_kinds(collection):
    """Beside the drones a folder of clicks."""
    (collection / "Clicks").mkdir()
    chance = np.random.default_rng(1)
    for i in range(24):
        wave = np.zeros(3 * RATE_HZ, np.float32)
        for start in chance.integers(0, len(wave) - 200, 30 + 5 * i):
            wave[start : start + 200] += np.exp(-np.arange(200) / 30) * chance.choice([-0.6, 0.6])
        sound.write(collection / "Clicks" / f"Clicker {i // 2} - {i}.wav", wave)
    return collection


def test_a_model_of_the_folders_genres_alone(lesson, two_kinds, manage, client, staff):
    said = manage("teach", str(two_kinds), "--alone", "--name", "ours")
    assert "48 files heard" in said
    for label in ("clicks", "drone"):
        assert f"passed  Tells {label} apart." in said
    card = serving.registry().card("ours")
    assert card.labels == ("clicks", "drone")
    assert card.learned.alone
    assert card.learned.said == {"clicks": 24, "drone": 24}  # and nothing of the ten
    manage("promote_model", "ours")
    assert serving.card().model_id == "ours"
    manage("reclassify")
    client.force_login(staff)
    row = Classification.objects.filter(model_id="ours").first()
    for url in (
        row.get_absolute_url(),
        *(reverse(name) for name in ("home", "about", "how_it_works", "models", "privacy")),
        reverse("model", args=["ours"]),
        reverse("admin:classifier_learning"),
        reverse("admin:classifier_candidate", args=["ours"]),
        reverse("admin:classifier_classification_change", args=[row.pk]),
    ):
        assert client.get(url).status_code == 200, url
    page = " ".join(client.get(reverse("model", args=["ours"])).content.decode().split())
    assert "1 person said of 48 recordings of 24 artists" in page
    assert "GTZAN" not in page
    # What staff say next is learned beside the ten again.
    manage("learn", "--name", "all")
    assert serving.registry().card("all").labels[:10] == serving.registry().card(BASE_ID).labels


def test_one_genre_alone_is_refused_in_a_line(db, collection, refused):
    assert refused("teach", str(collection), "--alone").startswith("A model of one genre alone")
