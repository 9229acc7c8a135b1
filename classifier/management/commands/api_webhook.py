"""Make, list, enable and remove webhooks of the API."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from classifier.management.base import MLCommand
from classifier.models import ApiToken, Webhook
from classifier.webhooks import registration
from ml.errors import MLError


class Command(MLCommand):
    help = "Make an address that is told when a song of a token is finished, or list or remove one."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(
            dest="action", required=True, metavar="create|list|enable|remove"
        )
        create = actions.add_parser("create", help="make a webhook, and print its secret this once")
        create.add_argument("token", type=int, metavar="TOKEN-ID", help="as `api_token list` shows")
        create.add_argument("url", metavar="URL", help="the address that is told")
        actions.add_parser("list", help="list webhooks, the newest first")
        enable = actions.add_parser("enable", help="tell one again that was disabled")
        enable.add_argument("id", type=int, help="as `list` shows it")
        remove = actions.add_parser("remove", help="end a webhook, with what it was told")
        remove.add_argument("id", type=int, help="as `list` shows it")

    def run(self, *, action: str, **options: Any) -> None:
        act = {
            "create": self._create,
            "list": self._list,
            "enable": self._enable,
            "remove": self._remove,
        }
        act[action](options)

    def _create(self, options: dict[str, Any]) -> None:
        token = ApiToken.objects.filter(pk=options["token"]).first()
        if token is None:
            raise MLError(f"There is no token {options['token']}: see `manage.py api_token list`.")
        if problem := registration.problem(token, options["url"]):
            raise MLError(problem)
        row = Webhook(token=token, url=options["url"])
        self.stdout.write(registration.save_new(row))
        self.stderr.write(f"{row}: this is its secret. Keep it: it is not shown again.")

    def _list(self, options: dict[str, Any]) -> None:
        working = set(Webhook.objects.working().values_list("pk", flat=True))
        for row in Webhook.objects.select_related("token"):
            parts = [f"{row.pk:>6}", row.url, str(row.token), f"made {row.created_at:%Y-%m-%d}"]
            if row.failing_since and not row.disabled_at:
                parts.append(f"failing since {row.failing_since:%Y-%m-%d %H:%M}")
            if row.disabled_at:
                parts.append(f"disabled {row.disabled_at:%Y-%m-%d}: {row.disabled_why}")
            elif row.pk not in working:
                parts.append("its token is revoked")
            self.stdout.write("  ".join(parts))

    def _enable(self, options: dict[str, Any]) -> None:
        row = _row(options["id"])
        enabled = registration.enable([row])
        self.stdout.write(f"{row} is {'enabled' if enabled else 'enabled already'}.")

    def _remove(self, options: dict[str, Any]) -> None:
        row = _row(options["id"])
        name = str(row)
        row.delete()
        self.stdout.write(f"{name} is removed.")


def _row(pk: int) -> Webhook:
    row = Webhook.objects.filter(pk=pk).first()
    if row is None:
        raise MLError(f"There is no webhook {pk}: see `manage.py api_webhook list`.")
    return row
