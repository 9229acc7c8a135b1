"""What is made in the admin and shown once: on the page that answers the form, and nowhere else."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


class ShownOnce(admin.ModelAdmin):
    """Has the form make a row with a secret, which is in no message and no session."""

    made_template: ClassVar[str]
    made_title: ClassVar[str]

    def make(self, obj: Any) -> str:
        """Store a row, and return its secret."""
        raise NotImplementedError

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request.made_secret = self.make(obj)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": self.made_title,
            "opts": self.opts,
            "row": obj,
            "secret": request.made_secret,  # type: ignore[attr-defined]  # by save_model
        }
        response = TemplateResponse(request, self.made_template, context)
        response["Cache-Control"] = "no-store"
        return response
