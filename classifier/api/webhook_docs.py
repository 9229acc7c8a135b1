"""What /api/v1/docs says of webhooks."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from classifier.webhooks import deliveries, sending

# Run by a test as it is shown.
VERIFY = '''\
import hashlib
import hmac
import time


def is_from_the_site(secret: str, headers, body: bytes) -> bool:
    """Tell whether the body, as it came, is signed by the secret, and not an old one again."""
    timestamp = headers.get("X-Genre-Timestamp", "")
    signed = timestamp.encode() + b"." + body
    expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    given = headers.get("X-Genre-Signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return False
    return abs(time.time() - int(timestamp)) < 300
'''


def context() -> dict[str, Any]:
    return {
        "webhook_command": "manage.py api_webhook create 1 https://hooks.example.org/genre",
        "webhook_message": (
            "POST /genre HTTP/1.1\n"
            "Host: hooks.example.org\n"
            "Content-Type: application/json\n"
            "X-Genre-Delivery: Zk2m0pQx7aE\n"
            "X-Genre-Timestamp: 1767225600\n"
            "X-Genre-Signature: sha256=5f0c…\n"
            "\n"
            '{"id": "b3Vx0aPq_9c", "state": "done", '
            f'"url": "{settings.BASE_PATH}api/v1/songs/b3Vx0aPq_9c"}}'
        ),
        "webhook_verify": VERIFY,
        "webhook_limit_s": sending.LIMIT_S,
        "webhook_tries": deliveries.TRIES,
        "webhook_hours": round(sum(p.total_seconds() for p in deliveries.PAUSES) / 3600),
        "webhook_days": deliveries.DISABLED_AFTER.days,
    }
