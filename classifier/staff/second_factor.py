"""The second factor of staff: codes of an app (TOTP), and ten for when the phone is lost."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10


def is_set_up(user: AbstractBaseUser) -> bool:
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def draft(user: AbstractBaseUser) -> TOTPDevice:
    """Return the app's device that is being set up; its first right code confirms it."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def confirm(device: TOTPDevice, code: str) -> bool:
    """Confirm a device by a code of it; returns whether the code was right."""
    if not device.verify_is_allowed()[0] or not device.verify_token(code):
        return False
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return True


def make_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Return ten codes, each good for one log-in, in place of those that were left."""
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery")
        codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
        StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: AbstractBaseUser) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


def remove(user: AbstractBaseUser) -> None:
    """Remove app and recovery codes, so that both are set up anew."""
    kinds: tuple[Any, ...] = (TOTPDevice, StaticDevice)
    for kind in kinds:
        kind.objects.filter(user=user).delete()
