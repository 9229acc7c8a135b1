"""What templates of the admin ask for."""

from __future__ import annotations

from django import template

from classifier.admin import changelist as admin_lists
from classifier.admin import dashboard as admin_dashboard

register = template.Library()


@register.simple_tag
def dashboard() -> dict:
    """What templates/admin/_dashboard.html shows."""
    return admin_dashboard.dashboard()


@register.inclusion_tag("admin/date_hierarchy.html")
def song_dates(changelist) -> dict:
    """In the place of Django's date_hierarchy, which reads every row."""
    return admin_lists.dates(changelist)
