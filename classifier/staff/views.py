"""The page of the second factor: set it up, give a code, make new recovery codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_otp
import segno
from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from . import second_factor, sessions


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=16,
        error_messages={"required": "Type the code first."},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split()).lower()


def second_factor_page(site: AdminSite) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view, for an admin site whose frame it has."""

    @sensitive_post_parameters("code")
    @never_cache
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if not sessions.knows_password(request):
            return redirect_to_login(request.get_full_path(), reverse("admin:login"))
        ctx: dict[str, Any] = {"title": "Second factor", "next": _next(request)}
        if user.is_verified():
            _change(request, ctx)
        elif second_factor.is_set_up(user):
            if _is_given(request, ctx):
                return redirect(ctx["next"])
        else:
            _set_up(request, ctx)
        return TemplateResponse(
            request, "admin/second_factor.html", site.each_context(request) | ctx
        )

    return view


def _is_given(request: HttpRequest, ctx: dict[str, Any]) -> bool:
    """Take a code of the app or for recovery; returns whether it was right."""
    ctx |= {"step": "ask", "form": CodeForm(request.POST or None)}
    if ctx["form"].is_valid():
        code = ctx["form"].cleaned_data["code"]
        if device := django_otp.match_token(request.user, code):
            django_otp.login(request, device)
            return True
        ctx["form"].add_error(
            "code", "This code is not right, or was used. After some wrong ones, wait a little."
        )
    return False


def _set_up(request: HttpRequest, ctx: dict[str, Any]) -> None:
    device = second_factor.draft(request.user)  # type: ignore[arg-type]
    form = ctx["form"] = CodeForm(request.POST or None)
    if form.is_valid():
        if second_factor.confirm(device, form.cleaned_data["code"]):
            django_otp.login(request, device)
            request.session[sessions.ASKED] = True
            _show_codes(request, ctx)
            return
        form.add_error(
            "code", "This code is not right. Is the phone's clock? Wait, then try again."
        )
    ctx |= {
        "step": "set_up",
        # Made by the library of a text that is ours but for the user's name, which it encodes.
        "qr": mark_safe(  # noqa: S308
            segno.make(device.config_url).svg_inline(
                scale=5, light="#fff", dark="#000", title="The key, to be scanned"
            )
        ),
        "key": _in_fours(device),
    }


def _change(request: HttpRequest, ctx: dict[str, Any]) -> None:
    if request.method == "POST" and "codes" in request.POST:
        _show_codes(request, ctx)
        return
    if request.method == "POST" and "replace" in request.POST:
        second_factor.remove(request.user)  # type: ignore[arg-type]
        request.session.pop(django_otp.DEVICE_ID_SESSION_KEY, None)
        ctx["form"] = CodeForm()
        request.POST = request.POST.__class__()  # what is shown now has not been sent yet
        _set_up(request, ctx)
        return
    left = second_factor.recovery_codes_left(request.user)  # type: ignore[arg-type]
    ctx |= {"step": "change", "left": left}


def _show_codes(request: HttpRequest, ctx: dict[str, Any]) -> None:
    codes = second_factor.make_recovery_codes(request.user)  # type: ignore[arg-type]
    ctx |= {"step": "codes", "codes": codes}


def _in_fours(device: Any) -> str:
    """Return the key as people type it: base32 in groups of four."""
    key = device.config_url.split("secret=")[1].split("&")[0]
    return " ".join(key[i : i + 4] for i in range(0, len(key), 4))


def _next(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    return asked if safe else reverse("admin:index")
