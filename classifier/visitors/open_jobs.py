"""How many songs of one address wait or are being listened to.

The limits of an hour count songs, however long each is; this one keeps the queue short for others.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from classifier.models import Classification, OpenJob

from . import addresses

RETRY_AFTER_S = 20
# For the moment between asking whether a job may start and its row.
CLAIM = timedelta(seconds=60)


def claim(request: HttpRequest) -> OpenJob | None:
    """Take one of the places of an address; None where all are taken."""
    return claim_for(addresses.home_of(request))


def claim_for(who: str) -> OpenJob | None:
    """Take one of the places of an address, or of a token; None where all are taken.

    The place is taken before the job has a row: of many requests at once, no more pass than there
    are places.
    """
    home = addresses.hashed(who, purpose="open job")
    _free_finished(home)
    place = OpenJob.objects.create(home=home)
    if OpenJob.objects.filter(home=home, pk__lte=place.pk).count() > settings.JOBS_AT_ONCE:
        give_back(place)
        return None
    return place


def keep(place: OpenJob, classification: Classification) -> None:
    """Hold a place until a job is finished."""
    OpenJob.objects.filter(pk=place.pk).update(classification=classification)


def give_back(place: OpenJob) -> None:
    OpenJob.objects.filter(pk=place.pk).delete()


def _free_finished(home: str) -> None:
    finished = Q(classification__isnull=False) & ~Q(
        classification__state__in=Classification.UNFINISHED
    )
    abandoned = Q(classification=None, created_at__lt=timezone.now() - CLAIM)
    OpenJob.objects.filter(home=home).filter(finished | abandoned).delete()
