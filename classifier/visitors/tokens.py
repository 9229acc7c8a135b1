"""Programs that use the API: making and finding their tokens, and what each asks for."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from classifier.models import ApiToken, OpenJob

from . import addresses, open_jobs, rate_limits
from .limited import Limited
from .names import name_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

log = logging.getLogger(__name__)

PREFIX = "gs_"  # so that scanners of repositories, and people, know one when they see it
RANDOM_BYTES = 32
SHOWN = len(PREFIX) + 6
LONGEST = 200  # nothing longer is hashed: it is no token of this site
USE_NOTED_EVERY = timedelta(minutes=1)


def make(
    name: str,
    scopes: Iterable[str],
    *,
    owner: User | None = None,
    jobs_per_hour: int | None = None,
) -> tuple[ApiToken, str]:
    """Make a token; returns its row and the token itself, which nobody can be told again."""
    row = ApiToken(name=name, owner=owner, jobs_per_hour=jobs_per_hour)
    row.scopes = in_order(scopes)
    return row, save_new(row)


def save_new(row: ApiToken) -> str:
    """Give a new row its token and store it; returns the token."""
    # Of so many random bits that a plain hash of it cannot be reversed by trying.
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    row.token_hash, row.first_characters = _hash(token), token[:SHOWN]
    row.save()
    return token


def in_order(scopes: Iterable[str]) -> list[str]:
    """Return a set of scopes as it is stored."""
    chosen = set(scopes)
    return [scope for scope in ApiToken.Scope.values if scope in chosen]


def scope_problem(scopes: Iterable[str], owner: User | None) -> str:
    """Say in a sentence why these scopes cannot be had by a token of this owner; "" if they can."""
    if not set(scopes):
        return "Choose what the token may do."
    if ApiToken.Scope.REVIEW in set(scopes) and not may_review(owner):
        return "A token that reviews needs an owner who is staff and may change classifications."
    return ""


def may_review(owner: User | None) -> bool:
    """Tell whether verdicts may be written in somebody's name."""
    return bool(
        owner
        and owner.is_active
        and owner.is_staff
        and owner.has_perm("classifier.change_classification")
    )


def find(token: str) -> ApiToken | None:
    """Return the row of a token that is good now, with its owner."""
    if not token.startswith(PREFIX) or len(token) > LONGEST:
        return None
    return ApiToken.objects.valid().select_related("owner").filter(token_hash=_hash(token)).first()


def is_valid(row: ApiToken) -> bool:
    """Tell whether a token that was found is still good."""
    return ApiToken.objects.valid().filter(pk=row.pk).exists()


def note_use(row: ApiToken) -> None:
    """Store that a token is used, once a minute at most."""
    now = timezone.now()
    if row.last_used_at and now - row.last_used_at < USE_NOTED_EVERY:
        return
    try:
        # Of many requests at once, one writes.
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ApiToken.objects.filter(pk=row.pk).filter(due).update(last_used_at=now)
    except DatabaseError as error:  # full or read-only: what only reads goes on
        log.warning("the use of a token is not noted: %s", error)


def revoke(rows: Iterable[ApiToken]) -> int:
    """End tokens from now on; returns how many were still good."""
    pks = [row.pk for row in rows]
    return ApiToken.objects.filter(pk__in=pks, revoked_at=None).update(revoked_at=timezone.now())


def visitor_name(row: ApiToken) -> str:
    """Return the name that a token has as a visitor, whose history is its alone."""
    return name_of("token", row.pk)


class TokenRequester(Limited):
    """The holder of a token, as `classifier.jobs` asks for them."""

    def __init__(self, token: ApiToken):
        super().__init__()
        self._token = token

    def claim_place(self) -> OpenJob | None:
        return open_jobs.claim_for(f"token {self._token.pk}")

    def is_within_the_hour(self) -> bool:
        return rate_limits.token_job_allowed(self._token)

    def history_name(self) -> str:
        return visitor_name(self._token)

    def share_name(self) -> str:
        return addresses.hashed(str(self._token.pk), purpose="token share")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
