"""What staff see: every classification, for review."""

from __future__ import annotations

from collections import Counter

from django import forms
from django.contrib import admin
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from .corrections import most_named, spoken
from .exports import labels_of
from .forms import GENRE_CHOICES
from .models import NO_GENRE, Classification, Correction, HistoryEntry, Picture, Worker
from .templatetags.listening import genre_name, percent


class ReviewForm(forms.ModelForm):
    reviewed_genre = forms.ChoiceField(
        choices=[("", "not reviewed"), *GENRE_CHOICES, (NO_GENRE, "none of the ten")],
        required=False,
        label="What it really is",
    )


class ReviewedFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request, model_admin):
        return [("open", "Not reviewed"), ("agreed", "Confirmed"), ("corrected", "Corrected")]

    def queryset(self, request, queryset):
        match self.value():
            case "open":
                return queryset.done().filter(reviewed_genre="")
            case "agreed":
                return queryset.confirmed()
            case "corrected":
                return queryset.overruled()
        return queryset


class CorrectionsFilter(admin.SimpleListFilter):
    title = "what visitors say"
    parameter_name = "corrections"

    def lookups(self, request, model_admin):
        return [
            ("any", "Has corrections"),
            ("other", "Somebody contradicts the model"),
            ("no", "Has none"),
        ]

    def queryset(self, request, queryset):
        said = Correction.objects.filter(classification=OuterRef("pk"))
        match self.value():
            case "any":
                return queryset.filter(Exists(said))
            case "other":
                return queryset.filter(
                    Q(is_outside=False) & Exists(said.exclude(genre=OuterRef("genre")))
                    | Q(is_outside=True) & Exists(said.exclude(genre=NO_GENRE))
                )
            case "no":
                return queryset.exclude(Exists(said))
        return queryset


