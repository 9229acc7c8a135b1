"""The part of a row by which it is its own job: when it is due, and which worker holds it.

A worker that takes a row holds it for some seconds, and renews that while it lives. A row that is
unfinished and held by nobody, for whatever reason, may be taken: nothing else has to notice that a
worker died.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Now

LEASE = timedelta(seconds=10)
# What a row that nobody holds has in its columns; of whom it was, is forgotten when it is over.
RELEASED: dict[str, Any] = {"held_by": None, "held_until": None}


class LeaseLost(Exception):
    """The row is gone, finished, or held by another worker by now."""


class Leased(models.Model):
    """A row that waits for a worker, is held by one, or is over."""

    # All may be null, names too: such columns are added to a large table at once, without copying
    # it, and web processes of an older version, which do not know them, can still insert.
    due_at = models.DateTimeField(null=True, blank=True, help_text="The first due is taken first")
    requester = models.CharField(  # noqa: DJ001
        max_length=64,
        null=True,
        blank=True,
        help_text="Hash of the address that asked, until the job is over",
    )
    held_by = models.CharField("worker", max_length=200, null=True, blank=True)  # noqa: DJ001
    held_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def write_held(self, *fields: str, **values: Any) -> None:
        """Write fields as they are here, and other values, unless the row was lost meanwhile.

        Raises
        ------
        LeaseLost : nothing was written
        """
        values |= {name: getattr(self, name) for name in fields}
        rows = type(self)._default_manager.unfinished()  # type: ignore[attr-defined]
        if not rows.filter(pk=self.pk, held_by=self.held_by).update(**values):
            raise LeaseLost(f"row {self.pk} is held by {self.held_by or 'nobody'} no more")
        for name, value in values.items():
            setattr(self, name, value)


# By the clock of the database, because those of several machines differ.


def held() -> Q:
    """Return the condition that a worker holds the row now."""
    return Q(held_until__gte=Now())


def end_of_lease() -> Combinable:
    """Return when a lease ends that is taken or renewed now."""
    return Now() + models.Value(LEASE, output_field=models.DurationField())
