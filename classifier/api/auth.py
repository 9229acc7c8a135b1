"""Who asks: `Authorization: Bearer gs_...`, and what that token may do."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security import HttpBearer

from classifier.models import ApiToken
from classifier.visitors import tokens

from .problems import Problem


class ApiRequest(HttpRequest):
    """A request as `Scoped` marks it."""

    auth: ApiToken


def holder(request: HttpRequest) -> ApiToken:
    """Return the token of a request. Raises Problem.

    Sessions count for nothing here: cookies come along with what other sites have a browser send.
    """
    given = request.headers.get("Authorization", "")
    if not given:
        raise Problem("unauthenticated", "Send a token: Authorization: Bearer gs_...")
    scheme, _, token = given.partition(" ")
    row = tokens.find(token.strip()) if scheme.lower() == "bearer" else None
    if row is None:
        raise _bad_token()
    return row


class Scoped(HttpBearer):
    """Lets in whoever has a good token with one scope."""

    scope: ClassVar[str]

    def __call__(self, request: HttpRequest) -> ApiToken:
        row = holder(request)
        if self.scope not in row.scopes:
            raise Problem(
                "missing_scope",
                f"This needs a token with the scope {self.scope}; yours has "
                f"{', '.join(row.scopes) or 'none'}.",
                scope=self.scope,
            )
        tokens.note_use(row)
        # What is written in somebody's name is written in the owner's, and in nobody's of a cookie.
        request.user = row.owner or AnonymousUser()
        return row

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        return tokens.find(token)


# A class each: by its name the OpenAPI document tells which an operation asks for.


class Read(Scoped):
    scope = ApiToken.Scope.READ


class Classify(Scoped):
    scope = ApiToken.Scope.CLASSIFY


class Review(Scoped):
    scope = ApiToken.Scope.REVIEW


READ, CLASSIFY, REVIEW = Read(), Classify(), Review()


def check_again(token: ApiToken) -> None:
    """Raise Problem where a token was revoked since the request began."""
    if not tokens.is_valid(token):
        raise _bad_token()


def _bad_token() -> Problem:
    return Problem("bad_token", "This token is unknown here, or was revoked. Ask for a new one.")
