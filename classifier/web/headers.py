"""What every request may hold and every response says, besides what Django sees to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import reverse_lazy

Respond = Callable[[HttpRequest], HttpResponse]

# What no page here asks a browser for, in frames neither. YouTube's player may play, fill the
# screen and read protected media, so these are not among them.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation",
        "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb",
    )
)  # fmt: skip
# Of the page that records, and of no other.
MICROPHONE_POLICY = PERMISSIONS_POLICY.replace("microphone=()", "microphone=(self)")


def permissions_policy(get_response: Respond) -> Respond:
    """Middleware: set Permissions-Policy where the view has not."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return middleware


def refuse_nul(get_response: Respond) -> Respond:
    """Middleware: answer 400 where a path, or a filter of the admin, holds NUL.

    PostgreSQL takes it in no text. What else is asked for and posted is read by forms and patterns,
    which refuse it with a sentence.
    """
    admin = reverse_lazy("admin:index")

    def middleware(request: HttpRequest) -> HttpResponse:
        query: str = request.META.get("QUERY_STRING", "")
        if "\0" in request.path or ("%00" in query and request.path.startswith(str(admin))):
            return HttpResponseBadRequest(
                "This address holds a character that no address has.",
                content_type="text/plain; charset=utf-8",
            )
        return get_response(request)

    return middleware
