"""The rows of the upgrade test, made by the code of 0.1.0 as visitors, workers and staff make them.

Imported by make_fixture.py once Django is set up.
"""

from __future__ import annotations

import io
import pydoc
import re
import wave
from pathlib import Path

import numpy as np
from classifier.sources.ytdlp.failures import FAILURES, YouTubeFailure
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.exceptions import TimeoutException
from django_q.models import OrmQ
from django_q.monitor import save_task
from fixed import Clock

from classifier import choices, failure_kinds, jobs, retention
from classifier.models import Classification, Correction, HistoryEntry, Picture, Worker
from classifier.sources import library, youtube
from classifier.sources.base import Track
from ml.audio import decode

RETIRED = "musicnn-gtzan-1"  # served once, and is no longer shipped
PASSWORD = "a long enough password"
RATE_HZ = 8000


class Visitor:
    """A browser of its own, and what it asked for, by a name."""

    def __init__(self, clock: Clock, name: str):
        self.client = Client(REMOTE_ADDR=f"192.0.2.{len(name)}")
        self.clock = clock
        self.name = name

    def post(self, path: str, **data):
        self.clock.move(seconds=7)
        response = self.client.post(path, data)
        assert response.status_code == 302, (path, response.status_code)
        return response

    def _row(self, response) -> Classification:
        return Classification.objects.get(public_id=response["Location"].split("/")[2])

    def choose(self, track: Track) -> Classification:
        return self._row(self.post("/classify/", choice=choices.sign(track)))

    def send(self, name: str, content: bytes) -> Classification:
        return self._row(self.post("/upload/", file=SimpleUploadedFile(name, content)))

    def rerun(self, row: Classification, model_id: str) -> Classification:
        self.post(f"/song/{row.public_id}/rerun/", model=model_id)
        return Classification.objects.get(
            source_id=row.source_id, model_id=model_id, extent=row.extent
        )

    def session_key(self) -> str:
        return self.client.cookies["sessionid"].value


def wav(samples: np.ndarray, rate_hz: int = RATE_HZ) -> bytes:
    """[shape=(n,)] in [-1, 1] -> a WAV of 8 bits, which packs well."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(rate_hz)
        file.writeframes(np.rint(127.5 + 127 * samples).astype(np.uint8).tobytes())
    return out.getvalue()


def chord(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    return sum(np.sin(2 * np.pi * hz * t) for hz in (220.0, 275.0, 330.0)) / 4


def hiss(seconds: float, rate_hz: int) -> np.ndarray:
    return np.random.default_rng(7).uniform(-0.8, 0.8, int(seconds * rate_hz))


def work(*rows: Classification) -> None:
    """Do as django-q's worker and monitor do with the jobs of these rows."""
    for item in OrmQ.objects.order_by("pk"):
        task = item.task
        if task["args"][0] not in {row.pk for row in rows}:
            continue
        try:
            task["result"], task["success"] = pydoc.locate(task["func"])(*task["args"]), True
        except TimeoutException as error:
            task["result"], task["success"] = f"{error}", False
        task["stopped"] = timezone.now()
        save_task(task, get_broker())
        item.delete()
    for row in rows:
        row.refresh_from_db()


class PlayedYouTube:
    """Stands in for the child process of yt-dlp: a track of the library, or a failure."""

    def __init__(self):
        self.fails: dict[str, str] = {}  # kind by id of the video

    def run(self, task: str, config, arguments: dict, seconds: float):
        if kind := self.fails.get(arguments["video_id"]):
            raise YouTubeFailure(kind, f"ERROR: as yt-dlp says when: {kind}")
        rate_hz = arguments["rate_hz"]
        samples = decode(library.FOLDER / "rise-with-the-sun.mp3", rate_hz=rate_hz)
        yield {"event": "step", "text": "Fetching the sound"}
        yield {"event": "info", "duration_s": 30.0, "title": "Sunrise", "artist": "A Channel"}
        for start_s, end_s in [(0, 30)] if arguments["whole"] else [(2, 8), (12, 18), (22, 28)]:
            window = samples[start_s * rate_hz : end_s * rate_hz]
            yield {"event": "window", "start_s": float(start_s), "samples": window}


def video(source_id: str, title: str, **more) -> Track:
    return Track("youtube", f"{source_id:_<11}"[:11], title, "A Channel", 215.0, **more)


