"""Reviewing classifications: the form for one, and actions for many."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Case, F, Value, When
from django.http import HttpRequest
from django.utils import timezone

from classifier import serving
from classifier.genres import NO_GENRE, genre_choices, genre_name
from classifier.models import Classification, ClassificationQuerySet
from classifier.review.verdicts import review, reviewer, write_verdicts
from classifier.visitors.corrections import most_named


class ReviewForm(forms.ModelForm):
    reviewed_genre = forms.ChoiceField(required=False, label="What it really is")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = serving.labels_of(self.instance)
        named = genre_choices(labels, len(labels))
        field = cast("forms.ChoiceField", self.fields["reviewed_genre"])
        field.choices = [("", "not reviewed"), *named]


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
        if "reviewed_genre" in form.changed_data:
            obj.reviewed_by = reviewer(request) if obj.reviewed_genre else None
            obj.reviewed_at = timezone.now() if obj.reviewed_genre else None
        super().save_model(request, obj, form, change)

    @admin.action(description="Confirm: the model is right", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        answer = Case(When(is_outside=True, then=Value(NO_GENRE)), default=F("genre"))
        count = review(request, queryset.done(), answer, "Review: the model is right.")
        self.message_user(request, f"{count} confirmed.")

    @admin.action(description="Accept what most visitors say", permissions=["change"])
    def accept_corrections(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        said: dict[str, list[int]] = {}
        for classification in queryset.done().only("pk").prefetch_related("corrections"):
            genre, _ = most_named(c.genre for c in classification.corrections.all())
            said.setdefault(genre, []).append(classification.pk)
        undecided = len(said.pop("", []))
        count = 0
        for genre, pks in said.items():
            note = f"Review: {common_name(genre)}, as most visitors say."
            count += write_verdicts(request, pks, Value(genre), note)
        left = f" {undecided} left alone: nobody said anything, or no genre was named most."
        self.message_user(request, f"{count} accepted.{left if undecided else ''}")

    @admin.action(description="Mark as none of the genres", permissions=["change"])
    def mark_none(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        words = common_name(NO_GENRE)
        count = review(request, queryset.done(), Value(NO_GENRE), f"Review: {words}.")
        self.message_user(request, f"{count} marked as {words}.")

    @admin.action(description="Clear the review", permissions=["change"])
    def clear_review(self, request: HttpRequest, queryset: ClassificationQuerySet) -> None:
        count = review(request, queryset.reviewed(), Value(""), "Review cleared.")
        self.message_user(request, f"{count} cleared.")


def common_name(genre: str) -> str:
    """A genre in words, where answers of several models are spoken of."""
    return genre_name(genre, serving.common_genre_count())