class HistoryEntryInline(admin.TabularInline):
    model = HistoryEntry
    extra = 0
    can_delete = False
    fields = readonly_fields = ("title", "created_at")

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Classification)
class ClassificationAdmin(admin.ModelAdmin):
    form = ReviewForm
    list_display = (
        "display_title", "artist", "source", "state", "genre", "sure", "is_outside",
        "visitors_say", "reviewed_genre", "model_id", "created_at",
    )  # fmt: skip
    list_filter = (
        ReviewedFilter, CorrectionsFilter, "state", "error_kind", "source", "extent", "genre",
        "is_outside", "model_id", "created_at",
    )  # fmt: skip
    search_fields = ("title", "artist", "source_id", "public_id", "genre", "entries__title")
    date_hierarchy = "created_at"
    list_per_page = 50
    actions = ("confirm", "accept_corrections", "mark_none", "clear_review")
    inlines = (HistoryEntryInline,)

    class Media:
        css = {"all": ("css/admin-dashboard.css",)}

    fieldsets = (
        (
            None,
            {"fields": ("display_title", "artist", "source", "source_id", "extent", "duration_s")},
        ),
        (
            "What the model heard",
            {
                "fields": (
                    "genre",
                    "is_outside",
                    "ranking",
                    "spectrogram",
                    "timeline",
                    "heard_tags",
                    "windows",
                )
            },
        ),
        ("Review", {"fields": ("all_say", "reviewed_genre", "reviewed_by", "reviewed_at")}),
        (
            "Job",
            {
                "fields": (
                    "state",
                    "attempts",
                    "error",
                    "next_step",
                    "error_kind",
                    "error_detail",
                    "retryable",
                    "seconds",
                )
            },
        ),
        (
            "Provenance",
            {"fields": ("model_id", "bundle_sha256", "versions", "created_at", "finished_at")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        # A classification is a record: only its review may be written.
        fields = [field for _, options in self.fieldsets for field in options["fields"]]
        return [field for field in fields if field != "reviewed_genre"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("corrections")

    def save_model(self, request: HttpRequest, obj: Classification, form, change) -> None:
        if "reviewed_genre" in form.changed_data:
            obj.reviewed_by = request.user if obj.reviewed_genre else None
            obj.reviewed_at = timezone.now() if obj.reviewed_genre else None
        super().save_model(request, obj, form, change)

    @admin.action(description="Confirm: the model is right", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> None:
        answer = Case(When(is_outside=True, then=Value(NO_GENRE)), default=F("genre"))
        count = self._review(request, queryset.done(), answer)
        self.message_user(request, f"{count} confirmed.")

    @admin.action(description="Accept what most visitors say", permissions=["change"])
    def accept_corrections(self, request: HttpRequest, queryset: QuerySet) -> None:
        said: dict[str, list[int]] = {}
        for classification in queryset.done().only("pk").prefetch_related("corrections"):
            genre, _ = most_named(c.genre for c in classification.corrections.all())
            said.setdefault(genre, []).append(classification.pk)
        undecided = len(said.pop("", []))
        count = 0
        for genre, pks in said.items():
            count += self._review(request, queryset.filter(pk__in=pks), Value(genre))
        left = f" {undecided} left alone: nobody said anything, or no genre was named most."
        self.message_user(request, f"{count} accepted.{left if undecided else ''}")

    @admin.action(description="Mark as none of the ten", permissions=["change"])
    def mark_none(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = self._review(request, queryset.done(), Value(NO_GENRE))
        self.message_user(request, f"{count} marked as none of the ten.")

    @admin.action(description="Clear the review", permissions=["change"])
    def clear_review(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.reviewed().update(reviewed_genre="", reviewed_by=None, reviewed_at=None)
        self.message_user(request, f"{count} cleared.")

    def _review(self, request: HttpRequest, queryset: QuerySet, genre) -> int:
        return queryset.update(
            reviewed_genre=genre, reviewed_by=request.user, reviewed_at=timezone.now()
        )

    @admin.display(description="spectrogram")
    def spectrogram(self, obj: Classification) -> str:
        width = Picture.objects.filter(pk=obj.pk).values_list("columns", flat=True).first()
        if not width:
            return ""
        return format_html(
            '<img class="overview-picture" src="{}" width="{}" height="96" alt="{}">',
            reverse("spectrogram", args=[obj.public_id]),
            sum(width),
            "What was heard: time to the right, pitch upwards, loud is dark",
        )

    @admin.display(description="visitors say")
    def visitors_say(self, obj: Classification) -> str:
        genres = [correction.genre for correction in obj.corrections.all()]
        if not genres:
            return ""
        genre, times = most_named(genres)
        return (
            f"{spoken(genre)} ({times} of {len(genres)})" if genre else f"divided ({len(genres)})"
        )

    @admin.display(description="visitors say")
    def all_say(self, obj: Classification) -> str:
        named = Counter(correction.genre for correction in obj.corrections.all())
        return ", ".join(f"{spoken(genre)}: {n}" for genre, n in named.most_common()) or "nothing"

    @admin.display(description="piece by piece")
    def timeline(self, obj: Classification) -> str:
        labels = labels_of(obj)
        segments = [
            {
                **segment,
                "best": sorted(
                    zip(labels, segment["probabilities"], strict=False), key=lambda pair: -pair[1]
                )[:2],
            }
            for segment in obj.segments
        ]
        return render_to_string("admin/_timeline.html", {"segments": segments})

    @admin.display(description="title", ordering="title")
    def display_title(self, obj: Classification) -> str:
        return obj.display_title

    @admin.display(description="confidence", ordering="confidence")
    def sure(self, obj: Classification) -> str:
        return percent(obj.confidence)

    @admin.display(description="genres")
    def ranking(self, obj: Classification):
        rows = ((genre_name(genre), percent(p)) for genre, p in obj.ranked)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}: {}</li>", rows))

    @admin.display(description="tags")
    def heard_tags(self, obj: Classification) -> str:
        strongest = sorted(obj.tags.items(), key=lambda item: -item[1])[:8]
        return ", ".join(f"{tag} {value:.2f}" for tag, value in strongest)


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin):
    list_display = ("name", "ready", "started_at", "seen_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj=None) -> bool:
        return False
