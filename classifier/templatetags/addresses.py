"""Tags: where the site begins on its host."""

from __future__ import annotations

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def base_path() -> str:
    """Where the site begins, known without a request and whatever is broken: "/", or "/genre/"."""
    return str(settings.BASE_PATH)
