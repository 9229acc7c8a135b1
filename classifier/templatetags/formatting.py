"""Template filters for numbers and genres (classifier.formatting, .genres)."""

from __future__ import annotations

from django import template

from classifier import formatting

register = template.Library()

for function in (
    formatting.clock,
    formatting.fine_percent,
    formatting.heat,
    formatting.minutes,
    formatting.percent,
    formatting.short_count,
    formatting.signed,
):
    register.filter(function)
