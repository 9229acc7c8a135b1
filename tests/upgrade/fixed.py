"""A clock and a source of chance that are the same in every run of make_fixture.py."""

from __future__ import annotations

import random
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta


class Clock:
    """Moves on a little with every reading of django.utils.timezone.now."""

    def __init__(self, start: datetime):
        self.moment = start

    def now(self) -> datetime:
        self.moment += timedelta(milliseconds=40)
        return self.moment

    def time(self) -> float:
        return self.moment.timestamp()

    def move(self, **span: float) -> None:
        self.moment += timedelta(**span)


def install(start: datetime, seed: int) -> Clock:
    """Put clock and chance in place. To be called before Django's models are imported."""
    from django.utils import timezone

    clock = Clock(start)
    timezone.now = clock.now
    time.time = clock.time
    # The site waits before it asks YouTube once more.
    time.sleep = lambda seconds: None
    chance = random.Random(seed)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    secrets.choice = chance.choice
    secrets.token_urlsafe = lambda n=32: "".join(chance.choices(alphabet, k=-(-n * 4 // 3)))
    uuid.uuid4 = lambda: uuid.UUID(int=chance.getrandbits(128), version=4)
    return clock


START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SEED = 100
