"""Which tokens may see the operator's collection."""

from __future__ import annotations

from django.conf import settings

from classifier.models import ApiToken

from .problems import Problem


def may_see_collection(token: ApiToken) -> bool:
    """Tell whether a token may: as on pages everybody, or those with accounts, as its owner.

    On a site that everybody may read these are staff.
    """
    owner = token.owner
    return settings.COLLECTION_PUBLIC or bool(owner and (settings.PRIVATE_SITE or owner.is_staff))


def require_collection(token: ApiToken) -> None:
    """Raise Problem where the holder may not see the collection."""
    if not may_see_collection(token):
        raise Problem(
            "no_collection",
            "The collection of this site is for tokens that belong to an account that may see it.",
        )
