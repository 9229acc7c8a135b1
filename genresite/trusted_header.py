"""On a private site a proxy in front may say who one is."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.http import HttpRequest

from classifier.api.problems import is_api
from classifier.staff.sessions import begin, knows_password


class TrustedHeader(RemoteUserMiddleware):
    """Believe the header by which the proxy in front says who has signed in there.

    Whoever reaches the site without that proxy could write it, so settings.py asks for one.
    """

    @property
    def header(self) -> str:  # type: ignore[override]  # a constant in Django
        return "HTTP_" + settings.PRIVATE_USER_HEADER.upper().replace("-", "_")

    def process_request(self, request: HttpRequest) -> None:
        if is_api(request.path_info):  # a token says who it is; a session each would be a row each
            return
        super().process_request(request)
        # The proxy's word is a log-in each time: staff have no password here to give anew.
        if self.header in request.META and request.user.is_staff and not knows_password(request):
            begin(request, request.user)
