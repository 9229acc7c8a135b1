"""What staff see: every classification, for review."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from ml.dataset import GENRES

from .models import Classification, HistoryEntry, Worker
from .templatetags.listening import genre_name, percent

GENRE_CHOICES = [("", "not reviewed"), *((genre, genre_name(genre)) for genre in GENRES)]


class ReviewForm(forms.ModelForm):
    reviewed_genre = forms.ChoiceField(
        choices=[*GENRE_CHOICES, ("none", "none of the ten")],
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
                return queryset.reviewed().filter(reviewed_genre=F("genre"))
            case "corrected":
                return queryset.reviewed().exclude(reviewed_genre=F("genre"))
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
        "display_title", "artist", "source", "state", "genre", "sure", "reviewed_genre",
        "model_id", "created_at",
    )  # fmt: skip
    list_filter = (
        ReviewedFilter, "state", "error_kind", "source", "extent", "genre", "model_id",
        "created_at",
    )  # fmt: skip
    search_fields = ("title", "artist", "source_id", "public_id", "genre", "entries__title")
    date_hierarchy = "created_at"
    list_per_page = 50
    actions = ("confirm",)
    inlines = (HistoryEntryInline,)
    fieldsets = (
        (
            None,
            {"fields": ("display_title", "artist", "source", "source_id", "extent", "duration_s")},
        ),
        ("What the model heard", {"fields": ("genre", "ranking", "heard_tags", "windows")}),
        ("Review", {"fields": ("reviewed_genre", "reviewed_by", "reviewed_at")}),
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

    def save_model(self, request: HttpRequest, obj: Classification, form, change) -> None:
        if "reviewed_genre" in form.changed_data:
            obj.reviewed_by = request.user if obj.reviewed_genre else None
            obj.reviewed_at = timezone.now() if obj.reviewed_genre else None
        super().save_model(request, obj, form, change)

    @admin.action(description="Confirm: the model is right")
    def confirm(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = queryset.done().update(
            reviewed_genre=F("genre"), reviewed_by=request.user, reviewed_at=timezone.now()
        )
        self.message_user(request, f"{count} confirmed.")

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
