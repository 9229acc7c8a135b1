"""Classifications and their spectrograms."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from classifier.failure_reasons import REASONS
from classifier.formatting import without_nul
from classifier.genres import NO_GENRE

from .lease import RELEASED, Leased, held
from .verdicts import Verdict

UPLOADED = "An uploaded recording"  # what others read: the file's name is shown to its sender alone
# Columns that the admin filters by and searches in, besides state and time.
SOUGHT = (
    "source", "extent", "genre", "is_outside", "model_id", "reviewed_genre", "error_kind",
    "title", "artist", "source_id", "public_id",
)  # fmt: skip

# Columns of many KB, of which the explanation and the timeline are made.
DETAILS = ("segments", "tags", "features")


def agrees_with_model(said: str, answer: str = "") -> Q:
    """Return the condition that a person said what the model said.

    Of music that the model took for none of its genres, that is to say that it is none.

    Parameters
    ----------
    said : name of the field with the person's genre
    answer : prefix of the classification's fields, where the condition is not on its own rows
    """
    return Q(**{f"{answer}is_outside": False, said: F(f"{answer}genre")}) | Q(
        **{f"{answer}is_outside": True, said: NO_GENRE}
    )


CONFIRMED = agrees_with_model("reviewed_genre")


# What can be the id of an answer; nothing else is looked up, as databases refuse some.
PUBLIC_ID = r"[A-Za-z0-9_-]{1,16}"


def new_public_id() -> str:
    """Return an id for permanent links: 66 random bits, so that it cannot be guessed."""
    return secrets.token_urlsafe(8)


class Place(NamedTuple):
    """Of a job in the queue; see Classification.place."""

    is_held: bool
    ahead: int


class ClassificationQuerySet(models.QuerySet["Classification"]):
    def done(self) -> ClassificationQuerySet:
        return self.filter(state=Classification.State.DONE)

    def reviewed(self) -> ClassificationQuerySet:
        return self.exclude(reviewed_genre="")

    def confirmed(self) -> ClassificationQuerySet:
        """Filter by reviews in which staff said what the model said."""
        return self.reviewed().filter(CONFIRMED)

    def overruled(self) -> ClassificationQuerySet:
        """Filter by reviews in which staff said something else than the model."""
        return self.judged().exclude(CONFIRMED)

    def judged(self) -> ClassificationQuerySet:
        """Filter by reviews in which staff could tell."""
        return self.reviewed().exclude(reviewed_genre=Verdict.CANNOT_TELL)

    def without_details(self) -> ClassificationQuerySet:
        """Leave the large columns unread, until somebody asks for them."""
        return self.defer(*DETAILS)

    def unfinished(self) -> ClassificationQuerySet:
        return self.filter(state__in=Classification.UNFINISHED)

    def held(self) -> ClassificationQuerySet:
        """Filter by jobs that a living worker is at."""
        return self.unfinished().filter(held())

    def takeable(self) -> ClassificationQuerySet:
        """Filter by jobs that nobody is at, those due first in front."""
        first = F("due_at").asc(nulls_first=True)
        return self.unfinished().exclude(held()).order_by(first, "pk")


class Classification(Leased):
    """The answer of one model about one recording, and the state of the job for it.

    There is one row for a recording and a model, shared by all who ask for it; what is personal
    (who asked, the name of an uploaded file) is kept in HistoryEntry.
    """

    class Source(models.TextChoices):
        YOUTUBE = "youtube", "YouTube"
        LIBRARY = "library", "Library"
        UPLOAD = "upload", "Upload"
        COLLECTION = "collection", "Collection"

    class Extent(models.TextChoices):
        """How much is classified: usually all of a file, and excerpts of a video."""

        USUAL = "usual", "As usual"
        WHOLE = "whole", "The whole song"

    class State(models.TextChoices):
        QUEUED = "queued", "In the queue"
        FETCHING = "fetching", "Fetching"
        LISTENING = "listening", "Listening"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.QUEUED, State.FETCHING, State.LISTENING)

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    source = models.CharField(max_length=10, choices=Source)
    source_id = models.CharField(
        max_length=64,
        help_text="YouTube id, library slug, SHA-256 of the uploaded file, or digest of the sound",
    )
    model_id = models.CharField("model", max_length=64)
    extent = models.CharField(max_length=10, choices=Extent, default=Extent.USUAL)
    title = models.CharField(max_length=300, blank=True)
    artist = models.CharField(max_length=200, blank=True)
    duration_s = models.FloatField("duration (s)", null=True, blank=True)

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, help_text="What the visitor is told")
    error_detail = models.TextField(blank=True, help_text="What really happened")
    error_kind = models.CharField(max_length=20, blank=True)
    next_step = models.CharField(max_length=300, blank=True, help_text="What the visitor may do")
    retryable = models.BooleanField(default=False)
    progress = models.CharField(max_length=100, blank=True, help_text="What is being done now")

    genre = models.CharField(max_length=32, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    probabilities = models.JSONField(default=dict, blank=True, help_text="{genre: probability}")
    segments = models.JSONField(
        default=list,
        blank=True,
        help_text="[{start_s, end_s, probabilities, logits: [in label order]}]",
    )
    tags = models.JSONField(default=dict, blank=True, help_text="{tag: mean activation}")
    features = models.JSONField(
        default=list, blank=True, help_text="What the model's head multiplies, in the order of tags"
    )
    outside_score = models.FloatField(
        null=True, blank=True, help_text="How unlike the music the model learned from"
    )
    is_outside = models.BooleanField("none of the ten", default=False)
    is_music = models.BooleanField(
        "music", null=True, blank=True, help_text="Whether what is none of the ten is music"
    )
    windows = models.JSONField(
        default=list, blank=True, help_text="[[start_s, end_s]]: what was listened to"
    )
    bundle_sha256 = models.CharField("weights", max_length=64, blank=True)
    versions = models.JSONField(default=dict, blank=True)
    seconds = models.FloatField(null=True, blank=True, help_text="From start to answer")
    # Null in rows from before 0.3: such a column is added to a large table at once.
    stage_seconds = models.JSONField(
        null=True, blank=True, help_text="{stage: seconds}: fetch or decode, and predict"
    )

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    reviewed_genre = models.CharField(max_length=32, blank=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    answered_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # see Meta
        help_text="The answer whose numbers this was computed from, without hearing it again",
    )

    objects = ClassificationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_id", "model_id", "extent"],
                name="one_answer_per_recording_and_model",
            )
        ]
        indexes = [
            # The orders of the admin's list, each with all columns that it filters by: a row is
            # some KB large, and is read only when it is shown.
            models.Index(
                fields=["-created_at", "state", "confidence", *SOUGHT],
                name="classification_by_time",
            ),
            models.Index(
                fields=["state", "-created_at", "confidence", *SOUGHT],
                name="classification_by_state",
            ),
            models.Index(
                fields=["confidence", "state", *SOUGHT], name="classification_by_confidence"
            ),
            # Only answers given anew, for what becomes of them when the first one is deleted.
            models.Index(
                fields=["answered_from"],
                name="answered_anew",
                condition=Q(answered_from__isnull=False),
            ),
            # Only reviewed rows, which are few: for the overview of staff.
            models.Index(
                fields=["reviewed_at"],
                name="reviewed_lately",
                condition=Q(reviewed_at__isnull=False),
            ),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.display_title}: {self.headline or self.get_state_display()}"

    def get_absolute_url(self) -> str:
        return reverse("classification", args=[self.public_id])

    @property
    def display_title(self) -> str:
        if self.title:
            return self.title
        if self.source == self.Source.UPLOAD:
            return UPLOADED
        return f"{self.get_source_display()} {self.source_id}"

    @property
    def headline(self) -> str:
        """Return the genre, or "none" where the recording is probably none of the ten."""
        return "none" if self.is_outside else self.genre

    @property
    def is_done(self) -> bool:
        return self.state == self.State.DONE

    @property
    def is_failed(self) -> bool:
        return self.state == self.State.FAILED

    @property
    def is_whole(self) -> bool:
        """Tell whether all of it was asked for, and not excerpts."""
        return self.extent == self.Extent.WHOLE

    @property
    def is_finished(self) -> bool:
        return self.state not in self.UNFINISHED

    @property
    def ranked(self) -> list[tuple[str, float]]:
        """Return all genres with their probabilities, most probable first, equal ones by name."""
        # By name, as PostgreSQL keeps no order of the keys of a stored object.
        return sorted(self.probabilities.items(), key=lambda item: (-item[1], item[0]))

    @property
    def sorted_versions(self) -> dict[str, str]:
        """Return {package: version} of what made the answer, in order of name."""
        return dict(sorted(self.versions.items()))

    def answered_anew(self) -> Classification | None:
        """Return the answer that was computed from the numbers of this one, by a later model."""
        anew = Classification.objects.without_details().filter(answered_from=self.pk)
        return anew.order_by("-pk").first()

    def place(self) -> Place:
        """Return where an unfinished job stands: whether a worker is at it, else how many before.

        Before it is what is under way, and what will be taken before it.
        """
        earlier = Q(due_at=self.due_at, pk__lt=self.pk)
        if self.due_at is not None:
            earlier |= Q(due_at=None) | Q(due_at__lt=self.due_at)
        counts = Classification.objects.unfinished().aggregate(
            held=Count("pk", filter=held() & Q(pk=self.pk)),
            ahead=Count("pk", filter=(held() | earlier) & ~Q(pk=self.pk)),
        )
        return Place(is_held=bool(counts["held"]), ahead=counts["ahead"])

    def requeue(self) -> None:
        """Queue the row again and clear what an earlier try left."""
        self.state = self.State.QUEUED
        self.attempts = 0
        self.error = self.error_detail = self.error_kind = self.next_step = self.progress = ""
        self.retryable = False
        self.started_at = self.finished_at = None
        self.held_by = self.held_until = None
        self.save()

    # What the worker that holds the row writes. Only these columns, and only while it holds it:
    # a row that was deleted meanwhile stays deleted, and one that another has done stays so.

    def mark_predicting(self) -> None:
        """Store that the model is at work, and what the source said of the recording."""
        self.state = self.State.LISTENING
        self.write_held("state", "title", "artist", "duration_s")

    def set_progress(self, progress: str) -> None:
        """Store in words what is being done, for the waiting page."""
        self.progress = progress[:100]
        self.write_held("progress")

    def mark_done(self, answer: dict[str, Any]) -> None:
        """Store the answer, as values of fields."""
        self.state = self.State.DONE
        self.error = self.error_detail = ""
        self.retryable = False
        self.write_held("state", "error", "error_detail", "retryable", **answer, **self._over())

    def mark_failed(self, kind: str, *, detail: str = "", **parameters: object) -> None:
        """Store a failure with the words of its kind; `parameters` are those of the sentence."""
        reason = REASONS[kind]
        self.state = self.State.FAILED
        self.error = without_nul(reason.sentence_with(**parameters))[:300]
        self.next_step = reason.next_step[:300]
        self.error_kind = kind
        self.error_detail = without_nul(detail)[:10_000]
        self.retryable = reason.is_retryable
        self.finished_at = timezone.now()
        told = ("error", "next_step", "error_kind", "error_detail", "retryable")
        self.write_held("state", "attempts", "finished_at", *told, **self._over())

    def _over(self) -> dict:
        return {**RELEASED, "requester": None}


class Spectrogram(models.Model):
    """A small spectrogram of the classified windows, drawn by the worker (results.spectrogram)."""

    classification = models.OneToOneField(
        Classification, models.CASCADE, primary_key=True, related_name="spectrogram"
    )
    png = models.BinaryField()
    columns = models.JSONField(help_text="How many columns each of the windows has")

    class Meta:
        db_table = "classifier_picture"  # as the model was called: a rename would move the table

    def __str__(self) -> str:
        return f"Spectrogram of {self.classification_id}"

    @property
    def width(self) -> int:
        return sum(self.columns)
