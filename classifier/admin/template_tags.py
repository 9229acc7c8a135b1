"""Template tags of the admin, loaded by `{% load dashboard %}` as the settings name them."""

from __future__ import annotations

from django import template
from django.contrib.admin.views.main import ChangeList

from . import dashboard as overview
from . import dates

register = template.Library()


@register.simple_tag
def dashboard() -> dict:
    """Return what templates/admin/_dashboard.html shows."""
    return overview.dashboard()


@register.inclusion_tag("admin/date_hierarchy.html")
def song_dates(changelist: ChangeList) -> dict:
    """Render the dates in place of Django's date_hierarchy, which reads every row."""
    return dates.dates(changelist)
