"""Verdicts and the trail of their changes in the admin, read only."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from classifier.models import Verdict, VerdictChange


class ReadOnlyAdmin(admin.ModelAdmin):
    """Shows what is written elsewhere."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    list_display = ("label", "answer", "confidence", "stream", "origin", "reviewer", "decided_at")
    list_filter = ("stream", "label", "origin")
    list_select_related = ("reviewer",)


@admin.register(VerdictChange)
class VerdictChangeAdmin(ReadOnlyAdmin):
    list_display = ("changed_at", "before", "after", "stream", "reviewer")
    list_filter = ("stream",)
    list_select_related = ("reviewer",)
