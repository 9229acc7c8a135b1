"""Filters and tags: sentences about an answer (classifier.results.wording)."""

from __future__ import annotations

from django import template

from classifier.results import wording

register = template.Library()

for function in (
    wording.answer,
    wording.beside,
    wording.experience,
    wording.hit_rate,
    wording.most_probable,
    wording.origin,
    wording.shared_title,
    wording.until_and_like,
    wording.verdict,
):
    register.filter(function)


@register.simple_tag(takes_context=True)
def separator(context: template.Context) -> str:
    """What stands before an item of a loop, so that it reads "one, two and three"."""
    loop = context["forloop"]
    return "" if loop["first"] else " and " if loop["last"] else ", "


register.simple_tag(wording.refusal)
