"""Set up a user's second factor from the terminal, for whoever is locked out."""

from __future__ import annotations

import io
from typing import Any

import segno
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from classifier.staff import second_factor


class Command(BaseCommand):
    help = "Give a user of the admin a new second factor and recovery codes, in place of the old."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name")
        parser.add_argument(
            "--remove",
            action="store_true",
            help="only remove the old ones; with STAFF_SECOND_FACTOR=1 the admin asks for new ones",
        )

    def handle(self, *args: Any, user: str, remove: bool, **options: Any) -> None:
        users = get_user_model()
        found = users._default_manager.filter(**{users.USERNAME_FIELD: user}).first()
        if found is None:
            raise CommandError(f"There is no user {user!r}.", returncode=2)
        second_factor.remove(found)
        if remove:
            self.stdout.write(f"{user} has no second factor any more.")
            return
        device = second_factor.draft(found)
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        picture = io.StringIO()
        segno.make(device.config_url).terminal(out=picture, compact=True)
        self.stdout.write(
            f"{picture.getvalue()}\n{device.config_url}\n\nRecovery codes, each for one log-in:\n"
        )
        for code in second_factor.make_recovery_codes(found):
            self.stdout.write(f"  {code}\n")
