from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django_otp.oath import TOTP

PASSWORD = "correct horse battery"


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("anna", password=PASSWORD)


@pytest.fixture
def log_in():
    def post(client, name: str = "anna", password: str = PASSWORD, **extra):
        data = {"username": name, "password": password, "next": reverse("admin:index")}
        return client.post(reverse("admin:login"), data, **extra)

    return post


@pytest.fixture
def code_of():
    """What an app shows for a device now."""

    def code(device) -> str:
        totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
        totp.time = time.time()
        return f"{totp.token():06}"

    return code
