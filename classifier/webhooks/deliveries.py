"""What webhooks are told: noted with the end of a job, sent at least once, given up in the end.

A delivery is a row that is due. Who takes it counts the try and sets when the next one would be, in
one statement that only one of several workers can do; so what a worker that died had taken is due
again by itself.
"""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone

from classifier.models import Classification, HistoryEntry, Webhook, WebhookDelivery
from classifier.visitors import tokens

from . import sending

log = logging.getLogger(__name__)

# Between one try and the next; after the last one it is given up.
PAUSES = (
    timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30),
    timedelta(hours=2), timedelta(hours=6),
)  # fmt: skip
TRIES = len(PAUSES) + 1
LAST = timedelta(minutes=1)  # until the last try of a worker that died in it counts as failed
# Other messages to an address that just failed wait so long: those to others go first.
PUT_OFF = timedelta(seconds=10)
DISABLED_AFTER = timedelta(days=3)  # without one success
CANDIDATES = 5  # where several workers want the first, the others take the next at once


def note_end(classification: Classification) -> None:
    """Note whom to tell that a job has ended; to be called in the transaction that stores the end.

    So no end is missed: who asks for the song at the same time comes before, and is in its history,
    or after, and is answered at once. An error here is logged and changes nothing of the job.
    """
    try:
        with transaction.atomic():
            _note(classification)
    except Exception:
        if transaction.get_rollback():  # the end of the job cannot be stored any more either
            raise
        log.exception("webhooks are not told of classification %s", classification.public_id)


def _note(classification: Classification) -> None:
    webhooks = list(Webhook.objects.working().select_related("token"))
    if not webhooks:
        return
    visitors = {webhook.pk: tokens.visitor_name(webhook.token) for webhook in webhooks}
    asked = set(
        HistoryEntry.objects.filter(
            classification=classification, visitor__in=set(visitors.values())
        ).values_list("visitor", flat=True)
    )
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            webhook=webhook, song=classification.public_id, song_state=classification.state
        )
        for webhook in webhooks
        if visitors[webhook.pk] in asked
    )


def send_one() -> bool:
    """Take a delivery that is due, and send it; False where there is none."""
    delivery = _take()
    if delivery is None:
        return False
    if delivery.attempts > TRIES:
        _give_up(delivery, "the worker ended while it sent this")
    elif not Webhook.objects.working().filter(pk=delivery.webhook_id).exists():
        _give_up(delivery, "the webhook is disabled, or its token is revoked")
    else:
        webhook = delivery.webhook
        outcome = sending.send(webhook.url, webhook.secret, delivery.delivery_id, body_of(delivery))
        (_succeeded if outcome.is_delivered else _failed)(delivery, outcome.words)
    return True


def body_of(delivery: WebhookDelivery) -> bytes:
    """Return what is sent: which song, how it ended, and where to read it; nothing else."""
    # Made here, because a thread of the worker knows no addresses of the site.
    url = f"{settings.BASE_PATH}api/v1/songs/{delivery.song}"
    return json.dumps({"id": delivery.song, "state": delivery.song_state, "url": url}).encode()


def _take() -> WebhookDelivery | None:
    due = WebhookDelivery.objects.due()
    for row in due.select_related("webhook").order_by("due_at", "pk")[:CANDIDATES]:
        pause = PAUSES[row.attempts] if row.attempts < len(PAUSES) else LAST
        tries = row.attempts + 1
        if due.filter(pk=row.pk, attempts=row.attempts).update(attempts=tries, due_at=_in(pause)):
            row.attempts = tries
            return row
    return None


def _succeeded(delivery: WebhookDelivery, words: str) -> None:
    WebhookDelivery.objects.waiting().filter(pk=delivery.pk).update(
        state=WebhookDelivery.State.DELIVERED, last_result=words, delivered_at=timezone.now()
    )
    Webhook.objects.filter(pk=delivery.webhook_id, failing_since__isnull=False).update(
        failing_since=None
    )


def _failed(delivery: WebhookDelivery, words: str) -> None:
    webhooks = Webhook.objects.filter(pk=delivery.webhook_id)
    webhooks.filter(failing_since=None).update(failing_since=timezone.now())
    waiting = WebhookDelivery.objects.waiting().filter(webhook=delivery.webhook_id)
    waiting.filter(due_at__lt=_in(PUT_OFF)).exclude(pk=delivery.pk).update(due_at=_in(PUT_OFF))
    if delivery.attempts < TRIES:
        waiting.filter(pk=delivery.pk).update(last_result=words)
        return
    _give_up(delivery, words)
    disabled = webhooks.filter(
        disabled_at=None, failing_since__lte=timezone.now() - DISABLED_AFTER
    ).update(
        disabled_at=timezone.now(),
        disabled_why=f"All failed for {DISABLED_AFTER.days} days, at last: {words}"[:200],
    )
    if disabled:
        log.warning("webhook %s is disabled: all failed for days", delivery.webhook_id)


def _give_up(delivery: WebhookDelivery, words: str) -> None:
    WebhookDelivery.objects.waiting().filter(pk=delivery.pk).update(
        state=WebhookDelivery.State.GIVEN_UP, last_result=words[:200]
    )


def _in(pause: timedelta) -> Combinable:
    """Return a moment from now by the clock of the database, as those of machines differ."""
    return Now() + models.Value(pause, output_field=models.DurationField())
