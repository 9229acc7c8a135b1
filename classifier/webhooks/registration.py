"""Making webhooks, and letting them go on."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from classifier.models import ApiToken, Webhook

from . import targets

PREFIX = "gsw_"
RANDOM_BYTES = 32
MOST_OF_TOKEN = 5
MOST = 200  # of the site: all are looked at when a job ends


def problem(token: ApiToken, url: str) -> str:
    """Say in a sentence why a token cannot have this webhook; "" if it can.

    Of a name it is not looked up where it leads: that is done each time before something is sent.
    """
    if not ApiToken.objects.valid().filter(pk=token.pk).exists():
        return "This token is revoked: make another one."
    try:
        targets.parse(url)
    except targets.Refused as refused:
        return str(refused)
    working = Webhook.objects.working()
    if working.filter(token=token).count() >= MOST_OF_TOKEN:
        return f"A token has at most {MOST_OF_TOKEN} webhooks: remove one."
    if working.count() >= MOST:
        return f"The site has at most {MOST} webhooks: remove one."
    return ""


def save_new(row: Webhook) -> str:
    """Give a new webhook its secret and store it; returns the secret."""
    row.secret = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    row.save()
    return row.secret


def enable(rows: Iterable[Webhook]) -> int:
    """Let webhooks that were disabled be told again, and what still waits too; returns how many."""
    pks = [row.pk for row in rows]
    return (
        Webhook.objects.filter(pk__in=pks)
        .exclude(disabled_at=None)
        .update(disabled_at=None, disabled_why="", failing_since=None)
    )
