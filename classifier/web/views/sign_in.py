"""Signing in and out, where staff have made accounts for those who use the site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator

from classifier.staff.log_in import SignInForm, remember_browser


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    template_name = "sign_in/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.PRIVATE_SITE:  # nobody has anything to sign in for
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        """Return where one came from; "" for what cannot be opened by a link, as signing out."""
        url = super().get_redirect_url(*args, **kwargs)
        own = (reverse("sign_in"), reverse("sign_out"))
        return "" if urlsplit(url).path in own else str(url)

    def form_valid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        response = super().form_valid(form)
        remember_browser(self.request, response, form.get_user())
        return response


class SignOut(LogoutView):
    next_page = "home"
