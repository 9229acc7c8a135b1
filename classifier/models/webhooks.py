"""Addresses that are told when a song of a token is finished, and what each was told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from .classification import Classification, new_public_id
from .tokens import ApiToken


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def working(self) -> WebhookQuerySet:
        """Leave out what was disabled, and what belongs to a token that is good no more."""
        return self.filter(disabled_at=None, token__in=ApiToken.objects.valid())


class Webhook(models.Model):
    """An address that is told when a song in the history of a token is finished.

    The secret signs what is sent, so it is stored as it is: who reads the database can forge
    messages to the receiver, and nothing else by it.
    """

    token = models.ForeignKey(ApiToken, models.CASCADE, related_name="webhooks")
    url = models.CharField("address", max_length=500)
    secret = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    failing_since = models.DateTimeField(
        null=True, blank=True, help_text="When the first of the tries failed that all failed since"
    )
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_why = models.CharField(max_length=200, blank=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"Webhook {self.pk} of {self.token}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def waiting(self) -> WebhookDeliveryQuerySet:
        return self.filter(state=WebhookDelivery.State.WAITING)

    def due(self) -> WebhookDeliveryQuerySet:
        """Filter by what is to be sent now, by the clock of the database."""
        return self.waiting().filter(due_at__lte=Now())


class WebhookDelivery(models.Model):
    """One message to a webhook: that a song is finished. It holds nothing of the answer."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        GIVEN_UP = "given_up", "Given up"

    delivery_id = models.CharField(
        max_length=16, unique=True, default=new_public_id, editable=False
    )
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    # Not a foreign key: a song that is forgotten meanwhile was finished all the same.
    song = models.CharField(max_length=16, help_text="Public id of the classification")
    song_state = models.CharField(max_length=10, choices=Classification.State)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now, help_text="When the next try is")
    last_result = models.CharField(max_length=200, blank=True, help_text="Of the last try")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-created_at", "-pk"]
        indexes = [
            # What waits is little, whatever was sent in the last month.
            models.Index(
                fields=["due_at"], name="webhook_delivery_due", condition=Q(state="waiting")
            )
        ]

    def __str__(self) -> str:
        return f"{self.song} to webhook {self.webhook_id}: {self.get_state_display()}"
