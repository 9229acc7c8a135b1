"""Django's admin site, behind a limited log-in and a second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from . import log_in, sessions, views


class StaffSite(AdminSite):
    login_form = log_in.LogInForm

    def has_permission(self, request: HttpRequest) -> bool:
        return sessions.is_staff(request)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if sessions.knows_password(request) and not self.has_permission(request):
            query = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
            return redirect(f"{reverse('admin:second_factor')}?{query}")
        response = super().login(request, extra_context)
        if request.method == "POST" and sessions.knows_password(request):
            log_in.remember_browser(request, response, request.user)  # type: ignore[arg-type]
        return response

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        # The keys of second factors: whoever is in the admin would read everybody else's.
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else None
        for model in models or [model_or_iterable]:
            if not model._meta.app_label.startswith("otp_"):
                super().register(model, admin_class, **options)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        own = path("second-factor/", views.second_factor_page(self), name="second_factor")
        return [own, *super().get_urls()]
