"""Accounts in the admin: what belongs to one goes with it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from classifier.models import ApiToken, Webhook, WebhookDelivery
from classifier.visitors import corrections, history, tokens
from classifier.visitors.names import name_of

User = get_user_model()
admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
        """Leave out what nobody may delete alone: tokens and webhooks end with their account."""
        names, counts, missing, protected = super().get_deleted_objects(objs, request)
        own = {str(model._meta.verbose_name) for model in (ApiToken, Webhook, WebhookDelivery)}
        return names, counts, missing - own, protected

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        _forget(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for user in queryset:
            _forget(user)
        super().delete_queryset(request, queryset)


def _forget(user: Any) -> None:
    """Remove the histories of an account and of its tokens, which nobody could see afterwards.

    What was corrected in their names stays, in nobody's.
    """
    names = [tokens.visitor_name(token) for token in ApiToken.objects.filter(owner=user)]
    for name in (name_of("account", user.pk), *names):
        history.forget(name)
        corrections.let_go(name)