def make(clock: Clock) -> dict:
    """All rows. Returns {visitors, staff, uploads}, what the expectations are written from."""
    played = PlayedYouTube()
    youtube.process.run = played.run
    retention.forget_daily()
    anna, ben, cleo = (Visitor(clock, name) for name in ("anna", "benno", "cleopa"))
    answered = _answers(anna, ben)
    _retired(answered, ben)
    _failures(anna, ben, played)
    _corrections(answered, anna, ben, cleo)
    staff = _reviews(answered, clock)
    uploads = _under_way(anna, ben)
    _pauses(anna, played)
    _forget_folders()
    Worker.objects.create(name="host.example:101", ready=True)
    Worker.objects.create(name="host.example:102", ready=False)
    return {"visitors": [anna, ben, cleo], "staff": staff, "uploads": uploads}


def _answers(anna: Visitor, ben: Visitor) -> dict[str, Classification]:
    """Real answers of each source, each extent and each model that is shipped."""
    track = library.describe("chaos-god-muldjord")
    rows = {"library": anna.choose(track)}
    assert ben.choose(track) == rows["library"]
    rows["full"] = anna.rerun(rows["library"], "musicnn-gtzan-2-full")
    rows["mel_cnn"] = anna.rerun(rows["library"], "mel-cnn-gtzan-1")
    rows["video"] = anna.choose(video("sunrise", "Sunrise & <Friends>", start_s=42))
    work(*rows.values())
    anna.post(f"/song/{rows['video'].public_id}/whole/")
    rows["whole"] = Classification.objects.get(
        source_id=rows["video"].source_id, extent=Classification.Extent.WHOLE
    )
    rows["video_mel_cnn"] = ben.rerun(rows["video"], "mel-cnn-gtzan-1")
    rows["upload"] = anna.send("=Anna's demo.wav", wav(chord(4.0)))
    rows["outside"] = anna.send("hiss.wav", wav(hiss(4.0, 16_000), 16_000))
    assert ben.send("the same hiss.wav", wav(hiss(4.0, 16_000), 16_000)) == rows["outside"]
    work(*rows.values())
    assert all(row.is_done for row in rows.values()), [row.error for row in rows.values()]
    assert rows["outside"].is_outside
    assert Picture.objects.count() == len(rows)
    return rows


def _retired(answered: dict[str, Classification], ben: Visitor) -> None:
    """Answers of a model that is gone: one from before anything was explained, one with all."""
    old = Classification.objects.get(pk=answered["library"].pk)
    picture = old.picture
    for extent, bare in (("usual", True), ("whole", False)):
        old.pk, old.public_id = None, jobs.Classification().public_id
        old.source, old.source_id = "youtube", "retired____"
        old.title, old.artist = "An older answer", "A Channel"
        old.model_id, old.bundle_sha256, old.extent = RETIRED, "ab" * 32, extent
        if bare:
            old.segments = [
                {key: value for key, value in segment.items() if key != "logits"}
                for segment in old.segments
            ]
            features, old.features, score, old.outside_score = (
                old.features, [], old.outside_score, None,
            )  # fmt: skip
        else:
            old.features, old.outside_score = features, score
        old._state.adding = True
        old.save()
        if not bare:
            Picture.objects.create(classification=old, png=picture.png, columns=picture.columns)
        answered[f"retired_{extent}"] = Classification.objects.get(pk=old.pk)
        HistoryEntry.objects.create(visitor=ben.client.session["visitor"], classification_id=old.pk)


def _failures(anna: Visitor, ben: Visitor, played: PlayedYouTube) -> None:
    """Every kind of failure that 0.1.0 knows, but for those that begin a pause."""
    for kind, failure in FAILURES.items():
        if not failure.slow_down:
            track = video(kind, f"Fails: {kind}")
            played.fails[track.source_id] = kind
            work(anna.choose(track))
    for name, content in (
        ("silence.wav", wav(np.zeros(RATE_HZ * 4))),
        ("blink.wav", wav(chord(0.2))),
        ("letter.mp3", b"Dear Sir or Madam, this is no music."),
    ):
        work(ben.send(name, content))
    gone = ben.send("gone.wav", wav(chord(4.5)))
    jobs.uploads.remove(gone.source_id)
    work(gone)
    died = ben.choose(library.describe("hay-bale-hop"))
    Classification.objects.filter(pk=died.pk).update(attempts=jobs.MAX_ATTEMPTS)
    work(died)
    work(jobs.request_classification(library.describe("hay-bale-hop"), RETIRED))
    real = jobs._classify
    for slug, error in (
        ("mid-band-stroll", TimeoutException("Task exceeded maximum timeout value")),
        ("count-every-beat", RuntimeError("a fault of this server")),
    ):
        jobs._classify = lambda row, error=error: (_ for _ in ()).throw(error)
        work(ben.choose(library.describe(slug)))
    jobs._classify = real
    # From before kinds of failure were stored.
    unnamed = anna.choose(video("unnamed", "Fails without a kind"))
    OrmQ.objects.get().delete()
    unnamed.fail("This could not be fetched.")
    kinds = set(Classification.objects.values_list("error_kind", flat=True))
    assert kinds >= {"", "silent", "too_short", "not_audio", failure_kinds.MODEL}
    assert kinds >= {failure_kinds.WORKER_DIED, failure_kinds.SERVER_ERROR, failure_kinds.GONE}


