"""Tokens of the API in the admin: made, listed and revoked; a token is shown once, when made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest

from classifier.models import ApiToken
from classifier.review.verdicts import reviewer
from classifier.visitors import tokens

from .shown_once import ShownOnce


class TokenForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices, widget=forms.CheckboxSelectMultiple, label="It may"
    )

    class Meta:
        model = ApiToken
        fields = ("name", "scopes", "jobs_per_hour", "owner")

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        scopes = cleaned.get("scopes", [])
        if scopes and (problem := tokens.scope_problem(scopes, cleaned.get("owner"))):
            self.add_error("owner", problem)
        return cleaned | {"scopes": tokens.in_order(scopes)}


@admin.register(ApiToken)
class ApiTokenAdmin(ShownOnce):
    form = TokenForm
    made_template, made_title = "admin/token_made.html", "Token made"
    list_display = (
        "name", "first_characters", "may", "owner", "jobs_per_hour", "created_at", "last_used_at",
        "revoked_at",
    )  # fmt: skip
    list_select_related = ("owner",)
    search_fields = ("name", "first_characters")
    actions = ("revoke",)
    fields = (
        "name", "first_characters", "may", "owner", "jobs_per_hour", "created_at", "last_used_at",
        "revoked_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj else TokenForm.Meta.fields

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False  # what a token may do stays as it was when it was made

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        return False  # who could do what stays to be read

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return reviewer(request).has_perm("classifier.change_apitoken")

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name == "owner":
            # Nobody but a superuser lets a program write in another's name.
            users = get_user_model()._default_manager.filter(is_active=True)
            me = reviewer(request)
            kwargs["queryset"] = users if me.is_superuser else users.filter(pk=me.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def make(self, obj: ApiToken) -> str:
        return tokens.save_new(obj)

    @admin.display(description="may")
    def may(self, obj: ApiToken) -> str:
        return ", ".join(obj.scopes)

    @admin.action(description="Revoke the chosen tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        rows = list(queryset)
        ended = tokens.revoke(rows)
        for row in rows:
            self.log_change(request, row, "Revoked.")
        messages.success(request, f"{ended} of {len(rows)} revoked; the others were already.")
