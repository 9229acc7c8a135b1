"""The overview for the first page of the admin."""

from __future__ import annotations

from django import template

from .. import admin_dashboard

register = template.Library()


@register.simple_tag
def dashboard() -> dict:
    """What templates/admin/_dashboard.html shows."""
    return admin_dashboard.dashboard()