def _forget_folders() -> None:
    """Put an installation's folders where the details of failures name those of this run."""
    for row in Classification.objects.exclude(error_detail=""):
        detail = row.error_detail.replace(str(settings.DATA_DIR), "/srv/genresite/var")
        detail = detail.replace(str(settings.BASE_DIR), "/srv/genresite")
        detail = re.sub(r'File ".*/', 'File "/srv/genresite/', detail)
        Classification.objects.filter(pk=row.pk).update(error_detail=detail)


def _corrections(answered: dict, anna: Visitor, ben: Visitor, cleo: Visitor) -> None:
    for name, said in {
        "library": ("metal", "rock", "rock"),
        "video": ("jazz",),
        "outside": ("classical", "none"),
        "whole": ("country", "blues"),
        "retired_whole": ("pop", "pop", "disco"),
    }.items():
        for visitor, genre in zip((anna, ben, cleo), said, strict=False):
            visitor.post(f"/song/{answered[name].public_id}/correct/", genre=genre)
    assert Correction.objects.count() == 11


def _reviews(answered: dict[str, Classification], clock: Clock) -> list[Visitor]:
    """Agreeing, disagreeing, and none; by staff who may do all, and by one who may review."""
    User.objects.create_superuser("admin", "admin@example.org", PASSWORD)
    group = Group.objects.create(name="Reviewers")
    group.permissions.set(
        Permission.objects.filter(
            codename__in=["view_classification", "change_classification", "view_worker"]
        )
    )
    User.objects.create_user("reviewer", password=PASSWORD, is_staff=True).groups.add(group)
    staff = []
    for name in ("admin", "reviewer"):
        staff.append(Visitor(clock, name))
        assert staff[-1].client.login(username=name, password=PASSWORD)
    admin, reviewer = staff
    for visitor, action, names in (
        (admin, "confirm", ("library", "outside", "full")),
        (reviewer, "mark_none", ("upload", "mel_cnn")),
        (reviewer, "accept_corrections", ("retired_whole", "whole", "retired_usual")),
        (admin, "confirm", ("video_mel_cnn",)),
        (admin, "clear_review", ("video_mel_cnn",)),
    ):
        visitor.post(
            "/admin/classifier/classification/",
            action=action,
            _selected_action=[answered[name].pk for name in names],
        )
    row = answered["video"]
    (entry,) = row.entries.all()
    reviewer.post(
        f"/admin/classifier/classification/{row.pk}/change/",
        **{
            "reviewed_genre": "hiphop" if row.genre != "hiphop" else "pop",
            "entries-TOTAL_FORMS": 1,
            "entries-INITIAL_FORMS": 1,
            "entries-0-id": entry.pk,
            "entries-0-classification": row.pk,
        },
    )
    assert Classification.objects.confirmed().exists()
    assert Classification.objects.overruled().count() >= 3
    return staff


def _under_way(anna: Visitor, ben: Visitor) -> dict[str, bytes]:
    """One row of each state that is not finished, each with its job, and a file that waits."""
    fetching = anna.choose(video("fetching", "Is being fetched"))
    fetching.begin()
    fetching.tell("Fetching the sound")
    listening = ben.choose(video("listening", "Is being listened to"))
    listening.begin()
    listening.duration_s = 199.0
    listening.listen()
    # Their worker holds these two: nobody else is given them before the lock ends.
    OrmQ.objects.update(lock=timezone.now())
    anna.choose(library.describe("prelude-in-c-bach"))
    content = wav(chord(3.5))
    waiting = ben.send("Demo, take 3.wav", content)
    anna.choose(video("queued", "Waits its turn", start_s=7))
    assert Path(jobs.uploads.path_of(waiting.source_id)).read_bytes() == content
    assert OrmQ.objects.count() == 5
    return {waiting.source_id: content}


def _pauses(anna: Visitor, played: PlayedYouTube) -> None:
    """The failures after which YouTube is left alone; the pause of the last one goes on."""
    for kind in ("rate_limit", "bot"):
        track = video(kind, f"Fails: {kind}")
        played.fails[track.source_id] = kind
        youtube.pauses.Pause.objects.all().delete()
        work(anna.choose(track))
    assert youtube.pauses.current("youtube").kind == "bot"
