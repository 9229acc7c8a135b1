"""Reviewing classifications: the form for one, and actions for many."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, F, Value, When
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from classifier import serving
from classifier.genres import NO_GENRE, genre_name
from classifier.models import Classification, ClassificationQuerySet
from classifier.review import lasting
from classifier.review.verdicts import (
    BATCH,
    choices_of,
    meanwhile,
    review,
    review_state,
    reviewer,
)
from classifier.visitors.corrections import most_named


class ReviewForm(forms.ModelForm):
    reviewed_genre = forms.ChoiceField(required=False, label="What it really is")
    # The review that the page showed: another one may have been written meanwhile.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["reviewed_genre"])
        field.choices = [("", "not reviewed"), *choices_of(self.instance)]
        self.fields["seen"].initial = review_state(self.instance)

    def clean(self) -> dict[str, Any] | None:
        """Refuse to write over a review that the page did not show."""
        cleaned = super().clean() or {}
        # The admin saves in the same transaction, in which this row is now nobody else's.
        said = cleaned.get("reviewed_genre", "")
        if problem := meanwhile(self.instance, said, cleaned.get("seen", "")):
            shown_anew = cast("QueryDict", self.data).copy()
            self.instance.refresh_from_db(fields=["reviewed_genre", "reviewed_at"])
            shown_anew[self.add_prefix("seen")] = review_state(self.instance)
            self.data = shown_anew
            raise forms.ValidationError(problem)
        return cleaned


class ReviewAdmin(admin.ModelAdmin):
    """What an admin of classifications needs for reviews."""

    form = ReviewForm
    actions = ("confirm", "accept_corrections", "mark_none", "clear_review")

    def get_actions(self, request: HttpRequest) -> dict:
        """Let what is done to many count the genres of the models at hand."""
        actions = super().get_actions(request)
        if action := actions.get("mark_none"):
            function, name, _ = action
            actions["mark_none"] = (function, name, f"Mark as {common_name(NO_GENRE)}")
        return actions

    def save_model(
        self, request: HttpRequest, obj: Classification, form: forms.ModelForm, change: bool
    ) -> None:
        was = form.initial.get("reviewed_genre", "")
        changed = "reviewed_genre" in form.changed_data
        if changed:
            obj.reviewed_by = reviewer(request) if obj.reviewed_genre else None
            obj.reviewed_at = timezone.now() if obj.reviewed_genre else None
        # What a worker or another person writes to the rest of the row meanwhile stays.
        obj.save(update_fields=["reviewed_genre", "reviewed_by", "reviewed_at"])
        if changed:
            lasting.keep([obj], {obj.pk: was}, reviewer(request))

    @admin.action(description="Confirm: the model is right", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        answer = Case(When(is_outside=True, then=Value(NO_GENRE)), default=F("genre"))
        done = review(request, queryset.done(), answer, "Review: the model is right.")
        self.message_user(request, told("confirmed", *done))

    @admin.action(description="Accept what most visitors say", permissions=["change"])
    def accept_corrections(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        said: dict[str, list[int]] = {}
        for classification in queryset.done().only("pk").prefetch_related("corrections"):
            genre, _ = most_named(c.genre for c in classification.corrections.all())
            said.setdefault(genre, []).append(classification.pk)
        undecided = len(said.pop("", []))
        count = others = 0
        for genre, pks in said.items():
            note = f"Review: {common_name(genre)}, as most visitors say."
            for start in range(0, len(pks), BATCH):
                songs = Classification.objects.filter(pk__in=pks[start : start + BATCH])
                written, left_alone = review(request, songs, Value(genre), note)
                count, others = count + written, others + left_alone
        left = f" {undecided} left alone: nobody said anything, or no genre was named most."
        self.message_user(request, told("accepted", count, others) + (left if undecided else ""))

    @admin.action(description="Mark as none of the genres", permissions=["change"])
    def mark_none(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        words = common_name(NO_GENRE)
        done = review(request, queryset.done(), Value(NO_GENRE), f"Review: {words}.")
        self.message_user(request, told(f"marked as {words}", *done))

    @admin.action(description="Clear the review", permissions=["change"])
    def clear_review(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        done = review(request, queryset.reviewed(), Value(""), "Review cleared.")
        self.message_user(request, told("cleared", *done))


def told(what: str, count: int, left: int) -> str:
    """Say what was done to many, and that others' words were left alone."""
    others = f" {left} left alone: somebody else has reviewed them, open one to change it."
    return f"{count} {what}.{others if left else ''}"


def common_name(genre: str) -> str:
    """A genre in words, where answers of several models are spoken of."""
    return genre_name(genre, serving.common_genre_count())
