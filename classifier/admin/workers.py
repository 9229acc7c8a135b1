"""Workers in the admin, read only."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path

from classifier.models import Worker

from .failures import operations


@admin.register(Worker)
class WorkerAdmin(admin.ModelAdmin):
    list_display = ("name", "ready", "started_at", "seen_at")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "operations/",
            self.admin_site.admin_view(operations),
            name="classifier_operations",
        )
        return [own, *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Worker | None = None) -> bool:
        return False
