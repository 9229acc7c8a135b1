"""Webhooks in the admin: made, enabled again, removed; a secret is shown once, when made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from classifier.models import ApiToken, Webhook, WebhookDelivery
from classifier.review.verdicts import reviewer
from classifier.webhooks import registration

from .shown_once import ShownOnce


class WebhookForm(forms.ModelForm):
    class Meta:
        model = Webhook
        fields = ("token", "url")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        token, url = cleaned.get("token"), cleaned.get("url")
        if token and url and (problem := registration.problem(token, url)):
            self.add_error("url", problem)
        return cleaned


@admin.register(Webhook)
class WebhookAdmin(ShownOnce):
    form = WebhookForm
    made_template, made_title = "admin/webhook_made.html", "Webhook made"
    list_display = ("url", "token", "created_at", "failing_since", "disabled_at", "disabled_why")
    list_select_related = ("token",)
    search_fields = ("url", "token__name")
    actions = ("enable",)
    fields = list_display

    def get_fields(self, request: HttpRequest, obj: Webhook | None = None) -> Any:
        return self.fields if obj else WebhookForm.Meta.fields

    def has_change_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        return False  # another address is another webhook, with a secret of its own

    def has_enable_permission(self, request: HttpRequest) -> bool:
        return reviewer(request).has_perm("classifier.change_webhook")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Name the webhooks alone: what they were told goes with them, and may be long."""
        names = [str(row) for row in objs]
        return names, {str(self.opts.verbose_name_plural): len(names)}, set(), []

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "token":
            kwargs["queryset"] = ApiToken.objects.valid()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def make(self, obj: Webhook) -> str:
        return registration.save_new(obj)

    @admin.action(description="Enable the chosen webhooks again", permissions=["enable"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        rows = list(queryset)
        enabled = registration.enable(rows)
        for row in rows:
            self.log_change(request, row, "Enabled.")
        messages.success(request, f"{enabled} of {len(rows)} enabled; the others were already.")


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(admin.ModelAdmin):
    """What webhooks were told in the last month; to be read only."""

    list_display = (
        "created_at", "webhook", "song", "song_state", "state", "attempts", "last_result", "due_at",
        "delivered_at",
    )  # fmt: skip
    list_filter = ("state",)
    list_select_related = ("webhook__token",)
    search_fields = ("=song", "=delivery_id")
    show_full_result_count = False
    readonly_fields = ("delivery_id",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: WebhookDelivery | None = None
    ) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: WebhookDelivery | None = None
    ) -> bool:
        return False
