"""Make, list and revoke tokens of the API."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.models import ApiToken
from classifier.visitors import tokens
from ml.errors import MLError

LONGEST_NAME = 100


class Command(MLCommand):
    help = "Make a token with which a program may use the API, list those there are, or revoke one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
        create = actions.add_parser("create", help="make a token, and print it this once")
        create.add_argument("name", help="which program it is for")
        create.add_argument(
            "--scope",
            action="append",
            choices=ApiToken.Scope.values,
            required=True,
            help="what it may do; may be given more than once",
        )
        create.add_argument(
            "--jobs-per-hour",
            type=int,
            metavar="N",
            help="songs it may have listened to, 0 for no limit (default: JOBS_PER_HOUR)",
        )
        create.add_argument("--owner", metavar="USER", help="whose verdicts it writes (review)")
        actions.add_parser("list", help="list tokens, the newest first")
        revoke = actions.add_parser("revoke", help="end a token")
        revoke.add_argument("id", type=int, help="as `list` shows it")

    def run(self, *, action: str, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[action](options)

    def _create(self, options: dict[str, Any]) -> None:
        name, limit = " ".join(options["name"].split()), options["jobs_per_hour"]
        if not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
            raise MLError(f"Name the program in 1 to {LONGEST_NAME} printable characters.")
        if limit is not None and not 0 <= limit < 2**31:
            raise MLError("--jobs-per-hour is a number of songs, or 0 for no limit.")
        owner = None
        if options["owner"]:
            users = get_user_model()
            owner = users._default_manager.filter(
                **{users.USERNAME_FIELD: options["owner"]}
            ).first()
            if owner is None:
                raise MLError(f"There is no user {options['owner']!r}.")
        if problem := tokens.scope_problem(options["scope"], owner):
            raise MLError(problem)
        row, token = tokens.make(name, options["scope"], owner=owner, jobs_per_hour=limit)
        self.stdout.write(token)
        self.stderr.write(
            f"Token {row.pk} may {', '.join(row.scopes)}. Keep it: it is not shown again."
        )

    def _list(self, options: dict[str, Any]) -> None:
        for row in ApiToken.objects.select_related("owner"):
            limit = "as the site" if row.jobs_per_hour is None else f"{row.jobs_per_hour} an hour"
            used = f"used {row.last_used_at:%Y-%m-%d}" if row.last_used_at else "never used"
            parts = [
                f"{row.pk:>6}", f"{row.first_characters}…", row.name, "+".join(row.scopes), limit,
                f"made {row.created_at:%Y-%m-%d}", used,
            ]  # fmt: skip
            if row.owner:
                parts.append(f"of {row.owner}")
            if row.revoked_at:
                parts.append(f"revoked {row.revoked_at:%Y-%m-%d}")
            self.stdout.write("  ".join(parts))

    def _revoke(self, options: dict[str, Any]) -> None:
        row = ApiToken.objects.filter(pk=options["id"]).first()
        if row is None:
            raise MLError(f"There is no token {options['id']}: see `manage.py api_token list`.")
        ended = tokens.revoke([row])
        self.stdout.write(f"{row} is {'revoked' if ended else 'revoked already'}.")
