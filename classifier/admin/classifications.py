"""Admin of classifications: list, review, and the page of one."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import F, OrderBy, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import formats, timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from classifier import serving
from classifier.failure_reasons import staff_words
from classifier.formatting import clock, percent
from classifier.genres import genre_name
from classifier.models import Classification, HistoryEntry, Verdict
from classifier.results import explanations
from classifier.review.verdicts import CANNOT_TELL
from classifier.visitors.corrections import most_named

from . import changelist, filters, learning, review_queue
from .review import ReviewAdmin

HEARD = "What the model heard"


class HistoryEntryInline(admin.TabularInline):
    model = HistoryEntry
    extra = 0
    can_delete = False
    fields = readonly_fields = ("title", "created_at")

    def has_add_permission(self, request: HttpRequest, obj: Classification | None = None) -> bool:
        return False


@admin.register(Classification)
class ClassificationAdmin(ReviewAdmin):
    list_display = ("song", "answer", "sure", "visitors_say", "review", "origin", "asked")
    # Only columns that an index holds in order. Genre, source and the like have filters.
    sortable_by = ("sure", "asked")
    list_filter = (
        filters.ReviewedFilter, filters.CorrectionsFilter, filters.GenreFilter,
        ("is_outside", filters.NoGenreFilter), "state", filters.FailureFilter, "source", "extent",
        filters.ModelFilter, "created_at",
    )  # fmt: skip
    search_fields = ("title", "artist", "source_id", "public_id", "genre", "entries__title")
    search_help_text = "Words of a title, an artist, the name of an uploaded file, or an id"
    date_hierarchy = "created_at"
    list_per_page = 50
    paginator = changelist.EarlyPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # counts every row for every choice of every filter
    inlines = (HistoryEntryInline,)

    class Media:
        css = {"all": ("css/admin-dashboard.css",)}

    fieldsets = (
        (None, {"fields": ("name", "artist", "origin", "source_id", "duration", "listen")}),
        (
            HEARD,
            {"fields": ("answer", "ranking", "heard", "timeline", "heard_tags", "excerpts")},
        ),
        ("Review", {"fields": ("all_say", "reviewed_genre", "reviewed_by", "reviewed_at", "seen")}),
        (
            "Job",
            {
                "fields": (
                    "state", "attempts", "error", "next_step", "cause", "error_detail",
                    "retryable", "seconds",
                )
            },
        ),
        (
            "Provenance",
            {
                "fields": (
                    "model_id", "bundle_sha256", "packages", "created_at", "finished_at",
                )
            },
        ),
    )  # fmt: skip

    def get_fieldsets(
        self, request: HttpRequest, obj: Classification | None = None
    ) -> list[tuple[Any, Any]]:
        """Open the Job section only for failed jobs."""
        closed = {"Provenance"} if obj and obj.is_failed else {"Provenance", "Job"}
        shown = []
        for name, options in super().get_fieldsets(request, obj):
            if name == HEARD and obj and not obj.is_done:
                options = {"fields": ("answer",)}
            elif name in closed:
                options = options | {"classes": ("collapse",)}
            shown.append((name, options))
        return shown

    def get_readonly_fields(
        self, request: HttpRequest, obj: Classification | None = None
    ) -> list[str]:
        # Only the review of a classification may be changed.
        fields = flatten_fieldsets(super().get_fieldsets(request, obj))
        return [field for field in fields if field not in {"reviewed_genre", "seen"}]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("review/<str:stream>/", view(review_queue.queue), name="classifier_review"),
            path("how-good/", view(review_queue.how_good), name="classifier_how_good"),
            path("learning/", view(learning.overview), name="classifier_learning"),
            path("learning/<str:model_id>/", view(learning.candidate), name="classifier_candidate"),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[changelist.LightList]:
        return changelist.LightList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Classification], search_term: str
    ) -> tuple[QuerySet[Classification], bool]:
        return changelist.search(queryset, search_term), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        context = {"subtitle": _name(obj)} if obj else {}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # Columns of the list

    @admin.display(description="song")
    def song(self, obj: Classification) -> str:
        return format_html(
            '<bdi class="song-name">{}</bdi><bdi class="song-more">{}</bdi>',
            _name(obj),
            obj.artist,
        )

    @admin.display(description="answer")
    def answer(self, obj: Classification) -> str:
        if obj.is_failed:
            return f"failed: {staff_words(obj.error_kind)}"
        if not obj.is_done:
            return obj.get_state_display().lower()
        if obj.is_outside:
            more = f"nearest: {genre_name(obj.genre)}"
            none = serving.headline(obj)
            return format_html('{}<small class="song-more">{}</small>', none, more)
        return genre_name(obj.genre)

    # Failures have no confidence: they are last, the least sure answers first.
    @admin.display(description="confidence", ordering=OrderBy(F("confidence"), nulls_last=True))
    def sure(self, obj: Classification) -> str:
        return percent(obj.confidence)

    @admin.display(description="visitors say")
    def visitors_say(self, obj: Classification) -> str:
        genres = [correction.genre for correction in obj.corrections.all()]
        if not genres:
            return ""
        genre, times = most_named(genres)
        return (
            f"{serving.genre_name_by(genre, obj)} ({times} of {len(genres)})"
            if genre
            else f"divided ({len(genres)})"
        )

    @admin.display(description="review")
    def review(self, obj: Classification) -> str:
        if not obj.reviewed_genre:
            return ""
        if obj.reviewed_genre == Verdict.CANNOT_TELL:
            return CANNOT_TELL
        same = obj.reviewed_genre == obj.headline
        words = serving.genre_name_by(obj.reviewed_genre, obj)
        return "confirmed" if same else f"it is {words}"

    @admin.display(description="from")
    def origin(self, obj: Classification) -> str:
        whole = ", whole song" if obj.extent == Classification.Extent.WHOLE else ""
        return format_html(
            '{}{}<small class="song-more">{}</small>',
            obj.get_source_display(),
            whole,
            obj.model_id,
        )

    @admin.display(description="asked", ordering="created_at")
    def asked(self, obj: Classification) -> str:
        at = timezone.localtime(obj.created_at)
        return format_html(
            '<span class="asked">{}<small class="song-more">{}</small></span>',
            formats.date_format(at, "j M Y"),
            formats.date_format(at, "H:i"),
        )

    # Fields of the page of one

    @admin.display(description="title")
    def name(self, obj: Classification) -> str:
        return _name(obj)

    @admin.display(description="length")
    def duration(self, obj: Classification) -> str:
        return clock(obj.duration_s)

    @admin.display(description="listen")
    def listen(self, obj: Classification) -> str:
        return render_to_string("admin/_listen.html", {"classification": obj})

    @admin.display(description="genres")
    def ranking(self, obj: Classification) -> SafeString:
        rows = ((genre_name(genre), percent(p)) for genre, p in obj.ranked)
        return format_html(
            '<ol class="ranking">{}</ol>', format_html_join("", "<li>{}: {}</li>", rows)
        )

    @admin.display(description="as it goes by")
    def heard(self, obj: Classification) -> str:
        context = {
            "classification": obj,
            "labels": serving.labels_of(obj),
            "segments": obj.segments,
            "explanation": _explanation(obj),
        }
        return render_to_string("admin/_heard.html", context)

    @admin.display(description="piece by piece")
    def timeline(self, obj: Classification) -> str:
        labels = serving.labels_of(obj)
        segments = [
            {
                **segment,
                "best": sorted(
                    zip(labels, segment["probabilities"], strict=False), key=lambda pair: -pair[1]
                )[:2],
            }
            for segment in obj.segments
        ]
        context = {"classification": obj, "segments": segments}
        return render_to_string("admin/_timeline.html", context)

    @admin.display(description="tags")
    def heard_tags(self, obj: Classification) -> str:
        strongest = sorted(obj.tags.items(), key=lambda item: (-item[1], item[0]))[:8]
        return ", ".join(f"{tag} {value:.2f}" for tag, value in strongest)

    @admin.display(description="listened to")
    def excerpts(self, obj: Classification) -> str:
        return ", ".join(f"{clock(start_s)} to {clock(end_s)}" for start_s, end_s in obj.windows)

    @admin.display(description="visitors say")
    def all_say(self, obj: Classification) -> str:
        named = Counter(obj.corrections.values_list("genre", flat=True))
        return (
            ", ".join(
                f"{serving.genre_name_by(genre, obj)}: {n}" for genre, n in named.most_common()
            )
            or "nothing"
        )

    @admin.display(description="cause")
    def cause(self, obj: Classification) -> str:
        return staff_words(obj.error_kind) if obj.is_failed else ""

    @admin.display(description="versions")
    def packages(self, obj: Classification) -> str:
        return ", ".join(f"{package} {version}" for package, version in obj.sorted_versions.items())


def _name(obj: Classification) -> str:
    """Return the title, and of an upload the name of its file, which staff may see."""
    if obj.source != Classification.Source.UPLOAD:
        return obj.display_title
    if not hasattr(obj, changelist.NAMED):  # not prefetched by the list
        prefetch_related_objects([obj], changelist.file_names())
    named: list[HistoryEntry] = getattr(obj, changelist.NAMED)
    names = list(dict.fromkeys(entry.title for entry in named))
    if len(names) > 1:
        return f"{names[0]} ({len(names)} names)"
    return names[0] if names else obj.display_title


def _explanation(obj: Classification) -> explanations.Explanation | None:
    """Return the explanation, where there is an answer and its model is still here."""
    card = serving.card_of(obj) if obj.is_done else None
    return explanations.explain(obj, card) if card else None
